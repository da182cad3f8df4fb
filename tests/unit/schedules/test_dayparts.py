"""The laws of named hours: over midnight, in any zone, on the days an office works."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from schedules.calendar import PLAIN, Calendar, DayKind
from schedules.dayparts import lies_in, renamed, shift
from schedules.expand import expand
from schedules.intervals import Interval, union
from schedules.rules import Daypart, Days, Rule

BEIJING = ZoneInfo("Asia/Shanghai")
# 2026: National Day holiday 1–7 October; the Saturday of 10 October is worked instead.
GOLDEN_WEEK = Calendar(
    {dt.date(2026, 10, day): DayKind.HOLIDAY for day in range(1, 8)} | {dt.date(2026, 10, 10): DayKind.MAKEUP}
)
times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
parts = st.builds(Daypart, times, times, st.just("rush"), st.sampled_from(Days))
instants = st.datetimes(dt.datetime(2026, 9, 20), dt.datetime(2026, 11, 10), timezones=st.just(dt.UTC))


def wall(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 10, day, hour, tzinfo=BEIJING)


@given(parts, instants, zones, st.sampled_from([PLAIN, GOLDEN_WEEK]))
def test_an_instant_lies_in_a_daypart_exactly_when_a_rule_of_it_is_on(
    part: Daypart, at: dt.datetime, zone: str, calendar: Calendar
) -> None:
    rule = Rule(at - dt.timedelta(days=4), dayparts=(part,), zone=zone)
    window = Interval(at, at + dt.timedelta(milliseconds=1))
    assert lies_in(part, at, ZoneInfo(zone), calendar) == bool(expand(rule, window, calendar))


@given(times, times, instants)
def test_hours_and_the_rest_of_the_day_tile_every_instant_once(start: dt.time, end: dt.time, at: dt.datetime) -> None:
    one, rest = Daypart(start, end), Daypart(end, start)
    if start == end:
        assert lies_in(one, at, BEIJING)
    else:
        assert lies_in(one, at, BEIJING) != lies_in(rest, at, BEIJING)


@given(parts, parts, instants, zones)
def test_a_change_moves_exactly_the_instants_that_differ(
    old: Daypart, new: Daypart, start: dt.datetime, zone: str
) -> None:
    before = Rule(start - dt.timedelta(days=30), dayparts=(old, Daypart(dt.time(3), dt.time(4))), zone=zone)
    after = renamed(before, {"rush": new})
    window = Interval(start, start + dt.timedelta(days=6))
    moved = shift(before, after, window, GOLDEN_WEEK)
    kept = union([*moved.before, *moved.won])
    assert kept == union([*moved.after, *moved.lost])
    assert not any(a.overlaps(b) for a in moved.lost for b in (*moved.after, *moved.won))
    back = shift(after, before, window, GOLDEN_WEEK)
    assert (back.lost, back.won) == (moved.won, moved.lost)
    assert shift(before, renamed(before, {"rush": old}), window).is_nothing


def test_working_days_follow_the_calendar_and_a_night_belongs_to_the_day_it_starts_on() -> None:
    rush = Daypart(dt.time(7), dt.time(9), "rush", Days.WORKDAYS)
    night = replace(rush, start=dt.time(22), end=dt.time(6))
    # Wednesday of the holiday, the Saturday that is worked, and the Sunday after it.
    assert [lies_in(rush, wall(day, 8), BEIJING, GOLDEN_WEEK) for day in (7, 8, 10, 11)] == [False, True, True, False]
    assert lies_in(rush, wall(10, 8), BEIJING) is False
    # The night of the worked Saturday reaches into Sunday; the one of Sunday is not meant.
    assert lies_in(night, wall(11, 5), BEIJING, GOLDEN_WEEK)
    assert not lies_in(night, wall(11, 6), BEIJING, GOLDEN_WEEK)
    assert not lies_in(night, wall(11, 23), BEIJING, GOLDEN_WEEK)
    assert not lies_in(night, wall(8, 5), BEIJING, GOLDEN_WEEK)
