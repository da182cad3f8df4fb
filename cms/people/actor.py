"""The person who acts, as every use case sees them: frozen for the length of one request."""

import uuid
from dataclasses import dataclass

from cms.people.roles import Role


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a unit and everything below it; `unit` is the unit's path."""

    role: Role
    unit: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person. `unit` is the path of their own unit; `session` is None where no browser is involved.

    `scopes`: what a program that acts for them was given; None is the person themselves.
    `must_set_password`: signed in with a one-time code; until a password is set nothing else is allowed.
    `must_verify`: the password was right, the second factor is still to come, and until then nothing is allowed.
    `owes`: what the office asks of the account before anything else, ``password`` (a newer one) or ``factor``.
    """

    person: uuid.UUID
    name: str
    unit: str
    grants: tuple[Grant, ...] = ()
    session: uuid.UUID | None = None
    must_set_password: bool = False
    must_verify: bool = False
    owes: str = ""
    ip: str = ""
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)
