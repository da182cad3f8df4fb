"""The time a simulator lives in: a test moves it by hand, a demo lets it run."""

import datetime as dt
import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

START = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
BEIJING = dt.timezone(dt.timedelta(hours=8))


class Clock:
    """Stands still but for `advance` and `tick`: each request takes a moment, so that what is awaited comes."""

    def __init__(self, start: dt.datetime = START, *, tick: dt.timedelta = dt.timedelta(milliseconds=200)) -> None:
        self._now = start
        self._tick = tick

    def now(self) -> dt.datetime:
        return self._now

    def tick(self) -> None:
        self._now += self._tick

    def advance(self, seconds: float | dt.timedelta) -> None:
        self._now += seconds if isinstance(seconds, dt.timedelta) else dt.timedelta(seconds=seconds)


class RunningClock(Clock):
    """Runs with the real time from `start`; `advance` jumps ahead."""

    def __init__(self, start: dt.datetime | None = None) -> None:
        super().__init__(start or dt.datetime.now(dt.UTC))
        self._began = time.monotonic()

    def now(self) -> dt.datetime:
        return self._now + dt.timedelta(seconds=time.monotonic() - self._began)

    def tick(self) -> None:
        """Time passes by itself."""


def day(at: dt.datetime) -> str:
    """The day of both platforms, which is Beijing's."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d")


def month(at: dt.datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m")


@dataclass
class Agenda:
    """What will happen by itself, in order of time and then of arrival."""

    _coming: list[tuple[dt.datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def at(self, when: dt.datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (when, next(self._numbers), act))

    def run(self, now: dt.datetime) -> None:
        while self._coming and self._coming[0][0] <= now:
            heapq.heappop(self._coming)[2]()

    def hurry(self, now: dt.datetime) -> None:
        """All that was planned is due now, in its order."""
        self._coming = [(min(when, now), number, act) for when, number, act in sorted(self._coming, key=_order)]
        heapq.heapify(self._coming)

    def next_at(self) -> dt.datetime | None:
        return self._coming[0][0] if self._coming else None


def _order(one: tuple[dt.datetime, int, Callable[[], None]]) -> tuple[dt.datetime, int]:
    return one[0], one[1]
