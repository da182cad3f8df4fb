"""Placement rules as they stand in a row, and what a person may ask for; the arithmetic is `schedules`."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cms.kernel.errors import Invalid
from schedules.rules import BEIJING, Cycle, Daypart, Days, ImpossibleRule, Rule

MAX_DAYPARTS: Final = 24
MAX_SKIPPED: Final = 366
WHY: Final = {
    "end_before_start": "planning.rule_end_before_start",
    "every": "planning.rule_every",
    "no_weekday": "planning.rule_no_weekday",
    "no_day": "planning.rule_no_day",
    "no_such_date": "planning.rule_no_such_date",
}


class NamedHours(BaseModel):
    """Hours of one of the office's own dayparts, as they were when the rule was saved."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    start: dt.time = dt.time()
    end: dt.time = dt.time()
    days: Days = Days.ANY

    def part(self) -> Daypart:
        return Daypart(self.start, self.end, str(self.id), self.days)


class RuleForm(BaseModel):
    """The JSON of a rule; times of day are wall time of `zone`."""

    model_config = ConfigDict(extra="forbid")

    start: dt.datetime
    end: dt.datetime | None = None
    dayparts: list[tuple[dt.time, dt.time]] = Field(default=[], max_length=MAX_DAYPARTS)
    named: list[NamedHours] = Field(default=[], max_length=MAX_DAYPARTS)
    weekdays: list[int] = Field(default=[], max_length=7)
    days: Days = Days.ANY
    cycle: Cycle = Cycle.DAY
    every: int = 1
    month_days: list[int] = Field(default=[], max_length=31)
    skip: list[dt.date] = Field(default=[], max_length=MAX_SKIPPED)
    zone: Literal["Asia/Shanghai"] = BEIJING

    def rule(self) -> Rule:
        """Raises ValueError for what no date could satisfy."""
        return Rule(
            start=self.start,
            end=self.end,
            dayparts=(*(Daypart(start, end) for start, end in self.dayparts), *(one.part() for one in self.named)),
            weekdays=frozenset(self.weekdays),
            days=self.days,
            cycle=self.cycle,
            every=self.every,
            month_days=frozenset(self.month_days),
            skip=frozenset(self.skip),
            zone=self.zone,
        )


def read_rule(value: Mapping[str, Any]) -> Rule:
    """The rule of a row or a form.

    Raises:
        Invalid: `planning.bad_rule` for a missing or ill-formed part, `planning.rule_…` for an impossible one; the
            fields say which.
    """
    try:
        return RuleForm.model_validate(value).rule()
    except ImpossibleRule as problem:
        code = WHY[problem.code]
        raise Invalid(code, fields={problem.part: code}, **problem.params) from problem
    except (ValidationError, ValueError) as problem:
        raise Invalid("planning.bad_rule", fields=_wrong_parts(problem)) from problem


def _wrong_parts(problem: ValueError) -> dict[str, str]:
    if not isinstance(problem, ValidationError):
        return {}
    return {str(one["loc"][0]): "planning.bad_rule" for one in problem.errors() if one["loc"]}


def rule_json(rule: Rule) -> dict[str, Any]:
    """What a row keeps; `read_rule` of it is the same rule."""
    form = RuleForm(
        start=rule.start,
        end=rule.end,
        dayparts=[(part.start, part.end) for part in rule.dayparts if not part.name],
        named=[
            NamedHours(id=uuid.UUID(part.name), start=part.start, end=part.end, days=part.days)
            for part in rule.dayparts
            if part.name
        ],
        weekdays=sorted(rule.weekdays),
        days=rule.days,
        cycle=rule.cycle,
        every=rule.every,
        month_days=sorted(rule.month_days),
        skip=sorted(rule.skip),
    )
    return form.model_dump(mode="json")
