"""Where the pieces are wired into processes and shipped; the only place that imports everything."""
