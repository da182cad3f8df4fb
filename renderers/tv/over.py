"""What stands over a channel's runs for a while: emergencies, live input, inserts, text laid over single slots.

An override never moves what was planned: the runs go on beneath it, so that the channel comes back at exactly the
segment that is due then. Whatever is ordered, a slot that was promised keeps what was promised.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from schedules.linear import slot_from


class Kind(IntEnum):
    """What an override is; of two in one slot the greater is shown, of two alike the newer."""

    TEXT = 1  # a planned segment with a line of text over it
    INSERT = 2
    LIVE = 3
    EMERGENCY = 4


@dataclass(frozen=True, slots=True)
class Over:
    """`count` slots from `start` that show an item from its segment `first` on, again from its beginning at its end.

    Attributes:
        number: counts on this channel and names the segments' addresses.
        order: the row that says who ordered it, when and why.
        under: of TEXT, the planned item it was laid over, and `under_first` the segment in its first slot; where
            something else is planned meanwhile it is not shown. Of LIVE, the filler for when its signal is lost.
    """

    number: int
    order: str
    kind: Kind
    start: int
    count: int
    item: str
    first: int = 0
    under: str = ""
    under_first: int = 0

    @property
    def end(self) -> int:
        return self.start + self.count

    def segment(self, slot: int, segments: int) -> int:
        """Which segment of the item stands in a slot of this override."""
        return (self.first + slot - self.start) % segments


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to be shown instead: `item` once from `start` (milliseconds) on, or until `until`.

    `under` and `under_first` are those of the override.
    """

    id: str
    kind: Kind
    item: str
    segments: int
    start: int
    until: int | None = None
    under: str = ""
    under_first: int = 0


class Layers:
    """Which overrides lie over a slot, the one that goes first in front; made once for a plan."""

    def __init__(self, overs: Sequence[Over]) -> None:
        self._starts: list[int] = []
        self._stacks: list[tuple[Over, ...]] = []
        begins: dict[int, list[Over]] = {}
        ends: dict[int, list[Over]] = {}
        for over in overs:
            begins.setdefault(over.start, []).append(over)
            ends.setdefault(over.end, []).append(over)
        active: dict[int, Over] = {}
        for edge in sorted({*begins, *ends}):
            for over in ends.get(edge, ()):
                active.pop(over.number, None)
            for over in begins.get(edge, ()):
                active[over.number] = over
            self._starts.append(edge)
            self._stacks.append(tuple(sorted(active.values(), key=_rank, reverse=True)))

    @property
    def edges(self) -> Sequence[int]:
        """The slots in which a stack begins or ends."""
        return self._starts

    def at(self, slot: int) -> tuple[Over, ...]:
        index = bisect_right(self._starts, slot) - 1
        return self._stacks[index] if index >= 0 else ()

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int, tuple[Over, ...]]]:
        """The slots [start, end) cut where the stack changes."""
        at = start
        for edge in self._starts[bisect_right(self._starts, start) :]:
            if edge >= end:
                break
            yield at, edge, self.at(at)
            at = edge
        if at < end:
            yield at, end, self.at(at)


def _rank(over: Over) -> tuple[int, int]:
    return over.kind, over.number


def overridden(
    before: Sequence[Over], orders: Iterable[Order], *, since: int, edges: Mapping[Kind, int]
) -> tuple[Over, ...]:
    """The overrides that follow `before`, with what was promised as it was.

    Args:
        before: what was known.
        orders: what is wanted now; of an order that is gone only what was promised stays.
        since: what ended before this slot is forgotten.
        edges: the first slot that an override of each kind may still change.
    """
    wanted = {order.id: order for order in orders}
    stay: list[Over] = []
    done: set[str] = set()
    numbers: dict[str, int] = {}
    for over in before:
        edge, order = edges[over.kind], wanted.get(over.order)
        if over.start >= edge:
            numbers[over.order] = over.number  # promised to nobody yet: made anew from its order
            continue
        kept = _kept(over, order, edge)
        if kept.end > since:
            stay.append(kept)
        if order is not None and (order.until is None or kept.end >= slot_from(order.until)):
            done.add(order.id)
    number = max((over.number for over in before), default=0)
    for order in sorted(wanted.values(), key=lambda one: (one.start, one.id)):
        if order.id in done:
            continue
        made = _begun(order, edges[order.kind], numbers.get(order.id, number + 1))
        if made is not None:
            stay.append(made)
            number = max(number, made.number)
    return tuple(stay)


def _kept(over: Over, order: Order | None, edge: int) -> Over:
    """An override that began: to the end its order gives it now, and never shorter than what was promised."""
    if over.end <= edge:
        return over
    if order is None or order.item != over.item:
        return replace(over, count=edge - over.start)
    return replace(over, count=max(edge, _end(order, over.start)) - over.start)


def _begun(order: Order, edge: int, number: int) -> Over | None:
    start = max(slot_from(order.start), edge)
    end = _end(order, start)
    if end <= start:
        return None
    # Text belongs to its slots; everything else begins at its beginning, however late it is.
    late = start - slot_from(order.start) if order.kind is Kind.TEXT else 0
    under = order.under_first + late
    return Over(number, order.id, order.kind, start, end - start, order.item, late, order.under, under)


def _end(order: Order, start: int) -> int:
    return start + order.segments if order.until is None else slot_from(order.until)
