"""A rule shown in the form and saved as it is stays the same, also one that lies on a channel's grid."""

import datetime as dt
import zoneinfo

from cms.desk.calendar.rule_form import rule_of, values_of
from cms.planning.rules import read_rule
from schedules.resolve import Layer
from schedules.rules import Daypart, Rule

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
START = dt.datetime(2026, 11, 26, 0, 0, 3, 840_000, tzinfo=dt.UTC)


def test_rule_on_the_grid_when_saved_again_moves_by_no_millisecond() -> None:
    daily = Rule(START, None, (Daypart(dt.time(8, 0, 3, 840_000), dt.time(8, 20, 1, 280_000)),))
    for rule in (daily, Rule(START, START + dt.timedelta(milliseconds=384_000))):
        values = values_of(rule, ZONE, layer=Layer.EXCLUSIVE, priority=0, show=None)
        again = read_rule(rule_of(values, ZONE))
        assert (again.start, again.end, again.dayparts) == (rule.start, rule.end, rule.dayparts)
