"""Runs of rules at other times: what stands where afterwards, whatever the rule."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from schedules.expand import expand
from schedules.intervals import Interval, union
from schedules.moving import CannotMove, alone, run_at, together
from schedules.rules import BEIJING, Cycle, Daypart, Days, Rule

ZONE = ZoneInfo(BEIJING)
MONDAY = dt.datetime(2026, 11, 30, tzinfo=ZONE)
WINDOW = Interval(MONDAY - dt.timedelta(days=21), MONDAY + dt.timedelta(days=42))
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
MORNING, EVENING = Daypart(dt.time(8), dt.time(9)), Daypart(dt.time(22), dt.time(2))

rules = st.builds(
    Rule,
    start=st.integers(0, 20).map(lambda days: MONDAY - days * DAY),
    dayparts=st.sampled_from([(MORNING,), (EVENING,), (MORNING, EVENING), (Daypart(dt.time(6), dt.time(7)), MORNING)]),
    weekdays=st.frozensets(st.integers(1, 7), max_size=4),
    cycle=st.sampled_from([Cycle.DAY, Cycle.WEEK]),
    every=st.integers(1, 3),
)


def runs(rule: Rule) -> list[Interval]:
    found = [(one, run_at(rule, one.start)) for one in expand(rule, WINDOW)]
    return [one for one, run in found if run is not None and run.interval == one]


@settings(max_examples=40, deadline=None)
@given(rules, st.data())
def test_run_when_moved_alone_stands_there_and_all_others_where_they_were(rule: Rule, data: st.DataObject) -> None:
    found = runs(rule)
    if not found:
        return
    one = data.draw(st.sampled_from(found))
    to = one.start + data.draw(st.integers(-30, 60)) * HOUR
    run = run_at(rule, one.start)
    assert run is not None
    apart = alone(rule, run, to)
    after = [part for made in (apart.rest, apart.moved, apart.others) if made for part in expand(made, WINDOW)]
    wanted = [part for part in expand(rule, WINDOW) if part != one] + [Interval(to, to + one.length)]
    clipped = [part for part in (both.intersection(WINDOW) for both in wanted) if part is not None]
    assert union(after) == union(clipped)


@settings(max_examples=40, deadline=None)
@given(rules, st.data())
def test_rule_when_moved_has_its_run_there_or_says_why_not(rule: Rule, data: st.DataObject) -> None:
    found = runs(rule)
    if not found:
        return
    one = data.draw(st.sampled_from(found))
    to = one.start + data.draw(st.integers(-30, 60)) * HOUR
    run = run_at(rule, one.start)
    assert run is not None
    try:
        moved = together(rule, run, to)
    except CannotMove as reason:
        assert reason.code == "run_whole"  # noqa: PT017 - it may move as well
        return
    assert Interval(to, to + one.length) in expand(moved, Interval(to - DAY, to + one.length + DAY))
    assert moved.every == rule.every
    assert len(moved.weekdays) <= len(rule.weekdays)


def test_weekly_rule_when_one_day_moves_keeps_the_others() -> None:
    rule = Rule(start=MONDAY, dayparts=(MORNING,), weekdays=frozenset({1, 3}))
    run = run_at(rule, MONDAY + 8 * HOUR)
    assert run is not None
    moved = together(rule, run, MONDAY + DAY + 10 * HOUR)
    assert (moved.weekdays, moved.dayparts) == (frozenset({2, 3}), (Daypart(dt.time(10), dt.time(11)),))


def test_workday_rule_when_moved_to_a_weekend_says_so_and_its_run_alone_may() -> None:
    rule = Rule(start=MONDAY, dayparts=(MORNING,), days=Days.WORKDAYS)
    run = run_at(rule, MONDAY + 8 * HOUR)
    assert run is not None
    with pytest.raises(CannotMove, match="run_days"):
        together(rule, run, MONDAY + 5 * DAY + 8 * HOUR)
    assert alone(rule, run, MONDAY + 5 * DAY + 8 * HOUR).moved.start == MONDAY + 5 * DAY + 8 * HOUR


def test_monthly_rule_when_moved_within_the_month_takes_another_day_and_beyond_it_says_so() -> None:
    rule = Rule(start=MONDAY, dayparts=(MORNING,), cycle=Cycle.MONTH, month_days=frozenset({5, 20}))
    run = run_at(rule, MONDAY + 5 * DAY + 8 * HOUR)
    assert run is not None
    assert together(rule, run, run.interval.start + DAY).month_days == {6, 20}
    with pytest.raises(CannotMove, match="run_month"):
        together(rule, run, run.interval.start + 40 * DAY)


def test_stretch_without_a_break_is_one_run_that_moves_with_its_ends() -> None:
    rule = Rule(start=MONDAY, end=MONDAY + 3 * HOUR)
    run = run_at(rule, MONDAY)
    assert run is not None
    assert together(rule, run, MONDAY + DAY) == alone(rule, run, MONDAY + DAY).moved
    assert run_at(replace(rule, end=None), MONDAY) is None


def test_hours_that_touch_are_no_run_of_their_own() -> None:
    rule = Rule(start=MONDAY, dayparts=(MORNING, Daypart(dt.time(9), dt.time(10))))
    assert run_at(rule, MONDAY + 8 * HOUR) is None
