"""An article as large type for a television: the closed list of formats.md §5, escaped, as strips of known height.

A set-top box has no layout engine worth asking, so what a strip needs is reckoned here: a Chinese character is as
wide as it is high, everything else is taken as wider than it is. `leaves` puts the strips onto pages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from cms.contract import Piece
from cms.contract.lists import Outline, outline
from cms.contract.newspapers import issue_line, label_line, titles
from cms.contract.tables import Cell, cells
from renderers.tv import measure
from renderers.tv.measure import Run

WIDTH: Final = 1040  # of the text, in pixels
_FIGURE: Final = (800, 400)
_FIGURE_ABOVE: Final = 20
_CELL: Final = 24  # what a cell's edges take, both ways
_MARKS: Final = {"b": Markup("strong"), "i": Markup("em"), "u": Markup("u"), "s": Markup("s")}


@dataclass(frozen=True, slots=True)
class Type:
    """How one kind of strip is set (portal.css says the same): pixels; `inset` is what its sides take."""

    css: str
    size: int
    line: int
    above: int
    inset: int = 0


PARAGRAPH: Final = Type("", 32, 50, 18)
HEADING: Final = Type("head", 36, 50, 24)
TITLE: Final = Type("title", 44, 58, 0)
SUBTITLE: Final = Type("subtitle", 30, 46, 10)
BYLINE: Final = Type("byline", 24, 36, 12)
QUOTE: Final = Type("quote", 32, 50, 14, 36)
CITE: Final = Type("cite", 26, 40, 12)
NOTICE: Final = Type("warn", 32, 50, 14, 36)
NOTE: Final = Type("notes", 26, 40, 10, 44)
_ITEMS: Final = tuple(Type(f"item i{level}", 32, 50, 12, 44 * (level + 1)) for level in range(4))
_ROW: Final = Type("", 28, 40, 0)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the text that is not parted further, and its height with what is above it.

    Attributes:
        head: what opens it, `tail` what closes it; one that `joins` the strip before it needs neither on the same page.
        stays: it belongs on the page of the strip that follows: a heading, or the first lines of a text.
    """

    head: Markup
    inner: Markup
    tail: Markup
    height: int
    joins: bool = False
    stays: bool = False


def body(piece: Piece) -> Markup:
    """The text of all blocks in one; a video's place is its page."""
    return joined(strips(piece))


def joined(found: Iterable[Strip]) -> Markup:
    """Strips of one page as HTML."""
    html, tail = Markup(""), Markup("")
    for strip in found:
        html += strip.inner if strip.joins and html else tail + strip.head + strip.inner
        tail = strip.tail
    return html + tail


def strips(piece: Piece) -> Iterator[Strip]:
    """The strips of all blocks, in order."""
    for block in piece.body.get("blocks", ()):
        yield from _BLOCKS[block["type"]](block, piece)


def set_in(kind: Type, runs: Sequence[Mapping[str, Any]], *, before: str = "", stays: bool = False) -> Iterator[Strip]:
    """Words in one type, parted wherever a page may end. `before` is drawn in the margin of the first line."""
    words = tuple(Run(run["t"], run) for run in runs)
    parts = measure.parted(words, size=kind.size, width=WIDTH - kind.inset)
    for number, part in enumerate(parts):
        css = " ".join(name for name in (kind.css, "on" if number else "") if name)
        head = Markup("<p{}>").format(Markup(' class="{}"').format(css) if css else "")
        if before and not number:
            head += Markup("<b class=no>{}</b>").format(before)
        height = part.lines * kind.line + (0 if number else kind.above)
        first = not number and len(parts) > 1
        yield Strip(head, _inline(part.runs), Markup("</p>"), height, joins=number > 0, stays=stays or first)


def _inline(runs: Iterable[Run]) -> Markup:
    return Markup("").join(_run(run) for run in runs)


def _run(run: Run) -> Markup:
    # A remote control follows no links: the words stay, the address goes.
    html = Markup("<br>").join(escape(line) for line in run.text.split("\n"))
    if run.source.get("note"):
        return Markup("<sup>{}</sup>").format(html)
    for mark in run.source.get("m", ()):
        html = Markup("<{0}>{1}</{0}>").format(_MARKS[mark], html)
    return html


