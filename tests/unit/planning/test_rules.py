"""A rule in a row says the same as the rule it was made of."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.kernel.errors import Invalid
from cms.planning.rules import read_rule, rule_json
from schedules.rules import Cycle, Daypart, Days, Rule

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
instants = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))
dayparts = st.lists(st.builds(Daypart, st.times(), st.times()), max_size=3).map(tuple)
rules = st.builds(
    Rule,
    start=instants,
    dayparts=dayparts,
    weekdays=st.frozensets(st.integers(1, 7)),
    days=st.sampled_from(Days),
    cycle=st.sampled_from(Cycle),
    every=st.integers(1, 366),
    month_days=st.frozensets(st.integers(1, 29)),
    skip=st.frozensets(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), max_size=4),
)


@given(rules)
def test_a_rule_when_written_and_read_is_the_same(rule: Rule) -> None:
    assert read_rule(rule_json(rule)) == rule


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"start": "soon"},
        {"start": "2026-11-23T08:00:00"},
        {"start": NOW.isoformat(), "end": NOW.isoformat()},
        {"start": NOW.isoformat(), "zone": "Europe/Berlin"},
        {"start": NOW.isoformat(), "freq": "MINUTELY"},
        {"start": NOW.isoformat(), "weekdays": [8]},
        {"start": NOW.isoformat(), "dayparts": [["08:00", "09:00"]] * 25},
    ],
)
def test_what_is_no_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"planning\.(bad_rule|rule_)"):
        read_rule(wrong)


@pytest.mark.parametrize(
    ("part", "wrong", "code"),
    [
        ("month_days", {"cycle": "year", "month_days": [30]}, "planning.rule_no_such_date"),
        ("month_days", {"cycle": "month", "every": 12, "month_days": [28, 31]}, "planning.rule_no_such_date"),
        ("month_days", {"cycle": "month", "month_days": [32]}, "planning.rule_no_day"),
        ("end", {"end": "2026-02-01T00:00:00+08:00"}, "planning.rule_end_before_start"),
        ("every", {"every": 367}, "planning.rule_every"),
        ("weekdays", {"weekdays": [8]}, "planning.rule_no_weekday"),
        ("cycle", {"cycle": "minute"}, "planning.bad_rule"),
    ],
)
def test_what_no_date_can_satisfy_is_refused_with_its_place(part: str, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule({"start": "2026-02-05T08:00:00+08:00", **wrong})
    assert (refused.value.code, refused.value.fields) == (code, {part: code})


def test_a_leap_day_and_the_last_of_long_months_are_dates() -> None:
    read_rule({"start": "2026-02-05T08:00:00+08:00", "cycle": "year", "month_days": [29]})
    read_rule({"start": "2026-02-05T08:00:00+08:00", "cycle": "month", "month_days": [31]})
