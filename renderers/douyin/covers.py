"""The covers a post is chosen by, 3:4 and 4:3, and the frame that stands around a lecture's picture."""

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from renderers.douyin.cards import shortened_to
from renderers.douyin.lettering import Press, draw_lines, drawable, titled, wrap
from renderers.douyin.palette import GOLD, RED, ROSE, WHITE, chip, filled, opened, red_ground, shaded, veil

# Width and height in thousandths of the film's width.
SHAPES: Final = {"3x4": (1500, 2000), "4x3": (2000, 1500)}


@dataclass(frozen=True, slots=True)
class Caption:
    """The words on a cover or a frame."""

    title: str
    column: str
    office: str
    summary: str
    byline: str


def cover(caption: Caption, picture: bytes | None, *, shape: str, film_width: int) -> Image.Image:
    """A picture with the title on it, readable at the size of a thumb."""
    size, found = _size(shape, film_width), opened(picture)
    page = red_ground(size) if found is None else shaded(filled(found, size), start=0.2, strength=205)
    _write(page, caption, on_picture=found is not None)
    return page


def lettering(caption: Caption, *, shape: str, film_width: int) -> Image.Image:
    """What `cover` puts over a picture, on clear ground: where a page brings the picture itself."""
    page = veil(_size(shape, film_width))
    _write(page, caption, on_picture=True)
    return page


def _size(shape: str, film_width: int) -> tuple[int, int]:
    across, down = SHAPES[shape]
    return film_width * across // 1000, film_width * down // 1000


def _write(page: Image.Image, caption: Caption, *, on_picture: bool) -> None:
    """The words of a cover: column, title, office."""
    size, press, draw = page.size, Press(), ImageDraw.Draw(page)
    unit = min(size) / 1080
    margin, width = 72 * unit, size[0] - 144 * unit
    font = press.font(104 * unit, bold=True, serif=True)
    lines = titled(drawable(caption.title), width=width, measure=font.getlength, most=4)
    y = size[1] - (150 + 138 * len(lines)) * unit
    label, label_font = drawable(caption.column), press.font(44 * unit, bold=True)
    chip(
        draw,
        (margin, y - 104 * unit),
        (label_font.getlength(label) + 52 * unit, 74 * unit),
        RED if on_picture else GOLD,
    )
    label_at = (margin + 26 * unit, y - 67 * unit)
    draw.text(label_at, label, font=label_font, fill=WHITE if on_picture else "#4a0d0d", anchor="lm")
    y = draw_lines(draw, lines, (margin, y), font=font, step=138 * unit, fill=WHITE)
    small = press.font(42 * unit)
    draw.text(
        (margin, y + 56 * unit),
        shortened_to(drawable(caption.office), width, small),
        font=small,
        fill=ROSE,
        anchor="lm",
    )


def frame(caption: Caption, *, width: int, height: int) -> Image.Image:
    """What lies over a lecture: title above its 16:9 picture, summary and byline below; the rest is clear."""
    unit, press = width / 720, Press()
    page = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(page)
    band = width * 9 // 16
    top = (height - band) // 2
    _scrim(page, top, band)
    margin, inner = 48 * unit, 624 * unit
    font = press.font(54 * unit, bold=True, serif=True)
    lines = titled(drawable(caption.title), width=inner, measure=font.getlength, most=3)
    y = top - (40 + 76 * len(lines)) * unit
    label, label_font = drawable(caption.column), press.font(28 * unit, bold=True)
    chip(draw, (margin, y - 70 * unit), (label_font.getlength(label) + 32 * unit, 46 * unit), RED)
    draw.text((margin + 16 * unit, y - 47 * unit), label, font=label_font, fill=WHITE, anchor="lm")
    draw_lines(draw, lines, (margin, y), font=font, step=76 * unit, fill=WHITE)
    edge = max(1, round(4 * unit))
    draw.rectangle((0, top - edge, width, top - 1), fill=GOLD)
    draw.rectangle((0, top + band, width, top + band + edge - 1), fill=GOLD)
    body, small = press.font(32 * unit), press.font(26 * unit)
    said = wrap(drawable(caption.summary), width=inner, measure=body.getlength, most=3)
    y = draw_lines(draw, said, (margin, top + band + 34 * unit), font=body, step=50 * unit, fill=WHITE)
    named = caption.byline.split("　")
    halves = ("　".join(named[: len(named) // 2]), "　".join(named[len(named) // 2 :]))
    told = [shortened_to(drawable(half), inner, small) for half in halves if half]
    draw_lines(draw, told, (margin, y + 12 * unit), font=small, step=38 * unit, fill=ROSE)
    return page


def _scrim(page: Image.Image, top: int, band: int) -> None:
    """Dark glass over the blurred ground, so that white words have their contrast on any film."""
    width, height = page.size
    dark = Image.new("RGBA", (width, top), (40, 6, 6, 150))
    page.paste(dark, (0, 0))
    page.paste(Image.new("RGBA", (width, height - top - band), (40, 6, 6, 150)), (0, top + band))
