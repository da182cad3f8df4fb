"""A run of a rule moved to another time: this one alone, or the whole rule with it. Pure.

A run is one stretch of one date. What several hours of a day make together, or what a window cuts, is no run and is not
moved; a rule without a break is a single run that moves with its start and its end.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from schedules.calendar import PLAIN, Calendar
from schedules.expand import WHOLE_DAY, falls_on, meant, stretch
from schedules.intervals import Interval
from schedules.rules import Cycle, Daypart, Days, ImpossibleRule, Rule

_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)


class CannotMove(ValueError):
    """Why a rule as a whole does not move there; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch of a rule: the date it belongs to, its hours, its instants; no hours for a rule without a break."""

    day: dt.date
    part: Daypart | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Apart:
    """What one rule becomes when one of its runs moves alone.

    Attributes:
        rest: the rule without that date; None where it was a single run.
        moved: the run at its new time.
        others: what else the rule meant on that date.
    """

    rest: Rule | None
    moved: Rule
    others: Rule | None = None


def run_at(rule: Rule, start: dt.datetime, calendar: Calendar = PLAIN) -> Run | None:
    """The run that begins at an instant and is all there: not cut by the rule's ends, not joined to another one."""
    zone = rule.zone_info
    day = start.astimezone(zone).date()
    if rule.is_continuous:
        whole = rule.end is not None and rule.start == start
        return Run(day, None, Interval(rule.start, rule.end)) if whole and rule.end is not None else None
    parts = [part for part in rule.dayparts or (WHOLE_DAY,) if meant(part.days, day, calendar)]
    if not falls_on(rule, day, calendar):
        return None
    around = _around(rule, day, calendar)
    for part in parts:
        found = stretch(part, day, zone)
        if found is None or found.start != start or found.start < rule.start:
            continue
        joined = any(one != found and one.start <= found.end and found.start <= one.end for one in around)
        if joined or (rule.end is not None and found.end > rule.end):
            return None
        return Run(day, part, found)
    return None


def alone(rule: Rule, run: Run, to: dt.datetime, calendar: Calendar = PLAIN) -> Apart:
    """Only this run at another time; the other hours of its date stay as they are."""
    moved = Rule(start=to, end=to + run.interval.length, zone=rule.zone)
    if run.part is None:
        return Apart(None, moved)
    rest = replace(rule, skip=rule.skip | {run.day})
    parts = tuple(one for one in rule.dayparts if one != run.part and meant(one.days, run.day, calendar))
    if not parts:
        return Apart(rest, moved)
    first = dt.datetime.combine(run.day, dt.time(), rule.zone_info)
    # Two days, because hours may reach over midnight; every second day, so that only the first one counts.
    start, end = max(first, rule.start), first + 2 * _DAY
    end = end if rule.end is None else min(end, rule.end)
    return Apart(rest, moved, Rule(start=start, end=end, dayparts=parts, every=2, zone=rule.zone))


def together(rule: Rule, run: Run, to: dt.datetime, calendar: Calendar = PLAIN) -> Rule:
    """The whole rule so that this run begins at `to`.

    Raises CannotMove: `run_days` where the rule or its hours mean only workdays or rest days and the date is another
    kind, `run_month` for another month, `run_whole` for whatever else would not put the run there.
    """
    if run.part is None:
        return replace(rule, start=to, end=to + run.interval.length)
    new_day = to.astimezone(rule.zone_info).date()
    try:
        moved = _with_day(_with_hours(rule, run, to), run.day, new_day, calendar)
        if to < moved.start:
            moved = replace(moved, start=to)
    except ImpossibleRule as error:
        raise CannotMove("run_whole") from error
    found = run_at(moved, to, calendar)
    if found is None or found.interval.length != run.interval.length:
        raise CannotMove("run_whole")
    return moved


def _with_hours(rule: Rule, run: Run, to: dt.datetime) -> Rule:
    """The hours of the run moved; named hours become the rule's own, because the office's name means others."""
    part = run.part
    assert part is not None  # noqa: S101 - the caller asked
    start = to.astimezone(rule.zone_info).time()
    if start == part.start:
        return rule
    if part.days is not Days.ANY:
        raise CannotMove("run_days")
    end = (dt.datetime.combine(run.day, start) + run.interval.length).time()
    parts = tuple(Daypart(start, end) if one == part else one for one in rule.dayparts or (part,))
    return replace(rule, dayparts=parts)


def _with_day(rule: Rule, old: dt.date, new: dt.date, calendar: Calendar) -> Rule:
    """The days of the rule moved: another weekday or day of the month, or another day from which it counts."""
    if new == old:
        return rule
    if not meant(rule.days, new, calendar):
        raise CannotMove("run_days")
    if rule.weekdays:
        weekdays = rule.weekdays - {old.isoweekday()} | {new.isoweekday()}
        weeks = (_monday(new) - _monday(old)) // _WEEK * _WEEK
        return replace(rule, weekdays=weekdays) if not weeks else _later(replace(rule, weekdays=weekdays), weeks)
    if rule.cycle in {Cycle.MONTH, Cycle.YEAR} and rule.month_days:
        if (new.year, new.month) != (old.year, old.month):
            raise CannotMove("run_month")
        return replace(rule, month_days=rule.month_days - {old.day} | {new.day})
    return _later(rule, new - old)


def _later(rule: Rule, by: dt.timedelta) -> Rule:
    return replace(rule, start=rule.start + by, end=None if rule.end is None else rule.end + by)


def _around(rule: Rule, day: dt.date, calendar: Calendar) -> list[Interval]:
    """Every stretch of the rule from the day before to the day after."""
    return [
        found
        for on in (day - _DAY, day, day + _DAY)
        if falls_on(rule, on, calendar)
        for part in rule.dayparts or (WHOLE_DAY,)
        if meant(part.days, on, calendar) and (found := stretch(part, on, rule.zone_info)) is not None
    ]


def _monday(on: dt.date) -> dt.date:
    return on - dt.timedelta(days=on.weekday())
