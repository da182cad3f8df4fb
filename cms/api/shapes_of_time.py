"""Shapes that several resources about time give: what clashes, and a stretch of time."""

import datetime as dt
from collections.abc import Sequence

from cms.api.resources import Given
from cms.desk.calendar.clash_lines import clash_lines
from cms.desk.visit import Visit
from schedules.clashes import Clash, Severity
from schedules.intervals import Interval


class ClashLine(Given):
    """Something in the way: an `error` is refused, a `warning` a person should confirm, `info` is good to know."""

    severity: Severity
    code: str
    text: str
    next: str


class Stretch(Given):
    """The instants from `start` up to, but not at, `end`."""

    start: dt.datetime
    end: dt.datetime


def clashes_said(visit: Visit, clashes: Sequence[Clash]) -> list[ClashLine]:
    """Broken rules first."""
    ordered = sorted(clashes, key=lambda one: list(Severity).index(one.severity))
    return [
        ClashLine(severity=one.severity, code=one.code.removeprefix("error."), text=said["text"], next=said["next"])
        for one, said in zip(ordered, clash_lines(visit, ordered), strict=True)
    ]


def stretch(one: Interval) -> Stretch:
    return Stretch(start=one.start, end=one.end)


def utc(at: dt.datetime) -> dt.datetime:
    """An aware instant as rows keep it."""
    return at.astimezone(dt.UTC)
