"""On and off hours, over midnight and in the screen's own zone."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.hands.hours import Hours, Open, is_on, minutes_of

ALL = (1, 2, 3, 4, 5, 6, 7)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def at(day: int, clock: str) -> dt.datetime:
    """November 2026: the 23rd is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


DAYTIME = Hours("Asia/Shanghai", (Open(ALL, 390, 1320),))
NIGHT = Hours("Asia/Shanghai", (Open((5,), 18 * 60, 2 * 60),))


@pytest.mark.parametrize(
    ("hours", "now", "wanted"),
    [
        (Hours("Asia/Shanghai", ()), at(23, "03:00"), True),
        (DAYTIME, at(23, "06:29"), False),
        (DAYTIME, at(23, "06:30"), True),
        (DAYTIME, at(23, "21:59"), True),
        (DAYTIME, at(23, "22:00"), False),
        (NIGHT, at(27, "17:59"), False),
        (NIGHT, at(27, "18:00"), True),
        (NIGHT, at(28, "01:59"), True),
        (NIGHT, at(28, "02:00"), False),
        (NIGHT, at(27, "01:00"), False),
        (Hours("Asia/Shanghai", (Open((7,), 23 * 60, 60),)), at(23, "00:30"), True),
        (Hours("Asia/Shanghai", (Open((1,), 0, 1440),)), at(23, "23:59"), True),
        (Hours("Asia/Urumqi", (Open(ALL, 8 * 60, 20 * 60),)), at(23, "09:30"), False),
    ],
)
def test_screen_is_on_in_its_hours(hours: Hours, now: dt.datetime, wanted: bool) -> None:
    assert is_on(hours, now) is wanted


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_daily_hours_are_on_as_long_as_they_say(on: int, off: int, minute: int) -> None:
    hours = Hours("UTC", (Open(ALL, on, off),))
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
    length = (off - on) % 1440 or 1440
    assert is_on(hours, now) is ((minute - on) % 1440 < length)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("6:30", 390), ("24:00", 1440), *((one, None) for one in ("24:01", "7", "7:60", "-1:00", "a:00"))],
)
def test_clock_text_is_read_or_refused(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes
