"""The UDP outputs of a process and what lies ready for them: the slot on air, and the next one in its turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from renderers.tv.ts.making import Maker, Stream
from renderers.tv.ts.sending import Line
from schedules.linear import SLOT_MS, slot_at

# Of a slot, over which the outputs' next slots are made: thirty at once would hold the thread that sends.
SPREAD: Final = 0.6


@dataclass(slots=True)
class Wired:
    """One output: what it sends, by which line, and how many slots were not what was planned for it."""

    stream: Stream
    line: Line
    short: int = 0


async def fill(maker: Maker, wires: Sequence[Wired], now_ms: int) -> None:
    """Lays ready what is wanted at an instant; asked a few times a slot, it also takes up a plan that has changed."""
    slot, phase = slot_at(now_ms), now_ms % SLOT_MS / SLOT_MS
    for number, one in enumerate(wires):
        if slot not in one.line.slots and one.line.counts.slot < slot:
            await _fill(maker, one, slot)
        if phase >= SPREAD * number / len(wires):
            await _fill(maker, one, slot + 1)
    maker.forget(slot)


async def _fill(maker: Maker, one: Wired, slot: int) -> None:
    made = await maker.slot(one.stream, slot)
    if made is None or one.line.counts.slot >= slot:
        return
    if slot not in one.line.slots:
        one.short += made.short
    if one.line.slots.get(slot) is not made.data:
        one.line.slots[slot] = made.data
