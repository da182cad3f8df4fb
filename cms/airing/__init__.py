"""Channels that run by the clock: a day's plan made of placements, the wall of all channels, and how many watch."""
