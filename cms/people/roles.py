"""The roles of an office as data: what they are called, who signs releases, and which of them exclude each other."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is in a unit and everything below it."""

    CORRESPONDENT = "correspondent"
    EDITOR = "editor"
    PROOFREADER = "proofreader"
    REVIEWER = "reviewer"
    DIRECTOR = "director"
    CHIEF = "chief"
    PUBLISHER = "publisher"
    TEAM_LEADER = "team_leader"
    ADMIN = "admin"
    OPERATOR = "operator"
    AUDITOR = "auditor"


# 三员分立: who hands out power, who runs the machines and who reads the record are three people and nothing else.
OFFICERS: Final = frozenset({Role.ADMIN, Role.OPERATOR, Role.AUDITOR})

# What the trust core must know of a role: the rights of its holder in the delegations.
RIGHTS: Final[dict[Role, tuple[str, ...]]] = {
    Role.CORRESPONDENT: (),
    Role.EDITOR: (),
    Role.PROOFREADER: (),
    Role.REVIEWER: ("approve", "recall"),
    Role.DIRECTOR: ("approve", "recall"),
    Role.CHIEF: ("approve", "recall"),
    Role.PUBLISHER: ("recall",),
    Role.TEAM_LEADER: (),
    Role.ADMIN: ("delegate",),
    Role.OPERATOR: (),
    Role.AUDITOR: (),
}


def may_hold_together(roles: Collection[Role]) -> bool:
    """Whether one person may have all these roles at once: an officer has only that one."""
    distinct = set(roles)
    return len(distinct) <= 1 or not distinct & OFFICERS
