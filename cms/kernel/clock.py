"""The one place that reads the time; everything else is handed `now`."""

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time: aware UTC instants, and a monotonic counter in seconds for measuring spans."""

    def now(self) -> dt.datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)  # noqa: TID251

    def monotonic(self) -> float:
        return time.monotonic()


class FixedClock:
    """A clock that stands until it is moved; for tests and for replaying a day."""

    def __init__(self, at: dt.datetime) -> None:
        self._at = at.astimezone(dt.UTC)
        self._start = self._at

    def now(self) -> dt.datetime:
        return self._at

    def monotonic(self) -> float:
        return (self._at - self._start).total_seconds()

    def advance(self, by: dt.timedelta) -> dt.datetime:
        """Moves the clock (backwards when negative) and returns the new now."""
        self._at += by
        return self._at


def to_ms(at: dt.datetime) -> int:
    """Milliseconds since 1970 of an aware instant, rounded down; the only time unit that is stored or signed."""
    if at.tzinfo is None:
        raise ValueError("naive time")
    delta = at - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_ms(ms: int) -> dt.datetime:
    """The UTC instant of milliseconds since 1970."""
    return EPOCH + dt.timedelta(milliseconds=ms)


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
