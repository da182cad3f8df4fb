"""Targets, placements and what is due: the rows over `schedules`, and the use cases that schedule approved editions."""
