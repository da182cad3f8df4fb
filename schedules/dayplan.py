"""A channel's day as arithmetic on the grid: where a thing comes to lie, what is in its way, what would fill a hole.

Everything counts in slots of 3.84 s since 1970; a Beijing day is 22,500 of them. What lies on a day has the length of
its item, so that a start is all a person chooses. Pure.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schedules.beijing import SLOT, SLOTS_PER_DAY, day_slots, slot_of, slot_start

MOST_FILLED: Final = 500
"""Proposals of one asking; nobody reads more, and a day of one-minute items would be three times as many."""


@dataclass(frozen=True, slots=True)
class Lying:
    """Something that has the slots [start, start + count); `what` names the thing, `id` this time of it."""

    what: str
    start: int
    count: int
    id: str = ""

    @property
    def end(self) -> int:
        return self.start + self.count

    def meets(self, other: "Lying") -> bool:
        """Whether both want a slot."""
        return self.start < other.end and other.start < self.end


def snapped(at: dt.datetime) -> int:
    """The slot whose beginning is nearest; of two equally near ones the earlier."""
    slot = slot_of(at)
    return slot if at - slot_start(slot) <= SLOT / 2 else slot + 1


def slots_for(milliseconds: int) -> int:
    """How many slots a length takes: whole ones, and one at least."""
    return max(1, -(-milliseconds // (SLOT // dt.timedelta(milliseconds=1))))


def in_the_way(wanted: Lying, lying: Iterable[Lying]) -> tuple[Lying, ...]:
    """What lies where something is wanted, itself at another time not counted; in the order of the day."""
    found = [one for one in lying if one.meets(wanted) and not (one.id and one.id == wanted.id)]
    return tuple(sorted(found, key=lambda one: (one.start, one.id)))


def holes(lying: Iterable[Lying], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The stretches [from, to) of [start, end) where nothing lies."""
    found: list[tuple[int, int]] = []
    at = start
    for one in sorted(lying, key=lambda one: one.start):
        if one.end <= at:
            continue
        if one.start >= end:
            break
        if one.start > at:
            found.append((at, one.start))
        at = one.end
    if at < end:
        found.append((at, end))
    return tuple(found)


def common(one: Iterable[tuple[int, int]], two: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """What both have of some stretches, ascending."""
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in two if max(a, c) < min(b, d)]
    return tuple(sorted(found))


def filled(stretches: Iterable[tuple[int, int]], things: Sequence[tuple[str, int]]) -> tuple[Lying, ...]:
    """The things in turn through the holes, each at the first slot that is left; what does not fit is passed over.

    The turn goes on from hole to hole, so that the first thing is not the only one that is seen.
    """
    found: list[Lying] = []
    turn = 0
    for start, end in sorted(stretches):
        at = start
        while len(found) < MOST_FILLED:
            order = [(turn + step) % len(things) for step in range(len(things))] if things else []
            chosen = next((number for number in order if 0 < things[number][1] <= end - at), None)
            if chosen is None:
                break
            what, count = things[chosen]
            found.append(Lying(what, at, count))
            at, turn = at + count, chosen + 1
    return tuple(found)


def carried(lying: Iterable[Lying], day: dt.date, to: dt.date) -> tuple[Lying, ...]:
    """What begins on one day, at the same time of another; ids are left behind."""
    slots, by = day_slots(day), (to - day).days * SLOTS_PER_DAY
    begun = [one for one in lying if one.start in slots]
    return tuple(Lying(one.what, one.start + by, one.count) for one in sorted(begun, key=lambda one: one.start))


def offsets(lying: Iterable[Lying], day: dt.date) -> tuple[tuple[str, int], ...]:
    """What begins on a day, by the slots since its midnight: a template of it."""
    slots = day_slots(day)
    return tuple((one.what, one.start - slots.start) for one in sorted(lying, key=_start) if one.start in slots)


def _start(one: Lying) -> int:
    return one.start
