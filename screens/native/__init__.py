"""The one part of fan-out that is worth compiling, and the same in Python where it was not compiled."""
