"""What people are told: notices in their inbox, alarms until somebody takes them, and the letters that carry both out.

`tell` is the whole of it for other rooms: one open notice a person and cause, however often the cause is met.
"""
