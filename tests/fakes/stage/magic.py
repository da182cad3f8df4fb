"""What a file really is, by its first bytes, and how large its picture is: the platforms do not believe names."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_BOXES = 4096  # a hostile file may claim any number of them
MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "wav": "audio/wav",
    "wma": "audio/x-ms-wma",
}


def kind_of(data: bytes) -> str | None:
    """The short name of the format, or None for anything else."""
    if data[4:8] == b"ftyp":
        return "mp4"
    if data[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(data[8:12])
    starts = {
        b"\xff\xd8\xff": "jpg",
        b"\x89PNG\r\n\x1a\n": "png",
        b"GIF87a": "gif",
        b"GIF89a": "gif",
        b"BM": "bmp",
        b"\x1a\x45\xdf\xa3": "webm",
        b"ID3": "mp3",
        b"\xff\xfb": "mp3",
        b"#!AMR": "amr",
        b"\x30\x26\xb2\x75": "wma",
    }
    return next((kind for start, kind in starts.items() if data.startswith(start)), None)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture; None when its header does not say."""
    match kind_of(data):
        case "png" if len(data) >= 24 and data[12:16] == b"IHDR":
            width, height = struct.unpack(">II", data[16:24])
            return width, height
        case "gif" if len(data) >= 10:
            width, height = struct.unpack("<HH", data[6:10])
            return width, height
        case "jpg":
            return _jpeg_size(data)
        case _:
            return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


@dataclass(frozen=True)
class VideoFacts:
    """What an MP4 says of itself; zeros where it is silent."""

    width: int = 0
    height: int = 0
    seconds: float = 0.0


def video_facts(data: bytes) -> VideoFacts:
    width = height = 0
    seconds = 0.0
    for name, start, end in _boxes(data, 0, len(data)):
        if name != b"moov":
            continue
        for inner, begin, stop in _boxes(data, start, end):
            if inner == b"mvhd":
                seconds = _duration(data[begin:stop])
            for deep, first, last in _boxes(data, begin, stop) if inner == b"trak" else ():
                if deep == b"tkhd" and last - first >= 84:
                    wide, high = struct.unpack(">II", data[last - 8 : last])
                    width, height = max(width, wide >> 16), max(height, high >> 16)
    return VideoFacts(width, height, seconds)


def _duration(box: bytes) -> float:
    if len(box) < 20:
        return 0.0
    if box[0] == 1 and len(box) >= 32:
        scale, length = struct.unpack(">IQ", box[20:32])
    else:
        scale, length = struct.unpack(">II", box[12:20])
    return float(length / scale) if scale else 0.0


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each box in [at, end)."""
    for _ in range(_BOXES):
        if at + 8 > end:
            return
        size, name = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        stop = end if size == 0 else at + size
        if stop > end or stop < at + head:
            return
        yield name, at + head, stop
        at = stop
