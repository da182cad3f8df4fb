"""Placement rules: from, until, and on which days at which hours, in the wall time of a zone.

A rule says days and slower only. Finer recurrences are dayparts; measured, a five-minute recurrence of a general
library took four seconds to expand for a single day.
"""

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = "Asia/Shanghai"
MAX_EVERY: Final = 366  # a year; longer cycles are two rules
_MIDNIGHT = dt.time()
# February by its longest: a rule for the 29th means leap years.
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ImpossibleRule(ValueError):
    """What no date could satisfy: `part` is the field that is wrong, `code` why, `params` what exactly."""

    def __init__(self, part: str, code: str, **params: int) -> None:
        super().__init__(f"{part}: {code} {params}")
        self.part = part
        self.code = code
        self.params = params


class Days(StrEnum):
    """Which kinds of day a rule means."""

    ANY = "any"
    WORKDAYS = "workdays"
    REST_DAYS = "rest_days"


class Cycle(StrEnum):
    """What `every` counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Daypart:
    """Hours of a day in wall time, half-open. An end not after the start is on the next day; equal means 24 hours.

    `name` is the id of the office's own daypart it was taken from, empty for hours of the rule alone; `days` narrows
    the dates it starts on, beside what the rule says.
    """

    start: dt.time = _MIDNIGHT
    end: dt.time = _MIDNIGHT
    name: str = ""
    days: Days = Days.ANY

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ValueError("a daypart is wall time; the zone stands in the rule")

    @property
    def ends_next_day(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class Rule:
    """When something is placed.

    Attributes:
        start: first instant, inclusive; its date in the zone anchors `every`.
        end: instant from which it is over; None runs on.
        dayparts: hours of each day; empty is the whole day.
        weekdays: ISO numbers, Monday is 1; empty is every day.
        days: narrows to workdays or rest days of the calendar, 调休 included.
        every: 2 with DAY is every other day from the start, with WEEK every other ISO week, and so on.
        month_days: for MONTH and YEAR, days of the month; empty is the day of `start`. A month without it has none.
        skip: dates that are left out; a daypart over midnight belongs to the date it starts on.

    Raises ImpossibleRule for what no date could satisfy.
    """

    start: dt.datetime
    end: dt.datetime | None = None
    dayparts: tuple[Daypart, ...] = ()
    weekdays: frozenset[int] = frozenset()
    days: Days = Days.ANY
    cycle: Cycle = Cycle.DAY
    every: int = 1
    month_days: frozenset[int] = frozenset()
    skip: frozenset[dt.date] = frozenset()
    zone: str = BEIJING

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError("naive time")
        if self.end is not None and self.end.astimezone(dt.UTC) <= self.start.astimezone(dt.UTC):
            raise ImpossibleRule("end", "end_before_start")
        if not 1 <= self.every <= MAX_EVERY:
            raise ImpossibleRule("every", "every", most=MAX_EVERY)
        if not self.weekdays <= set(range(1, 8)):
            raise ImpossibleRule("weekdays", "no_weekday")
        if not self.month_days <= set(range(1, 32)):
            raise ImpossibleRule("month_days", "no_day", day=min(self.month_days - set(range(1, 32))))
        self._check_days()

    def _check_days(self) -> None:
        """Each day of the month stands in some month that the rule means: never a 30 February."""
        if self.cycle not in {Cycle.MONTH, Cycle.YEAR}:
            return
        first = self.start.astimezone(self.zone_info).month - 1
        step = 12 if self.cycle is Cycle.YEAR else math.gcd(self.every, 12)
        longest = max(_LONGEST[month % 12] for month in range(first, first + 12, step))
        for day in sorted(self.month_days):
            if day > longest:
                raise ImpossibleRule("month_days", "no_such_date", month=first + 1, day=day)

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def is_continuous(self) -> bool:
        """Whether it runs from start to end without a break."""
        every_day = self.cycle is Cycle.DAY and self.every == 1 and self.days is Days.ANY
        return every_day and not (self.dayparts or self.weekdays or self.skip)
