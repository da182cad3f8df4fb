"""Time, pure: rules, calendars and gap-free timelines, without a clock, a database or I/O of their own."""
