"""The picture of an emergency: its words in large type over red, one segment that a channel repeats.

It depends on the words alone, so that every channel shows the same file, encoded once.
"""

import asyncio
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from media.house import HouseIndex
from media.sandbox import Sandbox
from media.slate import make_slate
from renderers.tv.slate import GOLD, SIZE, WHITE, Colour, centred, face

_RED: Final[Colour] = (150, 12, 20)
_BAND: Final[Colour] = (96, 4, 12)
_LEFT: Final = SIZE[0] * 9 // 100
_WIDTH: Final = SIZE[0] - 2 * _LEFT
_TITLE: Final = (104, 2)  # size in pixels, most lines
_TEXT: Final = (58, 5)


async def make(folder: Path, spec: Mapping[str, Any], *, sandbox: Sandbox) -> tuple[Path, HouseIndex]:
    """The encoded picture with the words of `spec` in a folder, and its index. Raises MediaRefused."""
    words = [" ".join(str(spec.get(name, "")).split()) for name in ("title", "text", "source")]
    picture = folder / "notice.png"
    await asyncio.to_thread(_draw, picture, *words)
    return await make_slate(folder, picture, sandbox=sandbox)


def picture(title: str, text: str, source: str) -> Image.Image:
    """A band that says what it is, the title, the text, and who says it."""
    image = Image.new("RGB", SIZE, _RED)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    draw.rectangle((0, 0, width, height * 17 // 100), fill=_BAND)
    draw.rectangle((0, height * 17 // 100, width, height * 17 // 100 + 6), fill=GOLD)
    centred(draw, "应 急 信 息", height * 9 // 100, size=84, fill=GOLD, bold=True)
    lines, size = wrapped(title, _TITLE[0], _TITLE[1], bold=True)
    at = height * 30 // 100
    for line in lines:
        centred(draw, line, at, size=size, fill=WHITE, bold=True)
        at += size * 13 // 10
    at += height * 3 // 100
    lines, size = wrapped(text, _TEXT[0], _TEXT[1], bold=False)
    for line in lines:
        draw.text((_LEFT, at), line, font=face(size, bold=False), fill=WHITE, anchor="lm")
        at += size * 15 // 10
    if source:
        centred(draw, source, height * 92 // 100, size=44, fill=GOLD, bold=False)
    return image


def wrapped(text: str, size: int, most: int, *, bold: bool) -> tuple[list[str], int]:
    """The text in lines as wide as the picture allows, set smaller until it fits into `most` of them."""
    while True:
        lines = _lines(text, face(size, bold=bold))
        if len(lines) <= most or size <= 30:
            return lines[:most], size
        size -= 4


def _lines(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines: list[str] = []
    line = ""
    for ch in text:
        if line and font.getlength(line + ch) > _WIDTH:
            lines.append(line)
            line = ""
        line += ch
    return [*lines, line] if line else lines


def _draw(path: Path, title: str, text: str, source: str) -> None:
    out = io.BytesIO()
    picture(title, text, source).save(out, "PNG")
    path.write_bytes(out.getvalue())
