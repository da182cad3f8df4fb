"""A linear channel as arithmetic: which segment of which item stands in each slot of the clock.

Slot k is the time [k × 3.84 s, (k + 1) × 3.84 s) since 1970; a Beijing day begins on a slot's border. A channel is a
list of runs without gap or overlap. What was promised up to an edge stays; behind it the loops decide.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

# Whole in frames of 25 a second, in AAC frames at 48 kHz, and in the day: see `media.house`.
SLOT_MS: Final = 3_840
DAY_SLOTS: Final = 22_500
FILLER: Final = ""


@dataclass(frozen=True, slots=True)
class Run:
    """`count` slots from `start` that show an item from its segment `first` on; the item "" is the filler."""

    start: int
    count: int
    item: str = FILLER
    first: int = 0

    @property
    def end(self) -> int:
        return self.start + self.count

    def segment(self, slot: int) -> int:
        """Which segment of the item stands in a slot of this run."""
        return self.first + slot - self.start


@dataclass(frozen=True, slots=True)
class Loop:
    """The items that take turns in the slots [start, end).

    A fixed one has one item and was promised to the slot: the item begins with it, and nothing else reaches into it.
    """

    start: int
    end: int
    items: tuple[str, ...] = ()
    fixed: bool = False


def slot_at(ms: int) -> int:
    """The slot on air at an instant, in milliseconds since 1970."""
    return ms // SLOT_MS


def slot_from(ms: int) -> int:
    """The first slot that begins at or after an instant."""
    return -(-ms // SLOT_MS)


def loops_of(stretches: Iterable[tuple[int, int, tuple[str, ...]]]) -> tuple[Loop, ...]:
    """Loops from gap-free stretches of milliseconds.

    A slot that a border cuts through belongs to what both sides show, so that nothing begins early or ends late.
    """
    loops: list[Loop] = []
    at = None
    before: tuple[str, ...] = ()
    for start, end, items in stretches:
        first = slot_at(start)
        if at is None:
            at = slot_from(start)
        elif first < slot_from(start) and first >= at:
            loops.append(Loop(first, first + 1, tuple(item for item in before if item in items)))
            at = first + 1
        if slot_at(end) > at:
            loops.append(Loop(at, slot_at(end), items))
            at = slot_at(end)
        before = items
    return tuple(loops)


def with_fixed(loops: Iterable[Loop], wanted: Iterable[tuple[int, int, str]]) -> tuple[Loop, ...]:
    """The loops with entries of `(start ms, slots, item)` laid over them.

    An entry begins with the first slot at or after its instant, so never early. It has as many slots as its item,
    unless the next one begins before; of two that begin with one slot the later one stands.
    """
    starts = {slot_from(ms): (slots, item) for ms, slots, item in wanted if slots > 0}
    order = sorted(starts)
    fixed = [
        Loop(start, min([start + starts[start][0], *order[number + 1 : number + 2]]), (starts[start][1],), fixed=True)
        for number, start in enumerate(order)
    ]
    parts = list(loops)
    if not parts:
        return ()
    begin, end = parts[0].start, parts[-1].end
    inside = [loop for loop in fixed if loop.start < end and loop.end > begin]
    for one in inside:
        parts = [part for loop in parts for part in _around(loop, one)]
    return tuple(sorted([*parts, *inside], key=lambda loop: loop.start))


def _around(loop: Loop, one: Loop) -> Iterable[Loop]:
    """What of a loop lies before and behind another."""
    if loop.end <= one.start or loop.start >= one.end:
        yield loop
        return
    if loop.start < one.start:
        yield Loop(loop.start, one.start, loop.items, loop.fixed)
    if loop.end > one.end:
        yield Loop(one.end, loop.end, loop.items, loop.fixed)


def run_at(runs: Sequence[Run], slot: int) -> Run | None:
    """The run that holds a slot; runs ascend."""
    index = bisect_right(runs, slot, key=_start) - 1
    return runs[index] if index >= 0 and slot < runs[index].end else None


def runs_between(runs: Sequence[Run], start: int, end: int) -> Sequence[Run]:
    """The runs that touch the slots [start, end); runs ascend and do not overlap."""
    first = max(bisect_right(runs, start, key=_start) - 1, 0)
    if runs and runs[first].end <= start:
        first += 1
    return runs[first : bisect_left(runs, end, first, key=_start)]


def kept(
    runs: Sequence[Run], *, since: int, edge: int, finishes: Callable[[str], bool], fixed: Sequence[Loop] = ()
) -> tuple[Run, ...]:
    """What stays of earlier runs: slots [since, edge) as they are, and the item on air at the edge to its end.

    Args:
        runs: ascending.
        since: older slots are forgotten; a run that began before them stays whole.
        edge: the first slot that may still be changed.
        finishes: whether an item may stay on air beyond the edge.
        fixed: entries promised to the slot; the item on air ends where one of them begins.
    """
    stay: list[Run] = []
    for run in runs:
        if run.end <= since or run.start >= edge:
            continue
        end = run.end
        if end > edge and (run.item == FILLER or not finishes(run.item)):
            end = edge
        elif end > edge:
            begins = (max(loop.start, edge) for loop in fixed if run.start < loop.start and loop.end > edge)
            end = min([end, *begins])
        stay.append(run if end == run.end else Run(run.start, end - run.start, run.item, run.first))
    return tuple(stay)


def _start(run: Run) -> int:
    return run.start
