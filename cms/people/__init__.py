"""Who may do what: units, people, memberships, permissions, sign-in and sessions."""
