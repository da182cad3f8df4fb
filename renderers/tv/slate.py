"""The slate of a channel: a still picture with the office's name, for every slot that has nothing to show."""

import asyncio
import dataclasses
import io
import json
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from cms.contract import Bench, Services
from media.house import HouseIndex, read_index, write_index
from media.slate import make_slate

# Raised when the picture is drawn otherwise: what was made once is found again by its key.
DESIGN: Final = 1
Colour: TypeAlias = tuple[int, int, int]
SIZE: Final = (1920, 1080)
_FACES: Final = Path("/usr/share/fonts/opentype/noto")
_SIMPLIFIED: Final = 2  # the collection holds JP, KR, SC, TC, HK in this order
_DEEP: Final = (122, 16, 26)
_DARK: Final = (64, 6, 16)
GOLD: Final = (240, 205, 140)
WHITE: Final = (255, 250, 240)


async def slate_of(services: Services, channel: str, house: str) -> HouseIndex:
    """The slate of this office and channel, made once for each house; its index names the one file of all tracks.

    `house` is that of the newest item: a new encoder brings a new slate, so that joins with it stay seamless.
    """
    words = (channel, services.site.sponsor or services.site.name)
    key = json.dumps(["tv-slate", DESIGN, house, *words], ensure_ascii=False)
    made = await services.studio.make(key, lambda bench: _make(bench, *words), media_type="video/mp4")
    return _opened(await services.assets.read(made.sha256), made.sha256)


async def _make(bench: Bench, channel: str, office: str) -> Path:
    """One file: the tracks, then their index, then its length in eight digits."""
    picture = bench.folder / "slate.png"
    await asyncio.to_thread(_draw, picture, channel, office)
    path, index = await make_slate(bench.folder, picture, sandbox=bench.sandbox)
    told = write_index(index)
    await asyncio.to_thread(_append, path, told + f"{len(told):08d}".encode())
    return path


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _opened(data: bytes, sha256: str) -> HouseIndex:
    length = int(data[-8:])
    index = read_index(data[-8 - length : -8])
    tracks = {name: dataclasses.replace(track, sha256=sha256) for name, track in index.tracks.items()}
    return dataclasses.replace(index, tracks=tracks)


def picture(channel: str, office: str) -> Image.Image:
    """The channel's name over the office's, on deep red with a line of gold."""
    image = _ground()
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    # In one line each: the layout engine refuses to measure across some line breaks.
    channel, office = (" ".join(name.split()) for name in (channel, office))
    centred(draw, channel, height * 43 // 100, size=fitting(channel, 150), fill=WHITE, bold=True)
    draw.rectangle((width // 2 - 90, height * 55 // 100, width // 2 + 90, height * 55 // 100 + 6), fill=GOLD)
    centred(draw, office, height * 63 // 100, size=fitting(office, 64), fill=GOLD, bold=False)
    centred(draw, "精彩内容即将播出", height * 83 // 100, size=44, fill=(214, 170, 160), bold=False)
    return image


def _ground() -> Image.Image:
    """A soft glow from above; drawn small and scaled, so that it has no bands an encoder would show."""
    small = Image.new("RGB", (64, 36))
    for x in range(64):
        for y in range(36):
            far = min(1.0, (((x - 32) / 40) ** 2 + ((y - 10) / 30) ** 2) ** 0.5)
            small.putpixel((x, y), tuple(round(a + (b - a) * far) for a, b in zip(_DEEP, _DARK, strict=True)))
    return small.resize(SIZE, Image.Resampling.BICUBIC)


def fitting(text: str, size: int) -> int:
    return min(size, SIZE[0] * 8 // 10 // max(1, len(text)))


def centred(draw: ImageDraw.ImageDraw, text: str, middle: int, *, size: int, fill: Colour, bold: bool) -> None:
    draw.text((SIZE[0] // 2, middle), text, font=face(size, bold=bold), fill=fill, anchor="mm")


def face(size: int, *, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = _FACES / ("NotoSansCJK-Bold.ttc" if bold else "NotoSansCJK-Regular.ttc")
    try:
        return ImageFont.truetype(str(path), size, index=_SIMPLIFIED)
    except OSError:
        return ImageFont.load_default(size)


def _draw(path: Path, channel: str, office: str) -> None:
    out = io.BytesIO()
    picture(channel, office).save(out, "PNG")
    path.write_bytes(out.getvalue())
