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
    month_days=st.frozensets(st.integers(1, 31)),
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
    with pytest.raises(Invalid, match="bad_rule"):
        read_rule(wrong)
