"""What a renderer is given instead of a database: one small service a file, all of one account."""
