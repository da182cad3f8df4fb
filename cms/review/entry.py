"""A line of a document's timeline, and the order of lines."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cms.content.states import EditionState, Verb


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a saved revision, a verb done to an edition (`state` is where it led), or what review did beside it.

    An opinion came through a shared preview from somebody without an account; `details` has the `label` of its link.

    `person` is empty for what the system did. `step` names the review step of a pass, signature or return.
    """

    at: dt.datetime
    kind: Literal["revision", "status", "proof", "escalation", "objection", "opinion"]
    person: str
    revision: int
    edition: int | None = None
    verb: Verb | None = None
    state: EditionState | None = None
    note: str = ""
    step: str = ""
    remarks: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


Placed = tuple[tuple[dt.datetime, int, int, int], Entry]
"""A line with what it is ordered by: its instant, then what follows what within one."""
