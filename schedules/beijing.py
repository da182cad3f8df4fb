"""The frozen grid: Beijing days, and slots of 3.84 s counted from 1970, shared by every channel for ever.

A day begins at 00:00 UTC+8, always: the summer times of 1986–1991 do not shift it. Midnight in Beijing falls on the
edge of a slot, so that a day is exactly 22,500 slots; both facts are tested and must not change, because line-ups,
catch-up addresses and segment numbers are made of them.
"""

import datetime as dt
from typing import Final

from schedules.intervals import Interval

OFFSET: Final = dt.timezone(dt.timedelta(hours=8), "UTC+8")
SLOT_MS: Final = 3840
SLOTS_PER_DAY: Final = 22_500
SLOT: Final = dt.timedelta(milliseconds=SLOT_MS)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY: Final = dt.timedelta(days=1)


def day_of(at: dt.datetime) -> dt.date:
    """The Beijing date of an instant."""
    return at.astimezone(OFFSET).date()


def day_start(on: dt.date) -> dt.datetime:
    """The instant (UTC) a Beijing date begins."""
    return dt.datetime.combine(on, dt.time(), OFFSET).astimezone(dt.UTC)


def day_interval(on: dt.date) -> Interval:
    start = day_start(on)
    return Interval(start, start + _DAY)


def slot_of(at: dt.datetime) -> int:
    """The number of the slot an instant lies in: `unix_ms // 3840`."""
    return (at - _EPOCH) // SLOT


def slot_start(slot: int) -> dt.datetime:
    return _EPOCH + slot * SLOT


def slot_interval(slot: int) -> Interval:
    return Interval(slot_start(slot), slot_start(slot + 1))


def day_slots(on: dt.date) -> range:
    """The 22,500 slot numbers of a Beijing date."""
    first = slot_of(day_start(on))
    return range(first, first + SLOTS_PER_DAY)


def floor(at: dt.datetime) -> dt.datetime:
    """The start of the slot an instant lies in."""
    return slot_start(slot_of(at))


def ceil(at: dt.datetime) -> dt.datetime:
    """The first slot edge at or after an instant."""
    edge = floor(at)
    return edge if edge == at else edge + SLOT
