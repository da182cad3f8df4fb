"""The editors' desk: the frame, the look and the pages of the core."""
