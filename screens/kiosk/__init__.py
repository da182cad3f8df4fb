"""The box at the street: installs the player there and serves it from the box's own loopback (DESIGN.md §7)."""
