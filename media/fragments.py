"""The boxes of a fragmented MP4 file, as far as a channel needs them; pure, and it believes no length it reads."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from media.errors import MediaRefused

# A house segment's moof is about 1.5 KiB; hours of one-frame fragments still fit the file bound.
_MOST_HEAD: Final = 1 << 20
_MOST_SAMPLES: Final = 100_000
_TRUN_SIZES: Final = (0x100, 0x200, 0x400, 0x800)  # duration, size, flags, composition offset: four bytes each


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, where it begins, where its content begins, where it ends."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof with its mdat.

    Attributes:
        start: offset in the file.
        end: offset behind the mdat.
        base: decode time of the first sample, in ticks.
        samples: how many.
        ticks: sum of their durations.
    """

    start: int
    end: int
    sequence: int
    base: int
    samples: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A fragmented file: the init segment's length and the fragments behind it."""

    init: int
    fragments: tuple[Fragment, ...]


def boxes(data: bytes, start: int = 0, end: int | None = None, *, cut: bool = False) -> Iterator[Box]:
    """The boxes side by side in a stretch of bytes.

    Args:
        data: bytes.
        start: where the first begins.
        end: where the last must end; default all.
        cut: the last box may reach beyond the end.

    Raises:
        MediaRefused: `media.bad_fragment` when a length is senseless.
    """
    stop = len(data) if end is None else end
    while start < stop:
        if stop - start < 8:
            if cut:
                return
            raise MediaRefused("media.bad_fragment")
        length, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if length == 1:
            if stop - start < 16:
                raise MediaRefused("media.bad_fragment")
            (length,) = struct.unpack_from(">Q", data, body)
            body += 8
        if length < body - start or (start + length > stop and not cut):
            raise MediaRefused("media.bad_fragment")
        yield Box(kind, start, body, min(start + length, stop))
        start += length


def patched_head(head: bytes, *, sequence: int, base: int) -> bytes:
    """The head of a segment moved to another place in time.

    Args:
        head: the segment, or enough of its first bytes to hold everything before the sample table (4 KiB are).
        sequence: new number of the fragment (mfhd), 32 bits.
        base: new decode time of the first sample (tfdt), 64 bits.

    Raises:
        MediaRefused: `media.bad_fragment` when there is no moof with one track and a 64-bit time.
    """
    moof = _first(b"moof", head, 0, len(head))
    mfhd = _first(b"mfhd", head, moof.body, moof.end)
    tfdt = _tfdt(head, moof)
    moved = bytearray(head)
    if mfhd.end - mfhd.body != 8:
        raise MediaRefused("media.bad_fragment")
    struct.pack_into(">I", moved, mfhd.body + 4, sequence)
    struct.pack_into(">Q", moved, tfdt.body + 4, base)
    return bytes(moved)


def layout(file: BinaryIO) -> Layout:
    """Walk a fragmented file: everything before the first moof is the init segment; reads no media data.

    Raises:
        MediaRefused: `media.bad_fragment` when it is cut off, damaged, or not of one track.
    """
    size = file.seek(0, 2)
    at, init, default = 0, 0, 0
    moof = b""
    begun = 0
    fragments = []
    while at < size:
        kind, length, head = _top(file, at, size)
        if kind == b"moov":
            default = default_duration(_read(file, at, length))
        elif kind == b"moof":
            if moof:
                raise MediaRefused("media.bad_fragment")
            init, begun = init or at, at
            moof = _read(file, at, length)
        elif kind == b"mdat" and moof:
            fragments.append(fragment(moof, begun, at + length, default))
            moof = b""
        elif (moof or fragments) and kind != b"mfra":
            raise MediaRefused("media.bad_fragment")
        at += max(length, head)
    if moof or not init:
        raise MediaRefused("media.bad_fragment")
    return Layout(init, tuple(fragments))