def _paragraph(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from set_in(PARAGRAPH, block["text"])


def _heading(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from set_in(HEADING, block["text"], stays=True)


def _list(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from _entries(outline(block), 0, is_notes=bool(block.get("notes")))


def _entries(found: Outline, level: int, *, is_notes: bool) -> Iterator[Strip]:
    kind = NOTE if is_notes else _ITEMS[min(level, len(_ITEMS) - 1)]
    for number, entry in enumerate(found.entries, start=1):
        yield from set_in(kind, entry.text, before=f"{number}." if found.ordered else "•")
        for below in entry.below:
            yield from _entries(below, level + 1, is_notes=is_notes)


def _quote(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from set_in(QUOTE, block["text"])
    if block.get("cite"):
        yield from set_in(CITE, [{"t": block["cite"]}])


def _image(block: Mapping[str, Any], piece: Piece) -> Iterator[Strip]:
    file = piece.rendition(block["asset"], "web-960-jpeg")
    if file is not None and file.width and file.height:
        share = min(1.0, _FIGURE[0] / file.width, _FIGURE[1] / file.height)
        width, height = round(file.width * share), round(file.height * share)
        # The script gives a picture its address when its page is shown: a box holds few pictures at a time.
        html = Markup('<img data-src="/a/{}" alt="{}" width="{}" height="{}">').format(
            file.sha256, block["alt"], width, height
        )
        head, tail = Markup("<div class=figure>"), Markup("</div>")
        yield Strip(head, html, tail, height + _FIGURE_ABOVE, stays=bool(block.get("caption")))
    if block.get("caption"):
        yield from set_in(CITE, [{"t": block["caption"]}])


def _notice(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from set_in(NOTICE, [{"t": block["title"], "m": ["b"]}], stays=True)
    yield from set_in(NOTICE, block["text"])


def _table(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    """Its rows; a page can end between any two that no merged cell holds together."""
    across = WIDTH // max((len(row) for row in block["rows"]), default=1)
    held: list[Sequence[Cell]] = []
    reach, is_first = 0, True
    for row in cells(block):
        held.append(row)
        reach = max([reach - 1, *(cell.rows - 1 for cell in row)])
        if reach <= 0:
            yield _rows(held, across, joins=not is_first)
            held, reach, is_first = [], 0, False
    if held:
        yield _rows(held, across, joins=not is_first)


def _rows(held: Sequence[Sequence[Cell]], across: int, *, joins: bool) -> Strip:
    html = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(cell, across, len(held)) for cell in row)) for row in held
    )
    lines = sum(max((_lines(cell, across) for cell in row), default=1) for row in held)
    height = lines * _ROW.line + len(held) * (_CELL - 4) + (0 if joins else _FIGURE_ABOVE + 4)
    return Strip(Markup("<table>"), html, Markup("</table>"), height, joins=joins)


def _lines(cell: Cell, across: int) -> int:
    runs = tuple(Run(run["t"], run) for run in cell.text)
    room = max(_ROW.size * 2, across * cell.columns - _CELL - 4)
    return -(-sum(part.lines for part in measure.parted(runs, size=_ROW.size, width=room)) // cell.rows)


def _cell(cell: Cell, across: int, left: int) -> Markup:
    # The width is said by every cell, for a table goes on over pages, and its columns stay where they were.
    named = (("rowspan", min(cell.rows, left)), ("colspan", cell.columns))
    spans = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in named if value > 1)
    told = _inline(Run(run["t"], run) for run in cell.text)
    return Markup('<td width="{}"{}>{}</td>').format(across * cell.columns, spans, told)


def _issue(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    yield from set_in(CITE, [{"t": issue_line(block)}])


def _page(block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    """The headlines of a page: at four metres nobody reads the sheet itself."""
    found = list(titles(block))
    if found:
        yield from set_in(HEADING, [{"t": label_line(block["label"])}], stays=True)
    for title in found:
        yield from set_in(_ITEMS[0], [{"t": title}], before="•")


def _nothing(_block: Mapping[str, Any], _piece: Piece) -> Iterator[Strip]:
    return iter(())


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any], Piece], Iterator[Strip]]]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "list": _list,
    "quote": _quote,
    "image": _image,
    "notice": _notice,
    "table": _table,
    "divider": _nothing,
    "data": _nothing,
    "video": _nothing,
    "issue": _issue,
    "page": _page,
}
