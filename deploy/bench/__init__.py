"""Benchmarks that need the whole house: a filled database, the desk in front of it, and what its pages cost."""
