"""The tables of a transport stream with one service: what it is made of and called, what is on and what follows.

Text is GB 2312 as boxes in China read it (EN 300 468 annex A, 0x13), UTF-8 (0x15) where that has no such sign.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from renderers.tv.ts.packets import AUDIO_PID, PMT_PID, VIDEO_PID

STREAM: Final = 1  # transport_stream_id
# The range EN 300 468 leaves to private networks; a head-end puts its own number there.
NETWORK: Final = 0xFF01
PROVIDER: Final = "yunping"
_H264: Final = 0x1B
_AAC: Final = 0x0F
_DIGITAL_TELEVISION: Final = 1
_RUNNING: Final = 4
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MJD_EPOCH: Final = 40_587
_MOST_TEXT: Final = 120  # bytes: a name in a list, not an article
_BEIJING: Final = b"\x58\x0d" + b"CHN" + bytes([0b0000_0010]) + b"\x08\x00" + b"\xff\xff\xff\xff\xff" + b"\x08\x00"


@dataclass(frozen=True, slots=True)
class Service:
    """What the stream says of itself: a service number of 1 to 65,535 and a name."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the guide: an instant in milliseconds since 1970, a length in seconds, and its title."""

    number: int
    start: int
    seconds: int
    title: str


@dataclass(frozen=True, slots=True)
class Events:
    """What is on and what follows; `version` changes whenever a box must read again."""

    version: int
    present: Event | None
    following: Event | None


def pat(service: Service) -> bytes:
    return _section(0x00, STREAM, 0, service.number.to_bytes(2) + (0xE000 | PMT_PID).to_bytes(2), 0xB000)


def pmt(service: Service) -> bytes:
    language = b"\x0a\x04zho\x00"
    body = (0xE000 | VIDEO_PID).to_bytes(2) + b"\xf0\x00"
    body += bytes([_H264]) + (0xE000 | VIDEO_PID).to_bytes(2) + b"\xf0\x00"
    body += bytes([_AAC]) + (0xE000 | AUDIO_PID).to_bytes(2) + (0xF000 | len(language)).to_bytes(2) + language
    return _section(0x02, service.number, 0, body, 0xB000)


def sdt(service: Service) -> bytes:
    provider, name = text(PROVIDER), text(service.name)
    told = bytes([_DIGITAL_TELEVISION, len(provider)]) + provider + bytes([len(name)]) + name
    told = b"\x48" + bytes([len(told)]) + told
    # An event table for now and next, none for the days to come; running; not scrambled.
    entry = service.number.to_bytes(2) + b"\xfd" + (_RUNNING << 13 | len(told)).to_bytes(2) + told
    return _section(0x42, STREAM, 0, NETWORK.to_bytes(2) + b"\xff" + entry)


def eit(service: Service, events: Events) -> tuple[bytes, bytes]:
    """The sections for what is on and for what follows."""
    head = STREAM.to_bytes(2) + NETWORK.to_bytes(2) + b"\x01\x4e"
    both = ((events.present, _RUNNING), (events.following, 1))
    made = [
        _section(0x4E, service.number, events.version, head + _event(event, running), number=number, last=1)
        for number, (event, running) in enumerate(both)
    ]
    return made[0], made[1]


def time_table(ms: int) -> bytes:
    """The date and time (TDT), which has no checksum."""
    return b"\x70\x70\x05" + _date(ms)


def offset_table(ms: int) -> bytes:
    """The time with Beijing's offset to it (TOT)."""
    body = _date(ms) + (0xF000 | len(_BEIJING)).to_bytes(2) + _BEIJING
    data = b"\x73" + (0x7000 | len(body) + 4).to_bytes(2) + body
    return data + checksum(data).to_bytes(4)


def text(words: str) -> bytes:
    """Words as boxes read them, cut at a whole character."""
    words = "".join(ch for ch in words if ch.isprintable())
    prefix, codec = b"\x13", "gb2312"
    try:
        words.encode(codec)
    except UnicodeEncodeError:
        prefix, codec = b"\x15", "utf-8"
    while len(data := words.encode(codec)) > _MOST_TEXT:
        words = words[:-1]
    return prefix + data if data else b""


def checksum(data: bytes) -> int:
    """CRC-32 of MPEG-2 systems: polynomial 0x04C11DB7, nothing reflected, nothing inverted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _CRC[crc >> 24 ^ byte]
    return crc


def _event(event: Event | None, running: int) -> bytes:
    if event is None:
        return b""
    title = text(event.title)
    short = b"zho" + bytes([len(title)]) + title + b"\x00"
    told = b"\x4d" + bytes([len(short)]) + short
    length = min(event.seconds, 99 * 3600)
    lasts = bytes(_bcd(part) for part in (length // 3600, length // 60 % 60, length % 60))
    return event.number.to_bytes(2) + _date(event.start) + lasts + (running << 13 | len(told)).to_bytes(2) + told


def _section(
    kind: int, extension: int, version: int, body: bytes, bits: int = 0xF000, *, number: int = 0, last: int = 0
) -> bytes:
    head = extension.to_bytes(2) + bytes([0xC1 | version << 1, number, last])
    data = bytes([kind]) + (bits | len(head) + len(body) + 4).to_bytes(2) + head + body
    return data + checksum(data).to_bytes(4)


def _date(ms: int) -> bytes:
    at = _EPOCH + dt.timedelta(milliseconds=ms)
    days = (at - _EPOCH).days + _MJD_EPOCH
    return days.to_bytes(2) + bytes(_bcd(part) for part in (at.hour, at.minute, at.second))


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


def _table() -> Sequence[int]:
    made = []
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
        made.append(crc)
    return made


_CRC: Final = _table()
