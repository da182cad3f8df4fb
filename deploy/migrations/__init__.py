"""Schema migrations for both databases; the only place besides `deploy.tables` that sees all metadata."""