def fragment(moof: bytes, start: int, end: int, default: int = 0) -> Fragment:
    """What a moof says; `default` is the sample duration that the init segment gives."""
    outer = _first(b"moof", moof, 0, len(moof))
    mfhd = _first(b"mfhd", moof, outer.body, outer.end)
    (base,) = struct.unpack_from(">Q", moof, _tfdt(moof, outer).body + 4)
    traf = _first(b"traf", moof, outer.body, outer.end)
    duration = _tfhd_duration(moof, _first(b"tfhd", moof, traf.body, traf.end), default)
    samples = ticks = 0
    for box in boxes(moof, traf.body, traf.end):
        if box.kind == b"trun":
            count, length = _trun(moof, box, duration)
            samples, ticks = samples + count, ticks + length
    (sequence,) = _at(">I", moof, mfhd.body + 4, mfhd.end)
    return Fragment(start, end, sequence, base, samples, ticks)


def default_duration(moov: bytes) -> int:
    """The sample duration in an init segment's trex, 0 without one."""
    outer = _first(b"moov", moov, 0, len(moov))
    for box in boxes(moov, outer.body, outer.end):
        if box.kind == b"mvex":
            trex = _first(b"trex", moov, box.body, box.end)
            return _at(">I", moov, trex.body + 12, trex.end)[0]
    return 0


def codecs(init: bytes) -> str:
    """The codec of an init segment of one track as a playlist names it.

    Raises:
        MediaRefused: `media.bad_fragment` when it is neither H.264 nor AAC-LC.
    """
    inner = _first(b"moov", init, 0, len(init))
    for kind in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        inner = _first(kind, init, inner.body, inner.end)
    entry = next(boxes(init, inner.body + 8, inner.end), None)
    if entry is not None and entry.kind == b"avc1":
        config = _first(b"avcC", init, entry.body + 78, entry.end)
        profile = _at(">BBB", init, config.body + 1, config.end)
        return f"avc1.{bytes(profile).hex()}"
    if entry is not None and entry.kind == b"mp4a":
        return "mp4a.40.2"
    raise MediaRefused("media.bad_fragment")


def _top(file: BinaryIO, at: int, size: int) -> tuple[bytes, int, int]:
    head = _read(file, at, min(16, size - at))
    if len(head) < 8:
        raise MediaRefused("media.bad_fragment")
    length, kind = struct.unpack_from(">I4s", head)
    least = 8
    if length == 1 and len(head) == 16:
        (length,) = struct.unpack_from(">Q", head, 8)
        least = 16
    if length < least or at + length > size:
        raise MediaRefused("media.bad_fragment")
    return kind, length, least


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    if length > _MOST_HEAD:
        raise MediaRefused("media.bad_fragment")
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise MediaRefused("media.bad_fragment")
    return data


def _first(kind: bytes, data: bytes, start: int, end: int) -> Box:
    for box in boxes(data, start, end, cut=True):
        if box.kind == kind:
            return box
    raise MediaRefused("media.bad_fragment")


def _tfdt(data: bytes, moof: Box) -> Box:
    """The one track's 64-bit decode time; a 32-bit one would overflow after 93 hours of channel."""
    trafs = [box for box in boxes(data, moof.body, moof.end, cut=True) if box.kind == b"traf"]
    if len(trafs) != 1:
        raise MediaRefused("media.bad_fragment")
    tfdt = _first(b"tfdt", data, trafs[0].body, trafs[0].end)
    if tfdt.end - tfdt.body != 12 or data[tfdt.body] != 1:
        raise MediaRefused("media.bad_fragment")
    return tfdt


def _tfhd_duration(data: bytes, tfhd: Box, default: int) -> int:
    (flags,) = _at(">I", data, tfhd.body, tfhd.end)
    if not flags & 0x8:
        return default
    at = tfhd.body + 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return _at(">I", data, at, tfhd.end)[0]


def _trun(data: bytes, trun: Box, default: int) -> tuple[int, int]:
    flags, count = _at(">II", data, trun.body, trun.end)
    at = trun.body + 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = sum(4 for bit in _TRUN_SIZES if flags & bit)
    if count > _MOST_SAMPLES or at + step * count > trun.end:
        raise MediaRefused("media.bad_fragment")
    if not flags & 0x100:
        return count, count * default
    return count, sum(struct.unpack_from(">I", data, at + step * n)[0] for n in range(count))


def _at(form: str, data: bytes, at: int, end: int) -> tuple[int, ...]:
    if at + struct.calcsize(form) > end:
        raise MediaRefused("media.bad_fragment")
    return struct.unpack_from(form, data, at)
