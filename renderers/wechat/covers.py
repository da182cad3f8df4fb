"""The cover of an article, 900×383 (2.35:1), drawn so that its middle square (1:1) stands alone as well.

The platform cuts both shapes out of one file. A photograph is cut around the point its editor chose; a piece without
one gets a drawn cover, in which everything that is to be read lies inside the middle square.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from cms.contract import Bench, ContractError, Made, Piece, Services
from media.crop import Mode
from media.images import Rendition, make_renditions
from media.threads import in_thread
from renderers.wechat.lines import balanced, wrap
from renderers.wechat.pictures import JPEG
from renderers.wechat.themes import mixed
from renderers.wechat.vocabulary import plain

BASE: Final = "og"
# Cut by the editor for this very shape.
OWN: Final = "cover-235"
WIDTH: Final = 900
HEIGHT: Final = 383
SQUARE: Final = ((WIDTH - HEIGHT) // 2, 0, (WIDTH - HEIGHT) // 2 + HEIGHT, HEIGHT)
# Raised when covers are drawn differently, so that the studio draws them again.
_DRAWING: Final = 2
_FONTS: Final = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/opentype/noto-cjk"),
)
_SIMPLIFIED: Final = 2  # the face of the collection with the mainland's forms; 0 is the Japanese one
_MARGIN: Final = 28
_SIZES: Final = (
    (72, 1),
    (56, 2),
    (46, 3),
    (40, 4),
    (34, 5),
    (28, 6),
)  # of the title, with the most lines that leave air
_WHITE: Final = "#ffffff"


def cover_source(piece: Piece) -> str | None:
    """The file a cover is cut from: the piece's own cover, else the still of its first video."""
    masters = [piece.cover] if piece.cover else []
    masters += [block["asset"] for block in piece.body["blocks"] if block["type"] == "video"]
    for master in masters:
        file = piece.rendition(master, OWN) or piece.rendition(master, BASE) or piece.rendition(master, "poster")
        if file is not None:
            return file.sha256
    return None


def crops() -> Mapping[str, tuple[float, float, float, float]]:
    """The two shapes as shares of the file: left, top, right, bottom."""
    left, right = round(SQUARE[0] / WIDTH, 6), round(SQUARE[2] / WIDTH, 6)
    return {"2.35_1": (0, 0, 1, 1), "1_1": (left, 0, right, 1)}


async def make_cover(piece: Piece, title: str, theme: str, services: Services) -> Made:
    """The finished cover. Raises ContractError `wechat.no_font` where the house's font is not installed."""
    source = cover_source(piece)
    words = (plain(title), plain(piece.column_name), plain(piece.byline.sponsor))
    key = json.dumps(["wechat cover", _DRAWING, source or [*words, theme]], ensure_ascii=False)

    async def work(bench: Bench) -> Path:
        out = bench.folder / "cover.jpg"
        if source is not None:
            return await _cut(source, out, bench)
        return await in_thread(draw_cover, words, theme, out)

    return await services.studio.make(key, work, media_type=JPEG)


async def _cut(source: str, out: Path, bench: Bench) -> Path:
    wanted = (Rendition("cover", Mode.cover, WIDTH, HEIGHT, JPEG, 86),)
    async with (
        bench.file(source) as path,
        make_renditions(path, sandbox=bench.sandbox, work=bench.folder, wanted=wanted) as files,
    ):
        return await in_thread(files[0].path.rename, out)


def draw_cover(words: tuple[str, str, str], theme: str, out: Path) -> Path:
    """A cover of words: title, column and sponsor in the middle square on the account's colour. Blocks."""
    title, column, sponsor = words
    paper = _background(theme)
    draw = ImageDraw.Draw(paper)
    middle = WIDTH // 2
    if column:
        _label(draw, column, theme)
    size, lines = _title(title)
    font = _font("Bold", size)
    step = round(size * 1.34)
    top = (HEIGHT + (30 if column else 0) - (26 if sponsor else 0) - step * len(lines)) // 2
    for number, line in enumerate(lines):
        draw.text((middle, top + step * number + step // 2), line, font=font, fill=_WHITE, anchor="mm")
    if sponsor:
        small = _font("Regular", 18)
        [line, *_] = wrap(sponsor, room=HEIGHT - 2 * _MARGIN, width=small.getlength, most=1) or [""]
        draw.line((middle - 18, HEIGHT - 58, middle + 18, HEIGHT - 58), fill=mixed(theme, 30), width=2)
        draw.text((middle, HEIGHT - 36), line, font=small, fill=mixed(theme, 12), anchor="mm")
    paper.save(out, "JPEG", quality=90, subsampling=0, optimize=True)
    return out


def _title(title: str) -> tuple[int, list[str]]:
    """The largest size at which the title fits into the square, and its lines."""
    room = HEIGHT - 2 * _MARGIN
    for size, most in _SIZES:
        width = _font("Bold", size).getlength
        if len(wrap(title, room=room, width=width, most=most + 1)) <= most:
            return size, balanced(title, room=room, width=width, most=most)
    size, most = _SIZES[-1]
    return size, wrap(title, room=room, width=_font("Bold", size).getlength, most=most)


def _label(draw: ImageDraw.ImageDraw, column: str, theme: str) -> None:
    font = _font("Bold", 18)
    [line, *_] = wrap(column, room=HEIGHT - 4 * _MARGIN, width=font.getlength, most=1) or [""]
    half = font.getlength(line) / 2 + 14
    middle = WIDTH // 2
    draw.rounded_rectangle((middle - half, 30, middle + half, 62), radius=16, fill=_WHITE)
    draw.text((middle, 46), line, font=font, fill=theme, anchor="mm")


def _background(theme: str) -> Image.Image:
    """The account's colour, darker towards the foot, with the bands of water that run through the district."""
    dark = "#" + "".join(f"{int(theme[at : at + 2], 16) * 62 // 100:02x}" for at in (1, 3, 5))
    mask = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    paper = Image.composite(Image.new("RGB", (WIDTH, HEIGHT), dark), Image.new("RGB", (WIDTH, HEIGHT), theme), mask)
    veil = Image.new("L", (WIDTH * 2, HEIGHT * 2), 0)
    bands = ImageDraw.Draw(veil)
    for number in range(7):
        radius = 150 + number * 74
        for x, y in ((0, HEIGHT * 2), (WIDTH * 2, 0)):
            bands.ellipse((x - radius, y - radius, x + radius, y + radius), outline=34 - number * 4, width=16)
    veil = veil.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    paper.paste(_WHITE, (0, 0, WIDTH, HEIGHT), veil)
    return paper


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    for folder in _FONTS:
        path = folder / f"NotoSansCJK-{weight}.ttc"
        if path.is_file():
            return ImageFont.truetype(str(path), size, index=_SIMPLIFIED)
    raise ContractError("wechat.no_font")
