"""The samples of a stored segment and what a decoder must be told before them: from the boxes of fragmented MP4.

Everything here was gated at intake; a length that points outside is refused all the same, as in `media.fragments`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from media.errors import MediaRefused
from media.fragments import Box, boxes

START: Final = b"\0\0\1"
_MOST: Final = 10_000
# Fields of a sample's row in a trun, in their order: duration, size, flags, composition offset.
_ROW: Final = (0x100, 0x200, 0x400, 0x800)
_ENTRY_VIDEO: Final = 78
_ENTRY_SOUND: Final = 28


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes [start, end) of a segment, and how much later than it is decoded it is shown, in the track's ticks."""

    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class Picture:
    """How pictures are stored: bytes of a NAL unit's length, and the parameter sets with start codes before them."""

    length: int
    sets: bytes


@dataclass(frozen=True, slots=True)
class Sound:
    """The AAC profile, the number of its sampling rate, its channels."""

    profile: int
    rate: int
    channels: int

    def header(self, length: int) -> bytes:
        """The seven bytes of ADTS before a frame of `length` bytes."""
        size = length + 7
        fixed = 0xFFF1_0000 | (self.profile - 1) << 14 | self.rate << 10 | self.channels << 6
        return (fixed << 24 | size << 13 | 0x1FFC).to_bytes(7)


def samples(segment: bytes, default_size: int = 0) -> Sequence[Sample]:
    """The samples of one moof with its mdat.

    Args:
        segment: the whole segment.
        default_size: of a sample, as the init segment gives it.

    Raises:
        MediaRefused: `media.bad_fragment`.
    """
    moof = _first(segment, 0, len(segment), b"moof")
    traf = _first(segment, moof.body, moof.end, b"traf")
    size = _tfhd_size(segment, _first(segment, traf.body, traf.end, b"tfhd"), default_size)
    at = moof.end + 8
    found: list[Sample] = []
    for box in boxes(segment, traf.body, traf.end):
        if box.kind == b"trun":
            at = _run(segment, box, moof.start, at, size, found)
    if len(found) > _MOST or any(one.end > len(segment) or one.end < one.start for one in found):
        raise MediaRefused("media.bad_fragment")
    return found


def default_size(init: bytes) -> int:
    """The size of a sample in an init segment's trex, 0 without one."""
    moov = _first(init, 0, len(init), b"moov")
    mvex = _first(init, moov.body, moov.end, b"mvex")
    trex = _first(init, mvex.body, mvex.end, b"trex")
    return _whole(init, trex.body + 16, trex.end)


def picture(init: bytes) -> Picture:
    """From an init segment's avcC. Raises MediaRefused `media.bad_fragment`."""
    entry = _entry(init, b"avc1")
    config = _first(init, entry.body + _ENTRY_VIDEO, entry.end, b"avcC")
    data = init[config.body : config.end]
    try:
        length = (data[4] & 3) + 1
        sets, at = b"", 5
        for mask in (0x1F, 0xFF):
            count, at = data[at] & mask, at + 1
            for _ in range(count):
                (size,) = struct.unpack_from(">H", data, at)
                sets += b"\0" + START + data[at + 2 : at + 2 + size]
                at += 2 + size
    except (IndexError, struct.error) as error:
        raise MediaRefused("media.bad_fragment") from error
    if at > len(data):
        raise MediaRefused("media.bad_fragment")
    return Picture(length, sets)


def sound(init: bytes) -> Sound:
    """From an init segment's esds. Raises MediaRefused `media.bad_fragment`."""
    entry = _entry(init, b"mp4a")
    esds = _first(init, entry.body + _ENTRY_SOUND, entry.end, b"esds")
    config = _descriptor(init[esds.body + 4 : esds.end], (3, 4, 5))
    if len(config) < 2:
        raise MediaRefused("media.bad_fragment")
    value = int.from_bytes(config[:2])
    found = Sound(value >> 11, value >> 7 & 15, value >> 3 & 15)
    if not (1 <= found.profile <= 4 and found.rate < 13 and 1 <= found.channels <= 7):
        raise MediaRefused("media.bad_fragment")
    return found


def _run(segment: bytes, trun: Box, moof: int, at: int, size: int, found: list[Sample]) -> int:  # noqa: PLR0917
    """Adds the samples of a trun; where the next one's begin."""
    flags, count = _whole(segment, trun.body, trun.end), _whole(segment, trun.body + 4, trun.end)
    row = trun.body + 8
    if flags & 0x1:
        at = moof + int.from_bytes(segment[row : row + 4], signed=True)
        row += 4
    row += 4 if flags & 0x4 else 0
    there = [bit for bit in _ROW if flags & bit]
    if count > _MOST or at < 0 or row + 4 * len(there) * count > trun.end:
        raise MediaRefused("media.bad_fragment")
    rows = struct.unpack_from(f">{len(there) * count}I", segment, row)
    sizes = rows[there.index(0x200) :: len(there)] if 0x200 in there else (size,) * count
    late = rows[there.index(0x800) :: len(there)] if 0x800 in there else (0,) * count
    for length, offset in zip(sizes, late, strict=True):
        # Version 1 of the box has signed offsets; no picture of ours is shown a day after it was decoded.
        found.append(Sample(at, at + length, offset - (1 << 32) if offset >> 31 else offset))
        at += length
    return at


def _tfhd_size(segment: bytes, tfhd: Box, default: int) -> int:
    flags = _whole(segment, tfhd.body, tfhd.end) & 0xFFFFFF
    if not flags & 0x10:
        return default
    return _whole(segment, tfhd.body + 8 + sum(w for bit, w in ((1, 8), (2, 4), (8, 4)) if flags & bit), tfhd.end)


def _entry(init: bytes, kind: bytes) -> Box:
    inner = _first(init, 0, len(init), b"moov")
    for name in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        inner = _first(init, inner.body, inner.end, name)
    return _first(init, inner.body + 8, inner.end, kind)


def _descriptor(data: bytes, path: Sequence[int]) -> bytes:
    """The content of nested MPEG-4 descriptors: each byte of the path is a tag, found in the one before."""
    for tag in path:
        if tag == 5:
            data = data[13:]  # the decoder's configuration stands behind its own fields
        if not data or data[0] != tag:
            raise MediaRefused("media.bad_fragment")
        length, at = 0, 1
        while at < min(len(data), 5):
            length = length << 7 | data[at] & 0x7F
            at += 1
            if not data[at - 1] & 0x80:
                break
        data = data[at : at + length]
        if tag == 3:
            data = data[3:]
    return data


def _first(data: bytes, start: int, end: int, kind: bytes) -> Box:
    for box in boxes(data, start, end, cut=True):
        if box.kind == kind:
            return box
    raise MediaRefused("media.bad_fragment")


def _whole(data: bytes, at: int, end: int) -> int:
    if at + 4 > end:
        raise MediaRefused("media.bad_fragment")
    return int.from_bytes(data[at : at + 4])
