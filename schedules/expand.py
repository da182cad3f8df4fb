"""From a rule to the intervals it means inside a window; the cost depends on the window, not on the rule's age."""

import datetime as dt
from collections.abc import Iterator

from schedules.calendar import PLAIN, Calendar
from schedules.intervals import Interval, clip, union
from schedules.rules import Cycle, Daypart, Days, Rule

WHOLE_DAY = Daypart()
_DAY = dt.timedelta(days=1)


def expand(rule: Rule, window: Interval, calendar: Calendar = PLAIN) -> tuple[Interval, ...]:
    """Ascending, separate intervals of `rule` inside `window`."""
    span = Interval.of(max(rule.start, window.start), window.end if rule.end is None else min(rule.end, window.end))
    if span is None:
        return ()
    if rule.is_continuous:
        return (span,)
    zone, parts = rule.zone_info, rule.dayparts or (WHOLE_DAY,)
    found = (
        interval
        for day in _dates(rule, span)
        if falls_on(rule, day, calendar)
        for part in parts
        if meant(part.days, day, calendar) and (interval := stretch(part, day, zone)) is not None
    )
    return clip(union(found), span)


def falls_on(rule: Rule, on: dt.date, calendar: Calendar = PLAIN) -> bool:
    """Whether the rule means this date of its zone; start and end are not looked at."""
    if on in rule.skip or (rule.weekdays and on.isoweekday() not in rule.weekdays):
        return False
    return meant(rule.days, on, calendar) and _in_cycle(rule, on)


def meant(days: Days, on: dt.date, calendar: Calendar) -> bool:
    """Whether a date is of that kind, 调休 included."""
    return days is Days.ANY or calendar.is_workday(on) == (days is Days.WORKDAYS)


def _in_cycle(rule: Rule, on: dt.date) -> bool:
    anchor = rule.start.astimezone(rule.zone_info).date()
    months = (on.year - anchor.year) * 12 + on.month - anchor.month
    days = rule.month_days or {anchor.day}
    match rule.cycle:
        case Cycle.DAY:
            return (on - anchor).days % rule.every == 0
        case Cycle.WEEK:
            return (_monday(on) - _monday(anchor)).days // 7 % rule.every == 0
        case Cycle.MONTH:
            return months % rule.every == 0 and on.day in days
        case Cycle.YEAR:
            return on.month == anchor.month and months // 12 % rule.every == 0 and on.day in days


def _monday(on: dt.date) -> dt.date:
    return on - dt.timedelta(days=on.weekday())


def _dates(rule: Rule, span: Interval) -> Iterator[dt.date]:
    # One day earlier: a daypart over midnight reaches in from yesterday.
    day = span.start.astimezone(rule.zone_info).date() - _DAY
    last = span.end.astimezone(rule.zone_info).date()
    while day <= last:
        yield day
        day += _DAY


def stretch(part: Daypart, day: dt.date, zone: dt.tzinfo) -> Interval | None:
    """Wall time to instants. In the hour a zone skips, a daypart may shrink to nothing; then there is none."""
    end_day = day + _DAY if part.ends_next_day else day
    start = dt.datetime.combine(day, part.start, zone).astimezone(dt.UTC)
    end = dt.datetime.combine(end_day, part.end, zone).astimezone(dt.UTC)
    return Interval.of(start, end)
