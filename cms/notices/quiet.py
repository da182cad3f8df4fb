"""Quiet hours: when a letter may leave. Pure."""

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Final

MINUTES: Final = 24 * 60
_ZONE: Final = zoneinfo.ZoneInfo("Asia/Shanghai")
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From a minute of the day up to another one, over midnight when the second is not later; equal means never."""

    start: int = 0
    end: int = 0
    zone: zoneinfo.ZoneInfo = _ZONE

    def __post_init__(self) -> None:
        """Raises ValueError for what is no minute of a day."""
        if not (0 <= self.start < MINUTES and 0 <= self.end < MINUTES):
            raise ValueError("no minute of a day")

    def holds(self, at: dt.datetime) -> bool:
        """Whether an instant lies in the quiet hours."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def leaves_at(self, at: dt.datetime) -> dt.datetime:
        """The first instant at or after `at` that is not quiet."""
        if not self.holds(at):
            return at
        local = at.astimezone(self.zone)
        morning = local.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0)
        return (morning if morning > local else morning + _DAY).astimezone(dt.UTC)
