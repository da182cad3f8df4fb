"""The accounts behind posts: what keeps one alive, how a person consents again, and how it stands."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cms.contract.pieces import Piece, Target
from cms.contract.services import AccountState, Services


@dataclass(frozen=True, slots=True)
class Quota:
    """A budget that the desk shows as a meter: its name in `Budget`, and what may be taken in any `per`.

    `calendar` counts from the beginning of the house's day or month instead; `taken` are the instants of what a channel
    counts by itself.
    """

    name: str
    limit: int
    per: dt.timedelta
    calendar: Literal["", "day", "month"] = ""
    taken: tuple[dt.datetime, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What a platform takes of one call in any `per`: the path of its address, a `*` at the end for all below it.

    The core counts what an account sends and holds back what would be too much, in whatever process it is sent.
    """

    path: str
    limit: int
    per: dt.timedelta

    @property
    def name(self) -> str:
        """Its name in `Budget`."""
        return f"rate:{self.path}:{int(self.per.total_seconds())}"[:80]

    def covers(self, path: str) -> bool:
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What was heard last of a platform: when, which sentence of the catalogue says it, and whether that is well."""

    at: dt.datetime
    note: str
    is_good: bool
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands, out of what is remembered; nothing is asked of the platform.

    Attributes:
        consent_ends: when a person must consent again; None where no consent ends, or none was given yet.
        marks: days before that end at which it is spoken of, the last the most urgent; 0 is over.
        notes: message keys of what else an office should know.
        quotas: the budgets worth a meter.
        answer: what was heard of it last, where the channel keeps that.
    """

    consent_ends: dt.datetime | None = None
    marks: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    quotas: tuple[Quota, ...] = ()
    answer: LastAnswer | None = None


Upkeep = Callable[[Target, Services], Awaitable[None]]
"""Called about daily for each active account: refreshes what would end. Raises ContractError with a code of the
channel; one that begins with ``setup`` or ``rights`` waits for an administrator."""

Consent = Callable[[Target, Services], Awaitable[str]]
"""An address on which a person lets us post; short-lived, a newer one ends the older."""

Trial = Callable[[Piece, Target, Services], Awaitable[int]]
"""Shows an unsigned draft to the few testers an account names, and to nobody else; gives their number.

Raises ContractError with a code of the channel."""

Comments = Callable[[str, bool | None, Target, Services], Awaitable[bool | None]]
"""Opens or closes readers' comments of a post that is out; with None only tells how they stand (None: not known).

Raises ContractError with a code of the channel."""

Stands = Callable[[Target, AccountState], Awaitable[Standing]]
