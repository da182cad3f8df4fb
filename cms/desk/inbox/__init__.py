"""The inbox: one list of what waits for a person, on the desk and on a phone, and how they want to be reached."""
