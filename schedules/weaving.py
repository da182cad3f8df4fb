"""Weaving a channel's runs out of its loops: turns, entries promised to the slot, bumpers around them, fillers between.

Every step looks only at the runs before it and the loops ahead, so that weaving on from any slot gives what weaving
from the beginning gave; two servers with the same rows and clock weave the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schedules.linear import FILLER, Loop, Run


@dataclass(frozen=True, slots=True)
class Rules:
    """What stands around and between programmes; of several bumpers one is taken by the number of its slot.

    Attributes:
        filler: items for holes.
        before: bumpers that lead a programme in.
        after: bumpers that lead it out.
    """

    filler: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def items(self) -> frozenset[str]:
        return frozenset((*self.filler, *self.before, *self.after))


BARE: Final = Rules()


def extended(
    past: Sequence[Run], loops: Sequence[Loop], lengths: Mapping[str, int], *, start: int, rules: Rules = BARE
) -> tuple[Run, ...]:
    """The runs with those that follow: each loop's items in turn, fillers where nothing fits, and then the slate.

    An item begins only when it can be shown to its end: inside its loop, or going on in the next loop that has it too.
    One that is longer than its whole loop is cut at the loop's end, so that it is shown at all. Nothing runs into a
    fixed loop, and its item begins with its first slot; who comes too late for that joins it where it would be.

    Args:
        past: what stays; may be empty.
        loops: ascending, without gap.
        lengths: segments of each item; items without a length are passed over.
        start: where the runs begin when there is no past.
        rules: the channel's fillers and bumpers.
    """
    weave = _Weave(list(past), lengths, _known(rules, lengths), past[-1].end if past else start)
    for number, loop in enumerate(loops):
        if weave.at < loop.start:
            weave.fill(loop.start)
        if weave.at >= loop.end:
            continue
        if loop.fixed:
            weave.keep_promise(loop)
            continue
        while weave.at < loop.end and weave.step(loops, number):
            pass
        if weave.at < loop.end:
            follows = weave.hole(loops, number)
            weave.fill(loops[follows - 1].end, leads=follows < len(loops) and loops[follows].fixed)
    return tuple(_joined(weave.runs))


def _known(rules: Rules, lengths: Mapping[str, int]) -> Rules:
    """The rules without items that have no length, each item once."""
    pools = (rules.filler, rules.before, rules.after)
    return Rules(*(tuple(dict.fromkeys(item for item in pool if lengths.get(item, 0) > 0)) for pool in pools))


@dataclass(slots=True)
class _Weave:
    """The runs so far and where they end."""

    runs: list[Run]
    lengths: Mapping[str, int]
    rules: Rules
    at: int
    last: str = FILLER  # the programme shown last
    shown: dict[str, int] = field(default_factory=dict)  # when a filler was shown last, by its run's number
    _extras: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._extras = self.rules.items
        for number, run in enumerate(self.runs):
            self._note(run.item, number)

    def _note(self, item: str, number: int) -> None:
        if item in self._extras:
            self.shown[item] = number
        elif item != FILLER:
            self.last = item

    def add(self, item: str, count: int, first: int = 0) -> None:
        self._note(item, len(self.runs))
        self.runs.append(Run(self.at, count, item, first))
        self.at += count

    # programmes

    def keep_promise(self, loop: Loop) -> None:
        """The item of a fixed loop; whoever took it away left a hole, which is filled."""
        (item,) = loop.items
        first = self.at - loop.start
        count = min(self.lengths.get(item, 0) - first, loop.end - self.at)
        if count > 0:
            self.add(item, count, first)
        if self.at < loop.end:
            self.fill(loop.end)

    def step(self, loops: Sequence[Loop], number: int) -> bool:
        """The next bumper or programme of a loop; False when nothing more of it fits."""
        loop = loops[number]
        if self._lead_out(loop.end):
            return True
        items = [item for item in loop.items if self.lengths.get(item, 0) > 0]
        lead = self._bumper(self.rules.before, self.at) if items and self._before() not in self.rules.before else FILLER
        if lead:
            behind = self.at + self.lengths[lead]
            chosen = self._next(items, behind, loops, number) if behind < loop.end else None
            if chosen is not None:
                self.add(lead, self.lengths[lead])
                self.add(chosen, self.lengths[chosen])
                return True
        chosen = self._next(items, self.at, loops, number) or self._too_long(items, loop)
        if chosen is None:
            return False
        count = self.lengths[chosen]
        if not self._fits(chosen, self.at + count, loops, number):
            count = loop.end - self.at
        self.add(chosen, count)
        return True

    def _lead_out(self, end: int) -> bool:
        """A bumper behind the programme that just ended."""
        if not self.rules.after:
            return False
        before = self._before()
        if before == FILLER or before in self._extras:
            return False
        bumper = self._bumper(self.rules.after, self.at)
        if not bumper or self.at + self.lengths[bumper] > end:
            return False
        self.add(bumper, self.lengths[bumper])
        return True

    def _next(self, items: Sequence[str], at: int, loops: Sequence[Loop], number: int) -> str | None:
        turn = items.index(self.last) + 1 if self.last in items else 0
        for place in range(turn, turn + len(items)):
            item = items[place % len(items)]
            if self._fits(item, at + self.lengths[item], loops, number):
                return item
        return None

    def _too_long(self, items: Sequence[str], loop: Loop) -> str | None:
        """The item of a loop that holds none of its items whole, at its beginning."""
        whole = loop.end - loop.start
        led = self.runs and self.runs[-1].start == loop.start and self.runs[-1].item in self._extras
        if not items or whole <= 1 or not (self.at == loop.start or led):
            return None
        turn = items.index(self.last) + 1 if self.last in items else 0
        return items[turn % len(items)] if all(self.lengths[item] > whole for item in items) else None

    def _fits(self, item: str, end: int, loops: Sequence[Loop], number: int) -> bool:
        """Whether each loop up to `end` has the item and is not promised; the last one known may be run over."""
        for here in range(number, len(loops)):
            loop = loops[here]
            if loop.fixed or item not in loop.items:
                return False
            if end <= loop.end:
                return True
        return True

    # what stands between them

    def hole(self, loops: Sequence[Loop], number: int) -> int:
        """The number of the loop that ends a hole: empty ones lengthen it, so that longer fillers fit."""
        number += 1
        while number < len(loops) and not loops[number].fixed and not any(map(self.lengths.get, loops[number].items)):
            number += 1
        return number

    def fill(self, end: int, *, leads: bool = False) -> None:
        """Fillers up to a slot, then the slate; `leads` keeps the last slots for a bumper where it has room."""
        bumper = self._bumper(self.rules.before, end) if leads else FILLER
        room = self.lengths[bumper] if bumper and self.lengths[bumper] <= end - self.at else 0
        while self.at < end - room:
            item = self._filler(end - room - self.at)
            self.add(item, self.lengths[item] if item else end - room - self.at)
        if room:
            self.add(bumper, room)

    def _filler(self, left: int) -> str:
        """Each in its turn, the longest first, while a whole round fits; then the longest that fits.

        Never the one just shown, unless there is no other.
        """
        pool = self.rules.filler
        just = next((run.item for run in reversed(self.runs) if run.item != FILLER), FILLER)
        fits = [item for item in pool if self.lengths[item] <= left and (item != just or len(pool) == 1)]
        if not fits:
            return FILLER
        if left >= sum(self.lengths[item] for item in pool):
            return min(fits, key=lambda item: (self.shown.get(item, -1), -self.lengths[item], item))
        return min(fits, key=lambda item: (-self.lengths[item], self.shown.get(item, -1), item))

    def _bumper(self, pool: Sequence[str], slot: int) -> str:
        return pool[slot % len(pool)] if pool else FILLER

    def _before(self) -> str:
        """What ends where we are."""
        return self.runs[-1].item if self.runs else FILLER


def _joined(runs: Sequence[Run]) -> list[Run]:
    """The same with touching slates made one."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and last.item == run.item == FILLER and last.end == run.start:
            joined[-1] = Run(last.start, last.count + run.count)
        else:
            joined.append(run)
    return joined
