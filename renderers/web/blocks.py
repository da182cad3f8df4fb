"""Blocks of an article as HTML: the closed list of formats.md §5, escaped, with pictures from the release's files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from cms.contract import Piece
from cms.contract.lists import Outline, outline
from cms.contract.tables import Cell, cells
from renderers.web import newspaper, videos
from renderers.web.pictures import picture

_MARKS = {"b": Markup("strong"), "i": Markup("em"), "u": Markup("u"), "s": Markup("s")}
_ORDERED, _BULLETS = Markup("ol"), Markup("ul")


def body(piece: Piece, *, media: str = "") -> Markup:
    """The article's body; `media` goes before the addresses of its pictures, where the reader is on no page of ours.

    A block of an unknown type is a defect of the release and raises KeyError.
    """
    return Markup("\n").join(_block(block, piece, media) for block in piece.body["blocks"])


def shows_cover(piece: Piece) -> bool:
    """Whether the body itself has the cover picture, a film or a newspaper's pages, so that it need not stand above."""
    return any(
        block["type"] in {"video", "page"} or (block["type"] == "image" and block["asset"] == piece.cover)
        for block in piece.body["blocks"]
    )


def inline(text: Sequence[Mapping[str, Any]]) -> Markup:
    """Runs of text with their marks and links."""
    return Markup("").join(_run(run) for run in text)


def plain(text: Sequence[Mapping[str, Any]]) -> str:
    """Runs of text without marks."""
    return "".join(run["t"] for run in text)


def _block(block: Mapping[str, Any], piece: Piece, media: str) -> Markup:
    if block["type"] == "image":
        return _image(block, piece, media)
    if block["type"] == "video":
        return videos.figure(piece, block, media=media)
    if block["type"] == "page":
        return newspaper.page(block, piece, media)
    return _BLOCKS[block["type"]](block)


def _run(run: Mapping[str, Any]) -> Markup:
    html = Markup("<br>").join(escape(line) for line in run["t"].split("\n"))
    if note := run.get("note"):
        link = Markup('<a href="#{0}" id="{0}-m" role="doc-noteref">{1}</a>').format(note, html)
        return Markup('<sup class="note-mark">{}</sup>').format(link)
    for mark in run.get("m", ()):
        html = Markup("<{0}>{1}</{0}>").format(_MARKS[mark], html)
    # The desk takes no other kind; a release from elsewhere must not bring a script in an address.
    if (href := run.get("href", "")).startswith("https://"):
        html = Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(href, html)
    return html


def _paragraph(block: Mapping[str, Any]) -> Markup:
    return Markup('<p id="{}">{}</p>').format(block["id"], inline(block["text"]))


def _heading(block: Mapping[str, Any]) -> Markup:
    return Markup('<h{0} id="{1}">{2}</h{0}>').format(int(block["level"]), block["id"], inline(block["text"]))


def _list(block: Mapping[str, Any]) -> Markup:
    if block.get("notes"):
        return _notes(block)
    return _entries(outline(block), Markup(' id="{}"').format(block["id"]))


def _entries(found: Outline, attributes: Markup) -> Markup:
    items = Markup("").join(
        Markup('<li id="{}">{}{}</li>').format(
            entry.id, inline(entry.text), Markup("").join(_entries(below, Markup("")) for below in entry.below)
        )
        for entry in found.entries
    )
    return Markup("<{0}{1}>{2}</{0}>").format(_ORDERED if found.ordered else _BULLETS, attributes, items)


def _notes(block: Mapping[str, Any]) -> Markup:
    """Footnotes: a list after the text, each with the way back to its mark."""
    back = Markup('<a class="note-back" href="#{}-m" role="doc-backlink" aria-label="返回正文">↩</a>')
    items = Markup("").join(
        Markup('<li id="{}">{} {}</li>').format(item["id"], inline(item["text"]), back.format(item["id"]))
        for item in block["items"]
    )
    return Markup('<section class="notes" id="{}" role="doc-endnotes" aria-label="注释"><ol>{}</ol></section>').format(
        block["id"], items
    )


def _quote(block: Mapping[str, Any]) -> Markup:
    cite = Markup("<footer><cite>{}</cite></footer>").format(block["cite"]) if block.get("cite") else Markup("")
    return Markup('<blockquote id="{}"><p>{}</p>{}</blockquote>').format(block["id"], inline(block["text"]), cite)


def _image(block: Mapping[str, Any], piece: Piece, media: str) -> Markup:
    sizes = "(min-width: 800px) 720px, 100vw"
    drawn = picture(piece, block["asset"], alt=block["alt"], sizes=sizes, lazy=True, media=media)
    caption = Markup("<figcaption>{}</figcaption>").format(block["caption"]) if block.get("caption") else Markup("")
    return Markup('<figure id="{}">{}{}</figure>').format(block["id"], drawn, caption)


def _notice(block: Mapping[str, Any]) -> Markup:
    # No heading: a card stands anywhere, and would break the order of the article's own headings.
    title = Markup('<p class="notice-title" id="{}-t">{}</p>').format(block["id"], block["title"])
    return Markup('<aside class="notice-card" id="{0}" aria-labelledby="{0}-t">{1}<p>{2}</p></aside>').format(
        block["id"], title, inline(block["text"])
    )


def _table(block: Mapping[str, Any]) -> Markup:
    rows = cells(block)
    head = Markup("")
    if block["header"] and rows:
        first = Markup("").join(_cell(Markup('th scope="col"'), Markup("th"), cell) for cell in rows.pop(0))
        head = Markup("<thead><tr>{}</tr></thead>").format(first)
    lines = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(Markup("td"), Markup("td"), cell) for cell in row))
        for row in rows
    )
    # Focusable, so that a keyboard can scroll a table that is wider than a phone (WCAG 2.1.1).
    table = Markup("<table>{}<tbody>{}</tbody></table>").format(head, lines)
    return Markup('<div class="table" id="{}" tabindex="0" role="group" aria-label="表格">{}</div>').format(
        block["id"], table
    )


def _cell(opening: Markup, tag: Markup, cell: Cell) -> Markup:
    spans = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in cell.attributes.items())
    return Markup("<{}{}>{}</{}>").format(opening, spans, inline(cell.text), tag)


def _divider(block: Mapping[str, Any]) -> Markup:
    return Markup('<hr id="{}">').format(block["id"])


_BLOCKS: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "list": _list,
    "quote": _quote,
    "notice": _notice,
    "table": _table,
    "divider": _divider,
    "data": lambda _: Markup(""),  # its values are signed for the street's screens alone
    "issue": newspaper.issue,
}
