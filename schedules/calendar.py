"""Days as an office counts them: holidays and the working weekends that pay for them (调休).

A recurrence rule cannot say «every workday» in China: the State Council moves days each year. The days are data,
entered once a year; a day that nobody entered is a workday from Monday to Friday and a weekend otherwise.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DayKind(StrEnum):
    """What a date is for the office."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates whose kind differs from what their weekday says."""

    days: Mapping[dt.date, DayKind] = field(default_factory=dict)

    def kind(self, on: dt.date) -> DayKind:
        found = self.days.get(on)
        if found is not None:
            return found
        return DayKind.WORKDAY if on.isoweekday() <= 5 else DayKind.WEEKEND

    def is_workday(self, on: dt.date) -> bool:
        """Whether the office works: 工作日 (含调休)."""
        return self.kind(on) in {DayKind.WORKDAY, DayKind.MAKEUP}


PLAIN = Calendar()
