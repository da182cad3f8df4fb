"""The office's named hours (时段): whether an instant lies in one, and what a change of one moves. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schedules.calendar import PLAIN, Calendar
from schedules.expand import expand, meant, stretch
from schedules.intervals import Interval, gaps, union
from schedules.rules import Daypart, Rule

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """What a rule means in a window before a change and after it, and the instants that only one of them means."""

    before: tuple[Interval, ...]
    after: tuple[Interval, ...]
    lost: tuple[Interval, ...]
    won: tuple[Interval, ...]

    @property
    def is_nothing(self) -> bool:
        return not self.lost and not self.won


def lies_in(part: Daypart, at: dt.datetime, zone: dt.tzinfo, calendar: Calendar = PLAIN) -> bool:
    """Whether an instant lies in a daypart; over midnight the hours belong to the date they start on."""
    today = at.astimezone(zone).date()
    return any(
        meant(part.days, day, calendar) and (hours := stretch(part, day, zone)) is not None and hours.contains(at)
        for day in (today - _DAY, today)
    )


def renamed(rule: Rule, known: Mapping[str, Daypart]) -> Rule:
    """The rule with its named dayparts as they are in `known`; a name that is not there keeps its hours."""
    return replace(rule, dayparts=tuple(known.get(part.name, part) if part.name else part for part in rule.dayparts))


def shift(before: Rule, after: Rule, window: Interval, calendar: Calendar = PLAIN) -> Shift:
    """What moves inside the window when one rule takes the place of the other."""
    was, will = expand(before, window, calendar), expand(after, window, calendar)
    return Shift(was, will, _without(was, will, window), _without(will, was, window))


def _without(one: Sequence[Interval], two: Sequence[Interval], window: Interval) -> tuple[Interval, ...]:
    """The instants of `one` that are not in `two`."""
    free = gaps(two, window)
    return union(both for a in one for b in free if (both := a.intersection(b)) is not None)
