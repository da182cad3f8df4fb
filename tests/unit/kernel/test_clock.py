"""Time is aware, in whole milliseconds rounded down, and moves only when it is moved."""

import datetime as dt
import time

import pytest
from hypothesis import given, strategies as st

from cms.kernel.clock import FixedClock, SystemClock, from_ms, to_ms

AT = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
INSTANTS = st.datetimes(timezones=st.timezones(), min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2200, 1, 1))


@given(INSTANTS)
def test_instant_when_turned_into_milliseconds_and_back_loses_less_than_one(at: dt.datetime) -> None:
    back = from_ms(to_ms(at))
    assert back.tzinfo is dt.UTC
    assert dt.timedelta(0) <= at.astimezone(dt.UTC) - back < dt.timedelta(milliseconds=1)


@given(st.integers(-(10**13), 10**14))
def test_milliseconds_when_turned_into_an_instant_and_back_are_the_same(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


@given(INSTANTS, INSTANTS)
def test_instants_when_compared_in_milliseconds_keep_their_order(one: dt.datetime, other: dt.datetime) -> None:
    assert (to_ms(one) <= to_ms(other)) or one.astimezone(dt.UTC) > other.astimezone(dt.UTC)


def test_naive_time_when_turned_into_milliseconds_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_ms(dt.datetime(2026, 11, 23))


def test_fixed_clock_when_not_moved_stands() -> None:
    clock = FixedClock(AT)
    assert (clock.now(), clock.now()) == (AT, AT)
    assert clock.monotonic() == 0


def test_fixed_clock_when_moved_moves_both_its_faces() -> None:
    clock = FixedClock(AT.astimezone(dt.timezone(dt.timedelta(hours=8))))
    assert clock.advance(dt.timedelta(seconds=90)) == AT + dt.timedelta(seconds=90)
    assert clock.advance(dt.timedelta(seconds=-30)) == clock.now() == AT + dt.timedelta(minutes=1)
    assert clock.monotonic() == 60
    assert clock.now().tzinfo is dt.UTC


def test_system_clock_when_asked_tells_the_machines_time_in_utc() -> None:
    clock = SystemClock()
    before, told, after = time.time(), clock.now(), time.time()
    assert before - 0.001 <= told.timestamp() <= after + 0.001
    assert told.tzinfo is dt.UTC
    assert clock.monotonic() <= clock.monotonic()
