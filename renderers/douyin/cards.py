"""The pages of a short film from a text: a cover, one card an idea, and a last one that leads to the article."""

import io
import re
from dataclasses import dataclass
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageFont

from renderers.douyin.article import Idea
from renderers.douyin.lettering import Measure, Press, draw_lines, drawable, shortened, titled, wrap
from renderers.douyin.palette import (
    GOLD,
    GREY,
    INK,
    LINE,
    PAPER,
    RED,
    ROSE,
    WHITE,
    chip,
    filled,
    opened,
    red_ground,
    shaded,
    sheet,
    veil,
)

# Between the cover and the last card; more makes nobody watch to the end.
TEXT_CARDS: Final = 4
_WIDTH: Final = 720  # all measures below are for this width and scale with it
_MARGIN: Final = 60
# The app draws its own words and buttons over the lowest part of a picture.
_FREE_BELOW: Final = 250
_ENTRY: Final = re.compile(r"· |\d{1,3}\. ")


@dataclass(frozen=True, slots=True)
class Script:
    """Everything the cards show; the same script makes the same pixels."""

    width: int
    height: int
    title: str
    column: str
    date: str
    office: str
    site: str
    byline: str
    link: str
    ideas: tuple[Idea, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One text card; few words stand in larger type."""

    heading: list[str]
    lines: list[str]
    large: bool

    @property
    def size(self) -> int:
        return 46 if self.large else 38

    @property
    def step(self) -> int:
        return 76 if self.large else 62


def cards(script: Script, picture: bytes | None) -> list[Image.Image]:
    """Three to six pages."""
    press = Press()
    pages = paginate(script, press)
    total = len(pages) + 2
    texts = [_text(script, press, page, f"{place} / {total}") for place, page in enumerate(pages, 2)]
    return [_cover(script, press, opened(picture)), *texts, _closing(script, press)]


def count_of(script: Script) -> int:
    """How many pages `cards` makes."""
    return len(paginate(script, Press())) + 2


def paginate(script: Script, press: Press) -> list[Page]:
    """The text cards: an idea begins a card, a long one goes on over the next, and what is too much ends in «…»."""
    pages = [page for idea in script.ideas for page in _pages_of(idea, script, press)]
    if len(pages) <= TEXT_CARDS:
        return pages
    last = pages[TEXT_CARDS - 1]
    measure = press.font(last.size * script.width / _WIDTH).getlength
    ended = shortened(last.lines[-1], width=_inner(script), measure=measure)
    return [*pages[: TEXT_CARDS - 1], Page(last.heading, [*last.lines[:-1], ended], last.large)]


def _pages_of(idea: Idea, script: Script, press: Press) -> list[Page]:
    unit, width = script.width / _WIDTH, _inner(script)
    head = press.font(46 * unit, bold=True, serif=True)
    heading = wrap(drawable(idea.heading), width=width, measure=head.getlength, most=2)
    pages: list[Page] = []
    for large in (True, False):
        measure = press.font(Page([], [], large).size * unit).getlength
        lines = [line for text in idea.paragraphs for line in _paragraph(text, width, measure)]
        if large and len(lines) > _lines_that_fit(script, Page(heading, [], large)):
            continue
        while lines:
            room = _lines_that_fit(script, Page(heading, [], large))
            pages.append(Page(heading, lines[:room], large))
            heading, lines = [], lines[room:]
        break
    return pages


def _inner(script: Script) -> float:
    return (_WIDTH - 2 * _MARGIN) * script.width / _WIDTH


def qr(link: str, side: int) -> Image.Image:
    """The address as a code that a phone reads, with its quiet zone."""
    buffer = io.BytesIO()
    segno.make(link, error="m", micro=False).save(buffer, kind="png", scale=8, border=3)
    with Image.open(buffer) as drawn:
        return drawn.convert("RGB").resize((side, side), Image.Resampling.NEAREST)


def _paragraph(text: str, width: float, measure: Measure) -> list[str]:
    indent = "" if _ENTRY.match(text) else "　　"
    return wrap(indent + drawable(text), width=width, measure=measure)


def _lines_that_fit(script: Script, page: Page) -> int:
    unit = script.width / _WIDTH
    top = (170 + (len(page.heading) * 66 + 26 if page.heading else 0)) * unit
    return max(1, int((script.height - _FREE_BELOW * unit - top) / (page.step * unit)))


def _cover(script: Script, press: Press, picture: Image.Image | None) -> Image.Image:
    size = (script.width, script.height)
    page = red_ground(size) if picture is None else shaded(filled(picture, size), start=0.2, strength=205)
    _write_cover(page, script, press, on_picture=picture is not None)
    return page


def cover_lettering(script: Script) -> Image.Image:
    """What the first card puts over a picture, on clear ground: where a page brings the picture itself."""
    page = veil((script.width, script.height))
    _write_cover(page, script, Press(), on_picture=True)
    return page


def _write_cover(page: Image.Image, script: Script, press: Press, *, on_picture: bool) -> None:
    unit, draw = script.width / _WIDTH, ImageDraw.Draw(page)
    width = (_WIDTH - 2 * _MARGIN) * unit
    title_font = press.font(64 * unit, bold=True, serif=True)
    lines = titled(drawable(script.title), width=width, measure=title_font.getlength, most=5)
    # The title stands on the free part's foot, so that the picture keeps the most room.
    y = script.height - (_FREE_BELOW + 120 + 88 * len(lines)) * unit
    label, label_font = drawable(script.column), press.font(30 * unit, bold=True)
    wide = label_font.getlength(label)
    chip(draw, (_MARGIN * unit, y - 76 * unit), (wide + 36 * unit, 50 * unit), RED if on_picture else GOLD)
    fill = WHITE if on_picture else "#4a0d0d"
    draw.text(((_MARGIN + 18) * unit, y - 51 * unit), label, font=label_font, fill=fill, anchor="lm")
    y = draw_lines(draw, lines, (_MARGIN * unit, y), font=title_font, step=88 * unit, fill=WHITE)
    draw.rectangle((_MARGIN * unit, y + 22 * unit, (_MARGIN + 96) * unit, y + 27 * unit), fill=GOLD)
    small = press.font(29 * unit)
    told = shortened_to(f"{script.office}　{script.date}", width, small)
    draw.text((_MARGIN * unit, y + 74 * unit), told, font=small, fill=ROSE, anchor="lm")


def _text(script: Script, press: Press, shown: Page, place: str) -> Image.Image:
    heading, lines = shown.heading, shown.lines
    unit = script.width / _WIDTH
    page = sheet((script.width, script.height), PAPER)
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, script.width, 10 * unit), fill=RED)
    small = press.font(27 * unit)
    right = (_WIDTH - _MARGIN) * unit
    draw.text(
        (_MARGIN * unit, 92 * unit),
        shortened_to(drawable(script.title), 480 * unit, small),
        font=small,
        fill=GREY,
        anchor="lm",
    )
    draw.text((right, 92 * unit), place, font=small, fill=GREY, anchor="rm")
    draw.line((_MARGIN * unit, 128 * unit, right, 128 * unit), fill=LINE, width=max(1, round(2 * unit)))
    # A short card stands a little above the middle of what the app leaves free, not under the upper edge.
    block = (len(heading) * 66 + (26 if heading else 0) + len(lines) * shown.step) * unit
    y = 170 * unit + max(0.0, (script.height - (_FREE_BELOW + 170) * unit - block) * 0.38)
    if heading:
        draw.rectangle((0, y + 8 * unit, 12 * unit, y + (66 * len(heading) - 8) * unit), fill=RED)
        font = press.font(46 * unit, bold=True, serif=True)
        y = draw_lines(draw, heading, (_MARGIN * unit, y), font=font, step=66 * unit, fill=RED) + 26 * unit
    draw_lines(draw, lines, (_MARGIN * unit, y), font=press.font(shown.size * unit), step=shown.step * unit, fill=INK)
    return page


def _closing(script: Script, press: Press) -> Image.Image:
    unit = script.width / _WIDTH
    page = red_ground((script.width, script.height))
    draw = ImageDraw.Draw(page)
    middle, side = script.width / 2, round(320 * unit)
    name = press.font(52 * unit, bold=True, serif=True)
    lines = titled(drawable(script.office), width=600 * unit, measure=name.getlength, most=2)
    y = draw_lines(draw, lines, (middle, 210 * unit), font=name, step=72 * unit, fill=WHITE, anchor="ms")
    draw.text((middle, y + 30 * unit), drawable(script.site), font=press.font(32 * unit), fill=ROSE, anchor="mm")
    top, pad = round(y + 90 * unit), round(18 * unit)
    left = round(middle - side / 2)
    draw.rounded_rectangle(
        (left - pad, top - pad, left + side + pad, top + side + pad), radius=round(20 * unit), fill=WHITE
    )
    page.paste(qr(script.link, side), (left, top))
    below = top + side + pad
    draw.text(
        (middle, below + 56 * unit), "扫码阅读全文", font=press.font(38 * unit, bold=True), fill=WHITE, anchor="mm"
    )
    font = press.font(27 * unit)
    told = [
        line
        for part in script.byline.split("　")
        for line in wrap(part, width=600 * unit, measure=font.getlength, most=1)
    ]
    draw_lines(draw, told, (middle, below + 108 * unit), font=font, step=44 * unit, fill=ROSE, anchor="ms")
    return page


def shortened_to(text: str, width: float, font: ImageFont.FreeTypeFont) -> str:
    """The text on one line."""
    measure = font.getlength
    return text if measure(text) <= width else shortened(text, width=width, measure=measure)
