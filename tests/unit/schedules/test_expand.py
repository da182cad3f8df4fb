"""Rules mean the dates and hours they say, in zones with and without summer time."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject, strategies as st

from schedules.calendar import PLAIN, Calendar, DayKind
from schedules.expand import expand, falls_on
from schedules.intervals import Interval, clip, union
from schedules.rules import Cycle, Daypart, Days, ImpossibleRule, Rule

BEIJING = ZoneInfo("Asia/Shanghai")
START = dt.datetime(2026, 9, 1, tzinfo=BEIJING)
# 2026: National Day holiday 1–7 October; the Saturday of 10 October is worked instead.
GOLDEN_WEEK = Calendar(
    {dt.date(2026, 10, day): DayKind.HOLIDAY for day in range(1, 8)} | {dt.date(2026, 10, 10): DayKind.MAKEUP}
)


def wall(day: int, hour: int = 0, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, tzinfo=BEIJING)


def month(number: int = 10) -> Interval:
    return Interval(wall(1, month=number), wall(1, month=number + 1))


def dates(rule: Rule, calendar: Calendar = PLAIN) -> list[int]:
    return [i.start.astimezone(BEIJING).day for i in expand(rule, month(), calendar)]


times = st.times().map(lambda t: t.replace(microsecond=0, tzinfo=None))
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"])
starts = st.datetimes(dt.datetime(1985, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC))


def possible(**parts: Any) -> Rule:
    """A rule, unless no date could satisfy it."""
    try:
        return Rule(**parts)
    except ImpossibleRule:
        reject()


rules = st.builds(
    possible,
    start=starts,
    dayparts=st.lists(st.builds(Daypart, times, times), max_size=3).map(tuple),
    weekdays=st.frozensets(st.integers(1, 7)),
    days=st.sampled_from(Days),
    cycle=st.sampled_from(Cycle),
    every=st.integers(1, 5),
    month_days=st.frozensets(st.integers(1, 31), max_size=4),
    zone=zones,
)


@given(rules, starts, st.integers(1, 40), st.integers(1, 39))
def test_any_rule_expands_to_separate_intervals_inside_that_split_anywhere(
    rule: Rule, start: dt.datetime, days: int, cut: int
) -> None:
    window = Interval(start, start + dt.timedelta(days=days))
    whole = expand(rule, window)
    assert whole == union(whole) == clip(whole, window)
    assert all(i.start >= rule.start for i in whole)
    middle = start + dt.timedelta(days=min(cut, days), hours=-7)
    left = expand(rule, Interval(start, middle)) if start < middle else ()
    right = expand(rule, Interval(middle, window.end)) if middle < window.end else ()
    assert union([*left, *right]) == whole


@given(rules, starts)
def test_what_starts_inside_the_window_starts_on_a_date_the_rule_means(rule: Rule, start: dt.datetime) -> None:
    window = Interval(start, start + dt.timedelta(days=10))
    zone = ZoneInfo(rule.zone)
    for interval in expand(rule, window):
        if interval.start in {window.start, rule.start} or rule.is_continuous:
            continue
        on = interval.start.astimezone(zone).date()
        # 24 h parts of yesterday may begin at any hour; joined intervals begin with their first date.
        assert falls_on(rule, on) or falls_on(rule, on - dt.timedelta(days=1))


def test_workdays_with_a_moved_weekend_follow_the_calendar() -> None:
    rule = Rule(START, dayparts=(Daypart(dt.time(8), dt.time(9)),), days=Days.WORKDAYS)
    assert dates(rule, GOLDEN_WEEK)[:4] == [8, 9, 10, 12]
    rest = Rule(START, dayparts=(Daypart(dt.time(8), dt.time(9)),), days=Days.REST_DAYS)
    assert dates(rest, GOLDEN_WEEK)[:8] == [1, 2, 3, 4, 5, 6, 7, 11]


def test_weekdays_and_every_second_week_count_from_the_start() -> None:
    rule = Rule(
        wall(1), dayparts=(Daypart(dt.time(8), dt.time(9)),), weekdays=frozenset({4}), cycle=Cycle.WEEK, every=2
    )
    assert dates(rule) == [1, 15, 29]


def test_a_month_without_the_day_is_left_out() -> None:
    rule = Rule(wall(31, month=8), dayparts=(Daypart(dt.time(8), dt.time(9)),), cycle=Cycle.MONTH)
    assert expand(rule, month(9)) == ()
    assert dates(rule) == [31]


def test_a_yearly_rule_comes_on_its_day() -> None:
    rule = Rule(dt.datetime(2020, 10, 1, tzinfo=BEIJING), cycle=Cycle.YEAR)
    assert expand(rule, month()) == (Interval(wall(1), wall(2)),)
    assert expand(rule, month(9)) == ()


def test_a_daypart_over_midnight_belongs_to_the_day_it_starts() -> None:
    rule = Rule(START, dayparts=(Daypart(dt.time(22), dt.time(2)),), weekdays=frozenset({4}))
    assert expand(rule, Interval(wall(1), wall(3))) == (Interval(wall(1, 22), wall(2, 2)),)
    assert expand(rule, Interval(wall(2), wall(3))) == (Interval(wall(2), wall(2, 2)),)


def test_a_daypart_that_ends_when_it_starts_lasts_24_hours() -> None:
    rule = Rule(START, dayparts=(Daypart(dt.time(9), dt.time(9)),), weekdays=frozenset({4}))
    assert expand(rule, Interval(wall(1), wall(3))) == (Interval(wall(1, 9), wall(2, 9)),)


def test_whole_days_without_a_break_are_one_interval() -> None:
    rule = Rule(START, days=Days.ANY, end=wall(3), skip=frozenset({dt.date(2026, 10, 15)}))
    assert expand(rule, month()) == (Interval(wall(1), wall(3)),)


def test_a_skipped_date_is_left_out() -> None:
    rule = Rule(START, skip=frozenset({dt.date(2026, 10, 2)}))
    assert expand(rule, Interval(wall(1), wall(4))) == (Interval(wall(1), wall(2)), Interval(wall(3), wall(4)))


def test_a_daypart_inside_the_hour_a_zone_skips_is_not_there() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    rule = Rule(
        dt.datetime(2026, 3, 1, tzinfo=berlin),
        dayparts=(Daypart(dt.time(2, 30), dt.time(3, 15)),),
        zone="Europe/Berlin",
    )
    day = Interval(dt.datetime(2026, 3, 29, tzinfo=berlin), dt.datetime(2026, 3, 30, tzinfo=berlin))
    assert expand(rule, day) == ()


@pytest.mark.parametrize(
    "bad",
    [
        {"start": dt.datetime(2026, 1, 1)},
        {"end": START},
        {"every": 0},
        {"every": 367},
        {"weekdays": frozenset({0})},
        {"month_days": frozenset({32})},
    ],
)
def test_a_rule_no_date_can_satisfy_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"naive|end|every|no_weekday|no_day"):
        Rule(**({"start": START} | bad))  # type: ignore[arg-type]


def test_a_daypart_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="wall time"):
        Daypart(dt.time(8, tzinfo=BEIJING), dt.time(9))
