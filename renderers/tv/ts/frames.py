"""From stored samples to packetised elementary streams: pictures with start codes, sound with ADTS headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from media.errors import MediaRefused
from media.house import AUDIO_FRAMES, SEGMENT_FRAMES
from renderers.tv.ts.samples import START, Picture, Sample, Sound, default_size, picture, samples, sound

CLOCK: Final = 90_000
WRAP: Final = 1 << 33
SLOT: Final = 345_600  # ticks of one slot
PICTURE: Final = 3_600
SOUND: Final = 1_920
# Thirty packets of sound a slot instead of 180 waste less: a frame is a little more than one transport packet.
PER_PES: Final = 6
_DELIMITER: Final = b"\0\0\0\1\x09\xf0"
_IDR: Final = 5
# What is written anew: parameter sets and delimiters.
_WRITTEN: Final = frozenset({7, 8, 9})


@dataclass(frozen=True, slots=True)
class Unit:
    """One PES packet and when it is decoded, in ticks after its slot's begin; `key` begins a random access."""

    data: bytes
    decoded: int
    key: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A slot as it lies in the store: the two segments, and the init segments of their house."""

    video: bytes
    video_init: bytes
    audio: bytes
    audio_init: bytes


def pictures(stored: Stored, base: int) -> Sequence[Unit]:
    """The 96 pictures of a slot; `base` is the decode time of its first one. Raises MediaRefused."""
    known, size = _picture(stored.video_init)
    found = samples(stored.video, size)
    if len(found) != SEGMENT_FRAMES:
        raise MediaRefused("media.bad_fragment")
    units = []
    for number, sample in enumerate(found):
        decoded = number * PICTURE
        data, key = _access_unit(stored.video, sample, known)
        shown = base + decoded + sample.offset * 225 // 32  # from 12,800 ticks a second to 90,000
        units.append(Unit(_video_header(shown % WRAP, (base + decoded) % WRAP) + data, decoded, key))
    return units


def sounds(stored: Stored, base: int) -> Sequence[Unit]:
    """The 180 frames of sound of a slot, `PER_PES` in a packet. Raises MediaRefused."""
    known, size = _sound(stored.audio_init)
    found = samples(stored.audio, size)
    if len(found) != AUDIO_FRAMES:
        raise MediaRefused("media.bad_fragment")
    units = []
    for first in range(0, AUDIO_FRAMES, PER_PES):
        parts: list[bytes] = []
        for sample in found[first : first + PER_PES]:
            parts += (known.header(sample.end - sample.start), stored.audio[sample.start : sample.end])
        body = b"".join(parts)
        decoded = first * SOUND
        # The length may be left out for pictures only.
        head = b"\0\0\1\xc0" + (len(body) + 8).to_bytes(2) + b"\x84\x80\x05" + _stamp(2, (base + decoded) % WRAP)
        units.append(Unit(head + body, decoded))
    return units


def _access_unit(segment: bytes, sample: Sample, known: Picture) -> tuple[bytes, bool]:
    """A picture with start codes, behind a delimiter and, where decoding may begin, the parameter sets."""
    parts = [_DELIMITER]
    at, end, width = sample.start, sample.end, known.length
    key = False
    while at < end:
        size = int.from_bytes(segment[at : at + width])
        at += width
        if size == 0 or at + size > end:
            raise MediaRefused("media.bad_fragment")
        kind = segment[at] & 0x1F
        if kind == _IDR and not key:
            key = True
            parts.insert(1, known.sets)
        if kind not in _WRITTEN:
            parts += (START, segment[at : at + size])
        at += size
    return b"".join(parts), key


def _video_header(shown: int, decoded: int) -> bytes:
    if shown == decoded:
        return b"\0\0\1\xe0\0\0\x84\x80\x05" + _stamp(2, shown)
    return b"\0\0\1\xe0\0\0\x84\xc0\x0a" + _stamp(3, shown) + _stamp(1, decoded)


def _stamp(kind: int, ticks: int) -> bytes:
    """33 bits in five bytes with their marker bits."""
    high = kind << 36 | (ticks >> 30) << 33 | 1 << 32
    return (high | (ticks >> 15 & 0x7FFF) << 17 | 1 << 16 | (ticks & 0x7FFF) << 1 | 1).to_bytes(5)


@lru_cache(maxsize=64)
def _picture(init: bytes) -> tuple[Picture, int]:
    return picture(init), default_size(init)


@lru_cache(maxsize=64)
def _sound(init: bytes) -> tuple[Sound, int]:
    return sound(init), default_size(init)
