"""The slots of a live signal beside the plan: which segment its encoder made for each, written slot by slot.

A signal brings a segment every 3.84 s, and a plan is not planned anew for each: what was made stands in blocks of an
hour under an address of the channel (`paths.signal`), written by whoever encodes it and read with the plan. A slot
without a line had no segment in time, on every server alike.
"""

import dataclasses
import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import AssetFile, CutIn, Published
from media.house import INDEX, HouseIndex, Track
from media.ladder import LADDER
from renderers.tv import paths
from renderers.tv.items import Video
from renderers.tv.over import Kind, Over
from renderers.tv.plan import Plan
from renderers.tv.programme import live_index

BLOCK: Final = 1_024
_MOST: Final = 1 << 20
_NO_LINES: Final = b"[]"


@dataclass(frozen=True, slots=True)
class Line:
    """One slot: the index of its segment, and how many rungs were encoded, counted from the lowest."""

    slot: int
    index: str
    rungs: int


def block_of(slot: int) -> int:
    """The number of the block a slot stands in."""
    return slot // BLOCK


def encode(lines: Iterable[Line]) -> bytes:
    return json.dumps([[one.slot, one.index, one.rungs] for one in lines], separators=(",", ":")).encode()


@functools.lru_cache(maxsize=256)
def decode(data: bytes) -> tuple[Line, ...]:
    """The lines of a block; nothing of one that is damaged."""
    try:
        rows = json.loads(data) if len(data) <= _MOST else []
        return tuple(Line(int(slot), str(index), int(rungs)) for slot, index, rungs in rows)
    except (ValueError, TypeError, RecursionError):
        return ()


def blocks(overs: Iterable[Over]) -> Iterator[int]:
    """The blocks in which live input of these overrides may have slots."""
    ranges = [(block_of(over.start), block_of(over.end)) for over in overs if over.kind is Kind.LIVE]
    yield from sorted({number for first, last in ranges for number in range(first, last + 1)})


async def with_live(plan: Plan, published: Published) -> Plan:
    """The plan with the slots that its live input has by now; itself where it never had any."""
    wanted = list(blocks(plan.overrides))
    if not wanted:
        return plan
    found = [await published.read(paths.signal(plan.code, number)) or _NO_LINES for number in wanted]
    return _with(plan, tuple(found))


@functools.lru_cache(maxsize=64)
def _with(plan: Plan, found: tuple[bytes, ...]) -> Plan:
    lines = [line for data in found for line in decode(data)]
    return dataclasses.replace(plan, live=lines_by_slot(lines))


def inputs(cut_ins: Iterable[CutIn], slate: HouseIndex) -> Mapping[str, Video]:
    """What a plan knows of live input before a slot of it is made: its piece, its house, and how much it may need."""
    peaks = {name: LADDER[name].maxrate * 1_000 if name in LADDER else track.bandwidth for name, track in _of(slate)}
    tracks = {name: dataclasses.replace(track, bandwidth=peaks[name]) for name, track in _of(slate)}
    index = dataclasses.replace(slate, tracks=tracks)
    found = {}
    for cut in cut_ins:
        if cut.kind == "live" and cut.piece is not None:
            name = live_index(cut)
            file = AssetFile(name, 0, "application/json", 0, 0, name, INDEX)
            found[name] = Video(cut.piece, name, file, index)
    return found


def _of(slate: HouseIndex) -> Iterable[tuple[str, Track]]:
    return slate.tracks.items()


def lines_by_slot(lines: Iterable[Line]) -> Mapping[int, tuple[str, int]]:
    return {line.slot: (line.index, line.rungs) for line in lines}


def kept(before: Sequence[Line], line: Line) -> tuple[Line, ...]:
    """A block with one more line; what a slot was given once it keeps."""
    return tuple(before) if any(one.slot == line.slot for one in before) else (*before, line)
