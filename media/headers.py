"""Width and height from a picture's header, in plain Python, before any decoder sees the file."""

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from media.errors import MediaRefused
from media.kinds import AVIF, GIF, JPEG, PNG, WEBP, Format

Size = tuple[int, int]

_MAX_SEGMENTS: Final = 2_000  # a JPEG's metadata is at most some hundred segments
_MAX_META: Final = 1 << 20  # an AVIF's description is a few hundred bytes
_STANDALONE: Final = {0x01, *range(0xD0, 0xD9)}
_NOT_SOF: Final = {0xC4, 0xC8, 0xCC}


def dimensions(file: BinaryIO, form: Format) -> Size:
    """Width and height in pixels as the header claims them.

    Args:
        file: seekable, read from its start.
        form: what `media.probe` found it to be.

    Raises:
        MediaRefused: `media.broken` when the header is cut off, senseless or claims no pixels.
    """
    file.seek(0)
    try:
        width, height = _READERS[form](file)
    except (struct.error, IndexError, ValueError) as error:
        raise MediaRefused("media.broken", format=form.name) from error
    if width < 1 or height < 1:
        raise MediaRefused("media.broken", format=form.name)
    return width, height


def _png(file: BinaryIO) -> Size:
    head = file.read(24)
    if head[12:16] != b"IHDR":
        raise ValueError
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _gif(file: BinaryIO) -> Size:
    width, height = struct.unpack("<HH", file.read(10)[6:10])
    return width, height


def _jpeg(file: BinaryIO) -> Size:
    file.seek(2)
    for _ in range(_MAX_SEGMENTS):
        if file.read(1) != b"\xff":
            raise ValueError
        marker = 0xFF
        while marker == 0xFF:
            marker = file.read(1)[0]
        if marker in _STANDALONE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_SOF:
            height, width = struct.unpack(">xHH", file.read(5))
            return width, height
        if length < 2 or marker in {0xD9, 0xDA}:
            raise ValueError
        file.seek(length - 2, 1)
    raise ValueError


def _webp(file: BinaryIO) -> Size:
    head = file.read(30)
    chunk = head[12:16]
    if chunk == b"VP8X":
        return (
            1 + int.from_bytes(head[24:27], "little"),
            1 + int.from_bytes(head[27:30], "little"),
        )
    if chunk == b"VP8L" and head[20] == 0x2F:
        (bits,) = struct.unpack("<I", head[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError


def _avif(file: BinaryIO) -> Size:
    offset = 0
    while True:
        file.seek(offset)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if kind in {b"meta", b"moov"}:
            break
        if length < 8:
            raise ValueError
        offset += length
    if kind == b"moov" or length > _MAX_META:
        raise ValueError
    file.seek(offset)
    sizes = list(_ispe(file.read(length)[12:], depth=0))
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _ispe(boxes: bytes, *, depth: int) -> Iterator[Size]:
    """Every `ispe` (image spatial extents) under iprp/ipco; the largest is the whole picture."""
    offset = 0
    while offset + 8 <= len(boxes):
        length, kind = struct.unpack_from(">I4s", boxes, offset)
        if length < 8:
            raise ValueError
        body = boxes[offset + 8 : offset + length]
        if kind == b"ispe":
            width, height = struct.unpack(">4xII", body[:12])
            yield width, height
        elif kind in {b"iprp", b"ipco"} and depth < 3:
            yield from _ispe(body, depth=depth + 1)
        offset += length


_READERS: Final[dict[Format, Callable[[BinaryIO], Size]]] = {
    PNG: _png,
    GIF: _gif,
    JPEG: _jpeg,
    WEBP: _webp,
    AVIF: _avif,
}
