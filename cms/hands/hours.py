"""On and off hours of a screen in its own zone, over midnight too: one question, whether it is on at an instant."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cms.trust.shape import between, distinct, matches, size

DAY = 24 * 60
_is_weekday = between(1, 7)


def is_zone(name: str) -> bool:
    """Whether the box's clock knows this zone; a name that is no plain zone name is never looked up on disk."""
    if not _is_plain(name):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


_is_plain = matches(r"[A-Za-z]{2,20}(/[A-Za-z_]{2,30}){0,2}")


@dataclass(frozen=True, slots=True)
class Open:
    """On from `on` to `off`, minutes of these weekdays (1 Monday); `off` not after `on` ends on the next day."""

    days: Annotated[tuple[Annotated[int, _is_weekday], ...], size(1, 7), distinct]
    on: Annotated[int, between(0, DAY - 1)]
    off: Annotated[int, between(0, DAY)]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a screen is on; without any rule it always is."""

    zone: Annotated[str, is_zone]
    open: Annotated[tuple[Open, ...], size(0, 14)]


def is_on(hours: Hours, now: dt.datetime) -> bool:
    """Whether the screen is on at `now` (aware)."""
    if not hours.open:
        return True
    local = now.astimezone(zoneinfo.ZoneInfo(hours.zone))
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
    if mark != ":" or not (head.isdigit() and tail.isdigit() and len(head) <= 2 and len(tail) == 2):  # noqa: PLR2004
        return None
    made = int(head) * 60 + int(tail)
    return made if int(tail) < 60 and made <= DAY else None  # noqa: PLR2004


def clock_of(minute: int) -> str:
    """``HH:MM`` of minutes."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def open_of(open_: Sequence[Open]) -> list[dict[str, object]]:
    """As JSON says it."""
    return [{"days": list(one.days), "on": one.on, "off": one.off} for one in open_]
