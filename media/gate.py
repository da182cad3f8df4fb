"""The gate of encoded pictures: what a file must be, box by box, before it may stand in the house's grid.

The house's own encoder is held to it by tests; a card's is held to it stretch by stretch. No picture is decoded.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from media import ladder
from media.errors import MediaRefused
from media.fragments import boxes, layout
from media.house import DELAY_MS, FPS, SEGMENT_FRAMES, SEGMENT_MS, VIDEO_TICKS, VIDEO_TIMESCALE
from media.package import House, init_of

_STEP: Final = VIDEO_TIMESCALE // FPS
_DELAY: Final = DELAY_MS * VIDEO_TIMESCALE // 1000
_KEYS: Final = (0, SEGMENT_FRAMES // 2)
_IDR: Final = 5
_SLICES: Final = frozenset({1, 2, 5})
# A segment may hold what flows in during its time and what the decoder's buffer held before.
_MOST_RATE: Final = 1.1


def check(path: Path, name: str, house: House, segments: int) -> None:
    """See that a file is that many segments of the house in this size; blocks.

    Raises:
        MediaRefused: `media.encoder_refused` with what is wrong: `init`, `pictures`, `times`, `gop` or `rate`.
    """
    with path.open("rb") as file:
        try:
            found = layout(file)
        except MediaRefused as refused:
            raise _no(name, "init") from refused
        file.seek(0)
        if init_of(file.read(found.init)) != house.inits[name]:
            raise _no(name, "init")
        if [(one.samples, one.ticks) for one in found.fragments] != [(SEGMENT_FRAMES, VIDEO_TICKS)] * segments:
            raise _no(name, "pictures")
        for one in found.fragments:
            file.seek(one.start)
            _segment(file.read(one.end - one.start), name)


def _segment(data: bytes, name: str) -> None:
    rung = ladder.LADDER[name]
    if len(data) * 8 > _MOST_RATE * (rung.maxrate * SEGMENT_MS + rung.bufsize * 1000):
        raise _no(name, "rate")
    try:
        samples = list(_samples(data))
    except (MediaRefused, struct.error, StopIteration) as error:
        raise _no(name, "pictures") from error
    shown = sorted(number * _STEP + offset for number, (_, offset) in enumerate(samples))
    if shown != [_DELAY + number * _STEP for number in range(SEGMENT_FRAMES)]:
        raise _no(name, "times")
    # A picture that clears every reference, at the begin and in the middle and nowhere else: what stands before it is
    # never needed behind it, so each segment is decoded by itself.
    if [number for number, (sample, _) in enumerate(samples) if _is_idr(sample)] != list(_KEYS):
        raise _no(name, "gop")


def _samples(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The bytes of each picture and its distance from its decode time."""
    moof = next(box for box in boxes(data, cut=True) if box.kind == b"moof")
    traf = next(box for box in boxes(data, moof.body, moof.end) if box.kind == b"traf")
    size = _default_size(data, next(box for box in boxes(data, traf.body, traf.end) if box.kind == b"tfhd").body)
    trun = next(box for box in boxes(data, traf.body, traf.end) if box.kind == b"trun")
    flags, count = struct.unpack_from(">II", data, trun.body)
    row = trun.body + 8
    at = moof.start + (struct.unpack_from(">i", data, row)[0] if flags & 0x1 else 0)
    row += (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    for _ in range(count):
        told = {}
        for bit in (0x100, 0x200, 0x400, 0x800):
            if flags & bit:
                (told[bit],) = struct.unpack_from(">i", data, row)
                row += 4
        length = told.get(0x200, size)
        yield data[at : at + length], told.get(0x800, 0)
        at += length


def _default_size(data: bytes, at: int) -> int:
    (flags,) = struct.unpack_from(">I", data, at)
    if not flags & 0x10:
        return 0
    skipped = (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0) + (4 if flags & 0x8 else 0)
    size: int = struct.unpack_from(">I", data, at + 8 + skipped)[0]
    return size


def _is_idr(sample: bytes) -> bool:
    """By its first slice; a picture has slices of one kind."""
    at = 0
    while at + 5 <= len(sample):
        kind = sample[at + 4] & 0x1F
        if kind in _SLICES:
            return kind == _IDR
        at += 4 + int.from_bytes(sample[at : at + 4])
    return False


def _no(name: str, reason: str) -> MediaRefused:
    return MediaRefused("media.encoder_refused", track=name, reason=reason)
