"""What runs inside the sandbox: imports only Pillow or pypdfium2 and the pure parts of media."""
