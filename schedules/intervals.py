"""Half-open intervals `[start, end)` of aware instants: the only shape of time span in this house.

Closed ends made a rule that ends at midnight and one that starts there both true for an instant; half-open ones tile.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The instants from `start` up to, but not at, `end`; never empty, always in UTC.

    Raises ValueError for naive times and for an end that is not after the start.
    """

    start: dt.datetime
    end: dt.datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("naive time")
        # Two datetimes of one zone compare by wall clock, which is wrong twice a year; UTC has no such hours.
        if self.start.tzinfo is not dt.UTC:
            object.__setattr__(self, "start", self.start.astimezone(dt.UTC))
        if self.end.tzinfo is not dt.UTC:
            object.__setattr__(self, "end", self.end.astimezone(dt.UTC))
        if self.end <= self.start:
            raise ValueError(f"empty interval {self.start} – {self.end}")

    @classmethod
    def of(cls, start: dt.datetime, end: dt.datetime) -> Self | None:
        """The interval, or None when nothing lies between the two."""
        return cls(start, end) if start < end else None

    @property
    def length(self) -> dt.timedelta:
        return self.end - self.start

    def contains(self, at: dt.datetime) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def intersection(self, other: "Interval") -> "Interval | None":
        if other.start <= self.start and self.end <= other.end:
            return self
        return Interval.of(max(self.start, other.start), min(self.end, other.end))


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same instants as ascending intervals that neither overlap nor touch."""
    joined: list[Interval] = []
    for interval in sorted(intervals):
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    return tuple(joined)


def clip(intervals: Iterable[Interval], window: Interval) -> tuple[Interval, ...]:
    """The parts that lie inside `window`, in the order given."""
    return tuple(part for interval in intervals if (part := interval.intersection(window)) is not None)


def gaps(intervals: Iterable[Interval], window: Interval) -> tuple[Interval, ...]:
    """The parts of `window` that no interval covers, ascending."""
    free: list[Interval] = []
    at = window.start
    for interval in union(clip(intervals, window)):
        if at < interval.start:
            free.append(Interval(at, interval.start))
        at = interval.end
    if at < window.end:
        free.append(Interval(at, window.end))
    return tuple(free)


def tiles(intervals: Sequence[Interval], window: Interval) -> bool:
    """Whether the intervals, in their order, cover `window` exactly: no gap, no overlap, nothing outside."""
    if not intervals or intervals[0].start != window.start or intervals[-1].end != window.end:
        return False
    return all(one.end == two.start for one, two in itertools.pairwise(intervals))
