"""The guard: a process of its own that holds the keys, approves, signs and recalls, and never sees the database.

`main.run(settings, clock, stop)` is the process role; other roles hold a `client.GuardClient` and a
`tombstones.Tombstones`; `offline.recall_offline` is for the command line. What it refuses is a `GuardRefused(code)`.
"""
