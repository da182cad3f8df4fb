"""Where the packets of a slot stand: tables and clocks at their periods, pictures and sound by when they decode.

Spreading a slot's packets evenly would bring the first picture of a lecture's still slide, which is most of the slot,
after it has to be shown. So each PES packet begins `DELAY` before it is decoded and ends before it is, and one that
would push a later one over its time, or over the end of the slot, begins as much earlier.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from media.house import AUDIO_FRAMES, SEGMENT_FRAMES
from renderers.tv.ts.frames import PER_PES, PICTURE, SLOT, SOUND
from renderers.tv.ts.packets import ROUND

# From a packet's place on the wire to its decoding at the latest: ticks of 90 kHz. A picture of a whole second's bits
# arrives in it; a decoder need not hold anything for longer than a second (ISO 13818-1, 2.4.2.6).
DELAY: Final = 81_000
GUARD: Final = 1_800  # before it is decoded it is there
CLOCKS: Final = 128  # a slot: one each 30 ms
PROGRAMS: Final = 48  # of each table: one each 80 ms
NAMES: Final = 16  # one each 240 ms
TIMES: Final = 16
# When each unit of a slot is decoded, in ticks after its begin, and the order in which they are sent.
_TIMES: Final = (
    *(n * PICTURE for n in range(SEGMENT_FRAMES)),
    *(n * PER_PES * SOUND for n in range(AUDIO_FRAMES // PER_PES)),
)
ORDER: Final = tuple(sorted(range(len(_TIMES)), key=lambda unit: (_TIMES[unit], -unit)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A packet at a period: what kind it is of, and which of its kind."""

    place: int
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The order of one slot at a rate.

    Attributes:
        size: packets of the slot.
        fixed: packets at a period, ascending.
        free: how many places remain.
        release: by unit (pictures are 0 … 95, sound 96 …), the first free place it may begin at.
        limit: by unit, the free place before which it ends.
    """

    size: int
    fixed: tuple[Fixed, ...]
    free: int
    release: tuple[int, ...]
    limit: tuple[int, ...]


@lru_cache(maxsize=256)
def frame(size: int, guide: int) -> Frame:
    """The order of a slot of `size` packets whose present and following events fill `guide` packets."""
    repeats = guide_repeats(guide)
    wanted = [("pcr", CLOCKS), ("pat", PROGRAMS), ("pmt", PROGRAMS), ("sdt", NAMES), ("time", TIMES)]
    taken: dict[int, Fixed] = {}
    for kind, count in wanted:
        for number in range(count):
            _take(taken, number * size // count, Fixed(0, kind, number), size)
    for repeat in range(repeats):
        for number in range(guide):
            _take(taken, repeat * size // repeats + number, Fixed(0, "eit", repeat * guide + number), size)
    places = sorted(taken)
    fixed = tuple(Fixed(place, taken[place].kind, taken[place].number) for place in places)
    return Frame(
        size,
        fixed,
        size - len(fixed),
        tuple(_free(time * size // SLOT, places) for time in _TIMES),
        tuple(_free(min(size, (time + DELAY - GUARD) * size // SLOT), places) for time in _TIMES),
    )


def guide_repeats(guide: int) -> int:
    """How often the events' packets are sent, so that they are a multiple of `ROUND` and at least once a second."""
    repeats = 4
    while repeats * guide % ROUND:
        repeats *= 2
    return repeats


def placed(order: Frame, counts: Sequence[int]) -> Sequence[int] | None:
    """The free place at which each unit begins, in the frame's order; None when the slot cannot hold them in time.

    Args:
        order: of the slot.
        counts: packets by unit.
    """
    latest, end = [], order.free
    for unit in reversed(ORDER):
        end = min(end, order.limit[unit]) - counts[unit]
        latest.append(end)
    if end < 0:
        return None
    starts, at = [], 0
    for unit, last in zip(ORDER, reversed(latest), strict=True):
        start = min(max(order.release[unit], at), last)
        starts.append(start)
        at = start + counts[unit]
    return starts


def _take(taken: dict[int, Fixed], place: int, what: Fixed, size: int) -> None:
    """The next place that is free; at the rates an output may have there is always one near."""
    while place in taken:
        place = (place + 1) % size
    taken[place] = what


def _free(place: int, taken: Sequence[int]) -> int:
    return place - bisect_left(taken, place)
