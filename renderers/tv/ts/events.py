"""What is on and what follows, out of the same entries that the guide has."""

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from zlib import crc32

from renderers.tv.guide import Programme, programmes
from renderers.tv.plan import Plan
from renderers.tv.ts.tables import Event, Events
from schedules.linear import DAY_SLOTS, SLOT_MS

_MIDNIGHT: Final = 15_000  # the slot of a day since 1970 in which Beijing's begins


def events(plan: Plan, slot: int) -> Events:
    """Present and following at a slot, both None outside the plan."""
    return _told(*_around(plan, slot))


@lru_cache(maxsize=256)
def _told(ordinal: int, present: Programme | None, following: Programme | None) -> Events:
    told = (None if present is None else _event(present), None if following is None else _event(following))
    # A new programme is always another version; a corrected word in three of four cases.
    version = (ordinal * 4 + crc32(repr(told).encode()) % 4) % 32
    return Events(version, *told)


def _around(plan: Plan, slot: int) -> tuple[int, Programme | None, Programme | None]:
    """Which programme of the Beijing day is on, this one, and the next."""
    if not plan.start <= slot < plan.end:
        return 0, None, None
    return _day(_Same(plan), slot - (slot - _MIDNIGHT) % DAY_SLOTS).around(slot)


class _Same:
    """A plan by what its programmes come from: live input makes a new plan of each slot, with the same programmes."""

    __slots__ = ("plan",)

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __hash__(self) -> int:
        return hash((id(self.plan.runs), id(self.plan.overrides)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return NotImplemented
        mine, theirs = self.plan, other.plan
        return (
            mine.runs is theirs.runs
            and mine.overrides is theirs.overrides
            and mine.items is theirs.items
            and mine.rule is theirs.rule
        )


class _Day:
    """The programmes of a day, read as far as they were asked for: each slot of a long day counts none of them anew."""

    def __init__(self, rest: Iterator[Programme]) -> None:
        self._rest: Iterator[Programme] | None = rest
        self._known: list[Programme] = []

    def around(self, slot: int) -> tuple[int, Programme | None, Programme | None]:
        while self._rest is not None and not (self._known and self._known[-1].start > slot):
            programme = next(self._rest, None)
            if programme is None:
                self._rest = None
            else:
                self._known.append(programme)
        number = bisect_right(self._known, slot, key=_start)
        present = self._known[number - 1] if number and self._known[number - 1].end > slot else None
        return number, present, self._known[number] if number < len(self._known) else None


@lru_cache(maxsize=256)
def _day(same: _Same, begin: int) -> _Day:
    return _Day(programmes(same.plan, begin, same.plan.end))


def _start(programme: Programme) -> int:
    return programme.start


def _event(programme: Programme) -> Event:
    seconds = (programme.end - programme.start) * SLOT_MS // 1000
    return Event(programme.start & 0xFFFF, programme.start * SLOT_MS, seconds, programme.title)
