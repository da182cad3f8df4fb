"""Which days a view of the calendar shows, in the wall time of the district. Pure."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schedules.intervals import Interval

_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2100


class View(StrEnum):
    """The three ways of looking at a span of time."""

    MONTH = "month"
    WEEK = "week"
    TIMELINE = "timeline"


@dataclass(frozen=True, slots=True)
class Days:
    """The dates [first, last) of a view, and the dates its neighbours begin from."""

    view: View
    on: dt.date
    first: dt.date
    last: dt.date
    before: dt.date
    after: dt.date

    def window(self, zone: zoneinfo.ZoneInfo) -> Interval:
        start = dt.datetime.combine(self.first, dt.time(), zone)
        return Interval(start, dt.datetime.combine(self.last, dt.time(), zone))

    def dates(self) -> tuple[dt.date, ...]:
        return tuple(self.first + count * _DAY for count in range((self.last - self.first).days))


def days_of(view: View, on: dt.date) -> Days:
    """A month in whole weeks from Monday, or the week of `on`."""
    if view is View.MONTH:
        first = on.replace(day=1)
        after = (first + 32 * _DAY).replace(day=1)
        before = (first - _DAY).replace(day=1)
        last = after + (-after.weekday() % 7) * _DAY
        return Days(view, on, first - first.weekday() * _DAY, last, before, after)
    first = on - on.weekday() * _DAY
    return Days(view, on, first, first + _WEEK, on - _WEEK, on + _WEEK)


def view_of(text: str) -> View:
    """Anything unknown is the month."""
    return View(text) if text in set(View) else View.MONTH


def date_of(text: str, today: dt.date) -> dt.date:
    """Anything that is no date of these decades is today."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return today
    return found if _FIRST_YEAR < found.year < _LAST_YEAR else today
