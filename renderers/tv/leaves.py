"""A text divided into leaves, each of which fills the page of an article, and the leaves into files a box can take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from cms.contract import Piece
from renderers.tv import text
from renderers.tv.dates import day
from renderers.tv.text import Strip

# Inside the frame of the page (layout.TEXT), without its edges.
HEIGHT: Final = 440
# Of the leaves of one file: the frame around them takes the rest of the 60 KB.
BYTES: Final = 48_000
_RULE: Final = 34


@dataclass(frozen=True, slots=True)
class Part:
    """The leaves of one file; `first` is the number of its first leaf, from 1."""

    first: int
    leaves: tuple[Markup, ...]


def parts(piece: Piece) -> list[Part]:
    """The article from its title on, at least one leaf."""
    found: list[Part] = []
    held: list[Markup] = []
    first, size = 1, 0
    for leaf in _leaves([*_head(piece), *text.strips(piece)]):
        html = text.joined(leaf)
        weight = len(html.encode())
        if held and size + weight > BYTES:
            found.append(Part(first, tuple(held)))
            first, size, held = first + len(held), 0, []
        held.append(html)
        size += weight
    return [*found, Part(first, tuple(held))]


def _head(piece: Piece) -> Iterable[Strip]:
    """The title and who answers for the text, on the first leaf together."""
    yield from text.set_in(text.TITLE, [{"t": piece.title}], stays=True)
    if piece.subtitle:
        yield from text.set_in(text.SUBTITLE, [{"t": piece.subtitle}], stays=True)
    by = piece.byline
    told = f"来源：{by.source}　记者：{by.reporter}　责编：{by.editor}\n主办：{by.sponsor}　{day(by.date)}"
    yield from text.set_in(text.BYLINE, [{"t": told}], stays=True)
    yield Strip(Markup("<div class=rule></div>"), Markup(""), Markup(""), _RULE, stays=True)


def _leaves(strips: Sequence[Strip]) -> Iterable[list[Strip]]:
    """Strips one after another as long as they fit; those that stay with the next one go along with it."""
    leaf: list[Strip] = []
    height = 0
    for strip in strips:
        if leaf and height + strip.height > HEIGHT:
            along = _along(leaf)
            yield leaf[: len(leaf) - along]
            leaf = leaf[len(leaf) - along :]
            height = sum(one.height for one in leaf)
        leaf.append(strip)
        height += strip.height
    yield leaf


def _along(leaf: Sequence[Strip]) -> int:
    """How many at the end of a leaf go with what follows; all of them means that they cannot."""
    count = 0
    while count < len(leaf) and leaf[-1 - count].stays:
        count += 1
    return count if count < len(leaf) else 0
