"""A linear channel as arithmetic: which segment of which item stands in each slot of the clock.

Slot k is the time [k × 3.84 s, (k + 1) × 3.84 s) since 1970; a Beijing day begins on a slot's border. A channel is a
list of runs without gap or overlap. What was promised up to an edge stays; behind it the loops decide.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """The items that take turns in the slots [start, end)."""

    start: int
    end: int
    items: tuple[str, ...] = ()


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


def run_at(runs: Sequence[Run], slot: int) -> Run | None:
    """The run that holds a slot; runs ascend."""
    index = bisect_right(runs, slot, key=_start) - 1
    return runs[index] if index >= 0 and slot < runs[index].end else None


def kept(runs: Sequence[Run], *, since: int, edge: int, finishes: Callable[[str], bool]) -> tuple[Run, ...]:
    """What stays of earlier runs: slots [since, edge) as they are, and the item on air at the edge to its end.

    Args:
        runs: ascending.
        since: older slots are forgotten; a run that began before them stays whole.
        edge: the first slot that may still be changed.
        finishes: whether an item may stay on air beyond the edge.
    """
    stay: list[Run] = []
    for run in runs:
        if run.end <= since or run.start >= edge:
            continue
        if run.end > edge and (run.item == FILLER or not finishes(run.item)):
            run = Run(run.start, edge - run.start, run.item, run.first)  # noqa: PLW2901 - cut where the edge is
        stay.append(run)
    return tuple(stay)


def extended(past: Sequence[Run], loops: Sequence[Loop], lengths: Mapping[str, int], *, start: int) -> tuple[Run, ...]:
    """The runs with those that follow: each loop's items in turn, filler where nothing fits.

    An item begins only when it can be shown to its end: inside its loop, or going on in the next loop that has it too.
    One that is longer than its whole loop is cut at the loop's end, so that it is shown at all.

    Args:
        past: what stays; may be empty.
        loops: ascending, without gap.
        lengths: segments of each item; items without a length are passed over.
        start: where the runs begin when there is no past.
    """
    runs = list(past)
    last = next((run.item for run in reversed(runs) if run.item != FILLER), FILLER)
    at = runs[-1].end if runs else start
    for number, loop in enumerate(loops):
        if at < loop.start:
            runs.append(Run(at, loop.start - at))
            at = loop.start
        items = [item for item in loop.items if lengths.get(item, 0) > 0]
        while at < loop.end:
            chosen = _next(items, last, at, loops[number:], lengths)
            if chosen is None:
                runs.append(Run(at, loop.end - at))
                at = loop.end
                break
            count = lengths[chosen]
            if not _fits(chosen, at + count, loops[number:]):
                count = loop.end - at
            runs.append(Run(at, count, chosen))
            at, last = at + count, chosen
    return tuple(_joined(runs))


def _next(items: Sequence[str], last: str, at: int, loops: Sequence[Loop], lengths: Mapping[str, int]) -> str | None:
    turn = items.index(last) + 1 if last in items else 0
    order = [*items[turn:], *items[:turn]]
    for item in order:
        if _fits(item, at + lengths[item], loops):
            return item
    whole = loops[0].end - loops[0].start
    if order and at == loops[0].start and whole > 1 and all(lengths[item] > whole for item in order):
        return order[0]
    return None


def _fits(item: str, end: int, loops: Sequence[Loop]) -> bool:
    """Whether each loop up to `end` has the item; the last one known may be run over."""
    for loop in loops:
        if item not in loop.items:
            return False
        if end <= loop.end:
            return True
    return True


def _joined(runs: Sequence[Run]) -> list[Run]:
    """The same with touching fillers made one."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and last.item == run.item == FILLER and last.end == run.start:
            joined[-1] = Run(last.start, last.count + run.count)
        else:
            joined.append(run)
    return joined


def _start(run: Run) -> int:
    return run.start
