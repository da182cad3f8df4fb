"""Remote hands on the server's side: commands as rows, their delivery, what boxes hand in, and player updates."""
