"""On and off hours of a screen in its own zone, over midnight too: one question, whether it is on at an instant."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cms.trust.shape import among, between, distinct, size

DAY = 24 * 60
# Read once, when the module is: a name that comes from outside is looked up here and never on disk.
ZONES: Final = {
    name: zoneinfo.ZoneInfo(name)
    for name in ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "UTC")
}
Zone = Annotated[str, among(ZONES)]
_is_weekday = between(1, 7)


@dataclass(frozen=True, slots=True)
class Open:
    """On from `on` to `off`, minutes of these weekdays (1 Monday); `off` not after `on` ends on the next day."""

    days: Annotated[tuple[Annotated[int, _is_weekday], ...], size(1, 7), distinct]
    on: Annotated[int, between(0, DAY - 1)]
    off: Annotated[int, between(0, DAY)]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a screen is on; without any rule it always is."""

    zone: Zone
    open: Annotated[tuple[Open, ...], size(0, 14)]


def is_on(hours: Hours, now: dt.datetime) -> bool:
    """Whether the screen is on at `now` (aware)."""
    if not hours.open:
        return True
    local = now.astimezone(ZONES[hours.zone])
    return any(_covers(one, local.isoweekday(), local.hour * 60 + local.minute) for one in hours.open)


def _covers(one: Open, weekday: int, minute: int) -> bool:
    """Today's part of a rule, or what is left of yesterday's after midnight."""
    yesterday = (weekday - 2) % 7 + 1
    if one.on < one.off:
        return weekday in one.days and one.on <= minute < one.off
    return (weekday in one.days and minute >= one.on) or (yesterday in one.days and minute < one.off)


def minutes_of(text: str) -> int | None:
    """Minutes of ``HH:MM``, 00:00 to 24:00; None for anything else."""
    head, mark, tail = text.partition(":")
    if mark != ":" or not (head.isdigit() and tail.isdigit() and len(head) <= 2 and len(tail) == 2):
        return None
    made = int(head) * 60 + int(tail)
    return made if int(tail) < 60 and made <= DAY else None


def clock_of(minute: int) -> str:
    """``HH:MM`` of minutes."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def open_of(open_: Sequence[Open]) -> list[dict[str, object]]:
    """As JSON says it."""
    return [{"days": list(one.days), "on": one.on, "off": one.off} for one in open_]
