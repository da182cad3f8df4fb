"""Quiet hours, over midnight too."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.notices.quiet import MINUTES, Quiet

MINUTE = st.integers(0, MINUTES - 1)
INSTANT = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=dt.UTC))


@given(MINUTE, MINUTE, INSTANT)
def test_letter_when_it_leaves_is_not_quiet_and_never_early(start: int, end: int, at: dt.datetime) -> None:
    quiet = Quiet(start, end)
    leaves = quiet.leaves_at(at)
    assert not quiet.holds(leaves)
    assert at <= leaves <= at + dt.timedelta(days=1)


def test_letter_when_the_night_is_quiet_waits_for_the_morning() -> None:
    quiet = Quiet(22 * 60, 7 * 60)
    evening = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)  # 23:30 in Beijing
    assert quiet.leaves_at(evening) == dt.datetime(2026, 11, 20, 23, 0, tzinfo=dt.UTC)


def test_letter_when_nothing_is_quiet_leaves_at_once() -> None:
    now = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
    assert Quiet(60, 60).leaves_at(now) == now


@pytest.mark.parametrize("minutes", [(-1, 0), (0, MINUTES)])
def test_quiet_when_it_is_no_minute_of_a_day_is_refused(minutes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no minute"):
        Quiet(*minutes)
