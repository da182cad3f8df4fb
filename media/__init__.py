"""Files: the content-addressed store, safe intake in a sandbox, and pictures at the sizes channels need."""
