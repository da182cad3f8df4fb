"""What every room of the core stands on: database, clock, ids, errors, messages, leases, logs and metrics."""
