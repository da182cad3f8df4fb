"""What would clash if something were placed or promised: asked before it is saved, answered with places and minutes.

Pure, and of any order: the same plans in another order have the same clashes.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from schedules.intervals import Interval, clip, union
from schedules.resolve import Contender, Layer, resolve

SOON: Final = dt.timedelta(hours=2)
_BEIJING: Final = dt.timezone(dt.timedelta(hours=8))


class Severity(StrEnum):
    """ERROR cannot be saved, WARNING has to be confirmed, INFO is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing in the way: a code of the catalogue, what fills its sentence, and with what it clashes."""

    severity: Severity
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """A document going out at one instant on some targets; `accounts` are those where every post counts."""

    id: str
    document: str
    title: str
    at: dt.datetime
    targets: frozenset[str]
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Placing:
    """A document on one target in some intervals of a window."""

    id: str
    document: str
    title: str
    layer: Layer
    priority: int
    since: dt.datetime
    intervals: tuple[Interval, ...]


def of_sending(new: Sending, others: Iterable[Sending]) -> tuple[Clash, ...]:
    """The same document twice within two hours on a target, and two posts of one account in one clock hour."""
    found = []
    for other in sorted(others, key=lambda one: (one.at, one.id)):
        if other.id == new.id:
            continue
        shared = new.targets & other.targets
        if other.document == new.document and shared and abs(other.at - new.at) < SOON:
            found += [_clash(Severity.WARNING, "same_document", other, target) for target in sorted(shared)]
        elif _hour(other.at) == _hour(new.at):
            both = new.accounts & other.accounts
            found += [_clash(Severity.WARNING, "same_hour", other, target) for target in sorted(both)]
    return tuple(found)


def of_placing(new: Placing, others: Iterable[Placing], window: Interval, *, target: str) -> tuple[Clash, ...]:
    """Two exclusive ones at once, the document placed twice at once, and for how long a higher one hides it."""
    rivals = sorted((one for one in others if one.id != new.id), key=lambda one: one.id)
    found = []
    for other in rivals:
        minutes = _minutes(_common(new.intervals, other.intervals, window))
        if not minutes:
            continue
        params: dict[str, str | int] = {"target": target, "title": other.title, "minutes": minutes}
        params["at"] = said(_common(new.intervals, other.intervals, window)[0].start)
        if new.layer == other.layer == Layer.EXCLUSIVE:
            found.append(Clash(Severity.ERROR, "two_exclusive", params))
        elif other.document == new.document:
            found.append(Clash(Severity.WARNING, "placed_twice", params))
    hidden = hidden_minutes(new, rivals, window)
    if hidden:
        found.append(Clash(Severity.INFO, "hidden", {"target": target, "minutes": hidden}))
    return tuple(found)


def hidden_minutes(new: Placing, others: Sequence[Placing], window: Interval) -> int:
    """For how many minutes of the window something that outranks it is shown in its stead."""
    segments = resolve([_contender(new), *map(_contender, others)], window)
    return sum(_minutes([segment.interval]) for segment in segments if new.id in segment.losers)


def overlaps(one: Placing, other: Placing, window: Interval) -> bool:
    """Whether both want an instant of the window."""
    return bool(_common(one.intervals, other.intervals, window))


def said(at: dt.datetime) -> str:
    """An instant as people here read it."""
    return at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")


def _clash(severity: Severity, code: str, other: Sending, target: str) -> Clash:
    return Clash(severity, code, {"target": target, "title": other.title, "at": said(other.at)})


def _contender(one: Placing) -> Contender:
    return Contender(one.id, one.layer, one.priority, 0, one.since, one.intervals)


def _common(one: Sequence[Interval], two: Sequence[Interval], window: Interval) -> tuple[Interval, ...]:
    return union(
        both for a in clip(union(one), window) for b in clip(union(two), window) if (both := a.intersection(b))
    )


def _minutes(intervals: Iterable[Interval]) -> int:
    """Whole minutes, and one for anything shorter."""
    seconds = sum(interval.length.total_seconds() for interval in intervals)
    return 0 if not seconds else max(1, round(seconds / 60))


def _hour(at: dt.datetime) -> dt.datetime:
    return at.astimezone(_BEIJING).replace(minute=0, second=0, microsecond=0)
