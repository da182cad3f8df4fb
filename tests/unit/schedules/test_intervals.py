"""Half-open arithmetic, over generated intervals."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from schedules.intervals import Interval, clip, gaps, tiles, union

T0 = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    return T0 + dt.timedelta(minutes=minutes)


intervals = st.tuples(st.integers(0, 90), st.integers(1, 30)).map(lambda p: Interval(at(p[0]), at(p[0] + p[1])))
many = st.lists(intervals, max_size=12)
WINDOW = Interval(at(20), at(80))


def minutes(those: object) -> set[int]:
    return {m for m in range(130) for i in those if i.contains(at(m))}  # type: ignore[attr-defined]


@given(many)
def test_a_union_covers_the_same_minutes_and_never_touches_itself(those: list[Interval]) -> None:
    joined = union(those)
    assert minutes(joined) == minutes(those)
    assert all(one.end < two.start for one, two in itertools.pairwise(joined))


@given(many)
def test_gaps_and_clipped_parts_tile_the_window(those: list[Interval]) -> None:
    parts = sorted([*gaps(those, WINDOW), *union(clip(those, WINDOW))])
    assert tiles(parts, WINDOW)


@given(intervals, intervals)
def test_overlap_and_intersection_say_the_same(one: Interval, two: Interval) -> None:
    assert one.overlaps(two) == (one.intersection(two) is not None) == bool(minutes([one]) & minutes([two]))


def test_an_interval_without_length_or_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Interval(T0, T0)
    with pytest.raises(ValueError, match="naive"):
        Interval(dt.datetime(2026, 1, 1), at(1))


def test_an_interval_over_a_lost_hour_has_its_true_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    over = Interval(dt.datetime(2026, 3, 29, 1, tzinfo=berlin), dt.datetime(2026, 3, 29, 4, tzinfo=berlin))
    assert over.length == dt.timedelta(hours=2)


def test_nothing_tiles_no_window() -> None:
    assert not tiles([], WINDOW)
    assert not tiles([Interval(at(20), at(79))], WINDOW)
    assert not tiles([Interval(at(20), at(50)), Interval(at(51), at(80))], WINDOW)
