"""A live signal on the house's grid: which slot a segment belongs to, when it is too late for it, what a machine bears.

Pure. The signal of one slot is shown `DELAY` slots later: by then its segment has left the encoder on every rung and
has reached every server. What comes too late for its slot is never shown, so that no list ever changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from media import ladder
from media.errors import MediaRefused
from media.fragments import boxes, codecs, default_duration, fragment, patched_head
from media.house import (
    AUDIO,
    AUDIO_FRAMES,
    AUDIO_TICKS,
    AUDIO_TIMESCALE,
    RUNGS,
    SEGMENT_FRAMES,
    SEGMENT_MS,
    TRACKS,
    VIDEO_TICKS,
    VIDEO_TIMESCALE,
    HouseIndex,
    Track,
)

DELAY: Final = 2
# Before its slot begins a segment must have reached every server: they look twice a second.
REACH_MS: Final = 1_000
# Without data for so long the signal is lost: its encoder could only fill up with the last picture.
LOST_MS: Final = SEGMENT_MS
# Segments that came too late one after the other: the clocks went apart, so it begins anew on the grid.
LATE_RUN: Final = 2
# How far a source that is faster than time may be ahead of its slot before it has to wait.
AHEAD: Final = 6
# What an encoder needs over real time: others work on the machine, and some pictures are dearer than others.
HEADROOM: Final = 1.3
# From the dearest on; each that is too dear for a machine is tried without its largest picture.
LADDERS: Final = (RUNGS, RUNGS[1:], RUNGS[2:])
_LARGEST: Final = 16 << 20
_HEAD: Final = 4_096
_SHAPE: Final = {AUDIO: (AUDIO_FRAMES, AUDIO_TICKS)} | dict.fromkeys(RUNGS, (SEGMENT_FRAMES, VIDEO_TICKS))


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a signal lies on the grid: `first` is the slot whose signal its segment 0 holds, begun `lead_ms` in."""

    first: int
    lead_ms: int

    @classmethod
    def at(cls, now_ms: int) -> "Grid":
        """The grid of a signal whose first byte came at an instant; it is taken from the next slot's begin on."""
        first = -(-now_ms // SEGMENT_MS)
        return cls(first, first * SEGMENT_MS - now_ms)

    def slot(self, segment: int) -> int:
        """The slot a segment is shown in."""
        return self.first + segment + DELAY


def is_in_time(slot: int, now_ms: int) -> bool:
    """Whether a segment that is ready now can still be shown in a slot."""
    return now_ms <= slot * SEGMENT_MS - REACH_MS


def is_ahead(slot: int, now_ms: int) -> bool:
    """Whether a source that brought the segment of a slot has to wait: it is faster than time."""
    return slot > now_ms // SEGMENT_MS + DELAY + AHEAD


def rungs_for(factors: Mapping[int, float]) -> Sequence[str]:
    """The largest ladder that is encoded fast enough, by how fast each was (by its length, times real time)."""
    return next((one for one in LADDERS if factors.get(len(one), 0.0) >= HEADROOM), ())


def room_for(factor: float) -> int:
    """How many signals a machine bears that encodes one so fast; one of each ladder that is fast enough."""
    return max(0, int(factor / HEADROOM))


def fits(running: Iterable[float], factor: float) -> bool:
    """Whether a signal that is encoded so fast fits beside others, each given by how fast it would be alone."""
    prices = [1 / one for one in running if one > 0]
    return not prices or sum(prices) + 1 / factor <= 1 / HEADROOM if factor > 0 else False


@dataclass(frozen=True, slots=True)
class Power:
    """What a machine can encode of one signal: its rungs, and how many times real time that was, measured."""

    rungs: Sequence[str]
    factor: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What encoding a signal costs a machine.

    Attributes:
        plain: times real time, by the length of the ladder.
        marked: the same with the largest logo over the picture.
        keeping: seconds that it takes to keep what comes in during one segment, for a recording.
    """

    plain: Mapping[int, float] = field(default_factory=dict)
    marked: Mapping[int, float] = field(default_factory=dict)
    keeping: float = 0.0

    def power(self, *, logo: bool, recorded: bool) -> Power:
        """What is made of a signal of this kind; no rungs where none is fast enough."""
        factors = self.marked if logo else self.plain
        if recorded:
            factors = {count: slowed(factor, self.keeping) for count, factor in factors.items()}
        rungs = rungs_for(factors)
        return Power(rungs, factors[len(rungs)] if rungs else max(factors.values(), default=0.0))

    @property
    def is_full(self) -> bool:
        """Whether every signal gets all rungs, whatever is asked of it."""
        return len(self.power(logo=True, recorded=True).rungs) == len(RUNGS)


def slowed(factor: float, seconds: float) -> float:
    """How fast a signal is encoded when each of its segments costs so much more time."""
    length = SEGMENT_MS / 1_000
    return length / (length / factor + seconds) if factor > 0 else 0.0


class Splitter:
    """Cuts a fragmented MP4 into its init segment and its fragments while it is being written."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._held = b""
        self.init = b""

    def feed(self, data: bytes) -> Sequence[bytes]:
        """The fragments that became whole. Raises MediaRefused `media.bad_fragment`."""
        self._rest += data
        whole = []
        while len(self._rest) >= 8:
            length, kind = int.from_bytes(self._rest[:4]), bytes(self._rest[4:8])
            if not 8 <= length <= _LARGEST:
                raise MediaRefused("media.bad_fragment")
            if len(self._rest) < length:
                break
            box = bytes(self._rest[:length])
            del self._rest[:length]
            if kind in {b"ftyp", b"moov"}:
                self.init += box
            elif kind == b"moof":
                self._held = box
            elif kind == b"mdat" and self._held:
                whole.append(self._held + box)
                self._held = b""
        return whole


@dataclass(frozen=True, slots=True)
class Made:
    """One slot of a signal: one file with every track that was made, and where in it they are."""

    data: bytes
    tracks: Mapping[str, Track]

    def index(self, house: str, sha256: str) -> HouseIndex:
        """The index of the file; a rung that was not made is filled from the lowest."""
        told = {name: _in(track, sha256) for name, track in self.tracks.items()}
        return HouseIndex(house, 1, SEGMENT_MS, {name: told.get(name, told[RUNGS[-1]]) for name in TRACKS})


def made(parts: Mapping[str, tuple[bytes, bytes]]) -> Made:
    """One slot out of the init segment and the fragment of each track.

    Raises:
        MediaRefused: `media.bad_fragment` when one is not a whole segment of the house.
    """
    out = bytearray()
    tracks = {}
    for name in (one for one in TRACKS if one in parts):
        init, data = parts[name]
        _check(name, init, data)
        start = len(out)
        out += init + patched_head(data[:_HEAD], sequence=1, base=0) + data[_HEAD:]
        rate = -(-len(data) * 8_000 // SEGMENT_MS)
        rung = ladder.LADDER.get(name)
        size = (rung.width, rung.height) if rung else (0, 0)
        scale = AUDIO_TIMESCALE if name == AUDIO else VIDEO_TIMESCALE
        tracks[name] = Track("", start, len(init), (len(out),), *size, codecs(init), rate, rate, scale)
    if AUDIO not in tracks or RUNGS[-1] not in tracks:
        raise MediaRefused("media.bad_fragment")
    return Made(bytes(out), tracks)


def _check(name: str, init: bytes, data: bytes) -> None:
    moov = next((box for box in boxes(init) if box.kind == b"moov"), None)
    moof = next(boxes(data, cut=True), None)
    if moov is None or moof is None:
        raise MediaRefused("media.bad_fragment")
    found = fragment(data[: moof.end], 0, len(data), default_duration(init[moov.start : moov.end]))
    if (found.samples, found.ticks) != _SHAPE[name]:
        raise MediaRefused("media.bad_fragment")


def _in(track: Track, sha256: str) -> Track:
    return Track(
        sha256,
        track.start,
        track.init,
        track.ends,
        track.width,
        track.height,
        track.codecs,
        track.bandwidth,
        track.average,
        track.timescale,
    )
