"""Which silence is one outage: by the unit it has in common, whatever else stands in the tree."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from cms.notices.quiet import Quiet
from screens.outages import LATE, OUT_AFTER, Group, Silent, ancestors, is_over, new_outages
from screens.watching import quiet_at, quiet_of

NOW = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
INSTITUTES = [f"/320509/i{place:02d}/" for place in range(11)]
STATIONS = [f"{INSTITUTES[place % 11]}s{place:03d}/" for place in range(289)]
POINTS = [f"{STATIONS[place % 289]}p{place:03d}/" for place in range(500)]
PLACES = ["/320509/", *INSTITUTES, *STATIONS, *POINTS]
TOTALS = Counter(PLACES)


def silent(units: Sequence[str], *, seconds: float = 61) -> list[Silent]:
    return [
        Silent(uuid.UUID(int=place + 1), unit, NOW - dt.timedelta(seconds=seconds)) for place, unit in enumerate(units)
    ]


def found(units: Sequence[str], **given_: float) -> list[Group]:
    return new_outages(silent(units, **given_), TOTALS, now=NOW)


def test_subtree_of_289_when_it_falls_is_one_outage_at_its_unit() -> None:
    totals = Counter({f"/320509/i00/s{place:03d}/": 1 for place in range(289)} | {"/320509/i01/": 40})
    out = silent([unit for unit in totals if unit.startswith("/320509/i00/")])
    groups = new_outages(out, totals, now=NOW)
    assert [(group.unit, len(group.screens), group.of) for group in groups] == [("/320509/i00/", 289, 289)]


def test_institute_when_a_few_of_its_screens_stay_is_still_one() -> None:
    below = [unit for unit in PLACES if unit.startswith(INSTITUTES[3])]
    groups = found(below[: int(len(below) * 0.8)])
    assert [group.unit for group in groups] == [INSTITUTES[3]]


def test_single_screens_when_far_apart_are_outages_of_their_own() -> None:
    groups = found([POINTS[0], POINTS[5], STATIONS[200]])
    assert sorted(group.unit for group in groups) == sorted([POINTS[0], POINTS[5], STATIONS[200]])
    assert all(group.is_single for group in groups)


def test_whole_district_when_it_falls_is_one() -> None:
    assert [group.unit for group in found(PLACES)] == ["/320509/"]


def test_station_when_it_falls_is_not_told_as_its_institute() -> None:
    below = [unit for unit in PLACES if unit.startswith(STATIONS[7])]
    assert [group.unit for group in found(below)] == [STATIONS[7]]


def test_screens_when_late_but_not_out_for_certain_are_waited_for() -> None:
    assert found(POINTS, seconds=OUT_AFTER.total_seconds() - 1) == []
    # One is out: those that missed a beat belong to it, however their beats were spread when the line was cut.
    late = silent(STATIONS[:1], seconds=61) + silent(STATIONS[1:], seconds=LATE.total_seconds() + 15)
    ids = [Silent(uuid.UUID(int=place + 1), one.unit, one.since) for place, one in enumerate(late)]
    assert sum(len(group.screens) for group in new_outages(ids, TOTALS, now=NOW)) == 289


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=60, unique=True))
def test_outages_hold_each_silent_screen_once_and_never_reach_over_each_other(units: list[str]) -> None:
    groups = found(units)
    held = [one.screen for group in groups for one in group.screens]
    assert sorted(held) == sorted(one.screen for one in silent(units))
    assert all(one.unit.startswith(group.unit) for group in groups for one in group.screens)
    assert len(groups) <= 5 or len(groups) <= len(units)
    shared = [group.unit for group in groups if not group.is_single]
    assert not [1 for one in shared for two in shared if one != two and one.startswith(two)]


@pytest.mark.parametrize(("count", "left", "over"), [(1, 1, False), (1, 0, True), (289, 40, False), (289, 28, True)])
def test_outage_is_over_when_hardly_anything_of_it_is_left(count: int, left: int, *, over: bool) -> None:
    assert is_over(count, left) is over


def test_quiet_hours_are_those_of_the_nearest_unit_in_its_own_zone() -> None:
    hours = {"/a/": quiet_of(22 * 60, 6 * 60, "Asia/Shanghai"), "/a/b/": quiet_of(22 * 60, 6 * 60, "Asia/Urumqi")}
    # 22:30 in Beijing is 20:30 in Urumqi.
    at = dt.datetime(2026, 11, 26, 14, 30, tzinfo=dt.UTC)
    assert quiet_at(hours, "/a/c/").holds(at)
    assert not quiet_at(hours, "/a/b/d/").holds(at)
    assert quiet_at(hours, "/a/b/d/").holds(at + dt.timedelta(hours=2))
    assert quiet_at({}, "/a/") == Quiet()
    assert ancestors("/a/b/c/") == ["/a/", "/a/b/", "/a/b/c/"]
