"""A date is a workday when the office works."""

import datetime as dt

from schedules.calendar import PLAIN, Calendar, DayKind


def test_a_date_nobody_entered_follows_its_weekday() -> None:
    assert PLAIN.kind(dt.date(2026, 11, 23)) is DayKind.WORKDAY
    assert PLAIN.kind(dt.date(2026, 11, 28)) is DayKind.WEEKEND


def test_an_entered_date_outranks_its_weekday() -> None:
    moved = Calendar({dt.date(2026, 10, 1): DayKind.HOLIDAY, dt.date(2026, 10, 10): DayKind.MAKEUP})
    assert not moved.is_workday(dt.date(2026, 10, 1))
    assert moved.is_workday(dt.date(2026, 10, 10))
