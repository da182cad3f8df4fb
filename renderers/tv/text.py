"""An article as large type for a television: the closed list of formats.md §5, escaped."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from cms.contract import Piece
from cms.contract.lists import Outline, outline
from cms.contract.newspapers import issue_line, label_line, titles
from cms.contract.tables import Cell, cells

_MARKS: Final = {"b": Markup("strong"), "i": Markup("em"), "u": Markup("u"), "s": Markup("s")}
_ORDERED, _BULLETS = Markup("ol"), Markup("ul")


def body(piece: Piece) -> Markup:
    """The text of all blocks; a video's place is its page."""
    return Markup("\n").join(_BLOCKS[block["type"]](block, piece) for block in piece.body.get("blocks", ()))


def _inline(runs: Iterable[Mapping[str, Any]]) -> Markup:
    return Markup("").join(_run(run) for run in runs)


def _run(run: Mapping[str, Any]) -> Markup:
    # A remote control follows no links: the words stay, the address goes.
    html = Markup("<br>").join(escape(line) for line in run["t"].split("\n"))
    if run.get("note"):
        return Markup("<sup>{}</sup>").format(html)
    for mark in run.get("m", ()):
        html = Markup("<{0}>{1}</{0}>").format(_MARKS[mark], html)
    return html


def _paragraph(block: Mapping[str, Any], _piece: Piece) -> Markup:
    return Markup("<p>{}</p>").format(_inline(block["text"]))


def _heading(block: Mapping[str, Any], _piece: Piece) -> Markup:
    return Markup("<h{0}>{1}</h{0}>").format(int(block["level"]), _inline(block["text"]))


def _list(block: Mapping[str, Any], _piece: Piece) -> Markup:
    html = _entries(outline(block))
    return Markup("<div class=notes>{}</div>").format(html) if block.get("notes") else html


def _entries(found: Outline) -> Markup:
    items = Markup("").join(
        Markup("<li>{}{}</li>").format(_inline(entry.text), Markup("").join(map(_entries, entry.below)))
        for entry in found.entries
    )
    return Markup("<{0}>{1}</{0}>").format(_ORDERED if found.ordered else _BULLETS, items)


def _quote(block: Mapping[str, Any], _piece: Piece) -> Markup:
    cite = Markup("<p class=cite>{}</p>").format(block["cite"]) if block.get("cite") else Markup("")
    return Markup("<blockquote><p>{}</p>{}</blockquote>").format(_inline(block["text"]), cite)


def _image(block: Mapping[str, Any], piece: Piece) -> Markup:
    file = piece.rendition(block["asset"], "web-960-jpeg")
    caption = Markup("<p class=cite>{}</p>").format(block["caption"]) if block.get("caption") else Markup("")
    if file is None:
        return caption
    drawn = Markup('<img src="/a/{}" alt="{}" width="{}" height="{}">').format(
        file.sha256, block["alt"], file.width, file.height
    )
    return Markup("<div class=figure>{}{}</div>").format(drawn, caption)


def _notice(block: Mapping[str, Any], _piece: Piece) -> Markup:
    return Markup("<div class=notice><p><strong>{}</strong></p><p>{}</p></div>").format(
        block["title"], _inline(block["text"])
    )


def _table(block: Mapping[str, Any], _piece: Piece) -> Markup:
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(cell) for cell in row)) for row in cells(block)
    )
    return Markup("<table>{}</table>").format(rows)


def _cell(cell: Cell) -> Markup:
    spans = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in cell.attributes.items())
    return Markup("<td{}>{}</td>").format(spans, _inline(cell.text))


def _issue(block: Mapping[str, Any], _piece: Piece) -> Markup:
    return Markup("<p class=cite>{}</p>").format(issue_line(block))


def _page(block: Mapping[str, Any], _piece: Piece) -> Markup:
    """The headlines of a page: at four metres nobody reads the sheet itself."""
    items = Markup("").join(Markup("<li>{}</li>").format(title) for title in titles(block))
    return Markup("<h2>{}</h2><ul>{}</ul>").format(label_line(block["label"]), items) if items else Markup("")


def _nothing(_block: Mapping[str, Any], _piece: Piece) -> Markup:
    return Markup("")


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any], Piece], Markup]]] = {
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
