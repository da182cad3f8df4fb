"""A piece as an article of the platform: blocks in, a small fixed HTML out, with a report of what was changed.

Pure. Pictures stand as ``asset:HASH`` until they are uploaded; the hash is that of the release's own file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Piece
from cms.contract.lists import Outline, outline
from cms.contract.newspapers import issue_line, label_line, titles
from cms.contract.tables import Cell, cells
from renderers.wechat.changes import STOPPING, Change, Tally
from renderers.wechat.graphemes import cut
from renderers.wechat.runs import Runs, noted
from renderers.wechat.settings import AccountSettings
from renderers.wechat.themes import styles
from renderers.wechat.vocabulary import PLACEHOLDER, element, escaped, plain, quoted

BODY: Final = "web-960-jpeg"
_TABLES: Final = re.compile("<table.*?</table>", re.DOTALL)
POSTER: Final = "poster"
# An address of the platform's pictures, for the budget before it is known; seen: about 150 characters.
_ADDRESS_LENGTH: Final = 220
# Beyond three columns Chinese cells break after every few characters on a phone.
_COLUMNS_THAT_FIT: Final = 3
_COLUMN_WIDTH: Final = 96
# More than this nobody reads on a phone, however it is drawn.
_COLUMNS_TO_READ: Final = 12
_MANY_CELLS: Final = 150


@dataclass(frozen=True, slots=True)
class Article:
    """What people sign of this channel.

    Attributes:
        html: the content with placeholders.
        pictures: hashes of the files the placeholders stand for, in order, each once.
        changes: the compatibility report.
    """

    title: str
    author: str
    digest: str
    html: str
    pictures: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def problems(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.what in STOPPING)


def make_article(piece: Piece, settings: AccountSettings) -> Article:
    """The article of a piece; a block of an unknown type is a defect of the release and raises KeyError."""
    tally = Tally()
    html = _Body(piece, settings, tally).html()
    words = piece.overrides.get("wechat", {})
    lines = Runs({}, tally, chinese=_is_chinese(piece))
    given = lines.line(words.get("title") or piece.title), lines.line(words.get("summary") or piece.summary)
    title, titled = _within(given[0], settings.title_limit, "title_cut")
    digest, digested = _within(given[1], settings.digest_limit, "digest_cut")
    author, authored = _within(settings.author or piece.byline.source, settings.author_limit, "author_cut")
    pictures = tuple(dict.fromkeys(PLACEHOLDER.findall(html)))
    wide = () if len(title.encode("utf-16-le")) // 2 <= settings.title_limit else (Change("utf16"),)
    over = over_budget(html, settings)
    heavy = sum(map(len, _TABLES.findall(html)))
    hint = (Change("table_heavy", {"count": heavy}),) if over and heavy * 2 > len(html) else ()
    changes = (*titled, *digested, *authored, *wide, *tally.changes(), *over, *hint)
    return Article(title or "无题", author, digest, html, pictures, changes)


def over_budget(html: str, settings: AccountSettings) -> tuple[Change, ...]:
    """What is too long, counting each placeholder as an address of the platform."""
    counted = PLACEHOLDER.sub("x" * _ADDRESS_LENGTH, html)
    found = []
    for what, count, limit in (
        ("characters", len(counted), settings.content_characters),
        ("bytes", len(counted.encode()), settings.content_bytes),
    ):
        if count >= limit:
            found.append(Change(what, {"count": count, "limit": limit}))
    return tuple(found)


def with_pictures(html: str, addresses: Mapping[str, str]) -> str:
    """The content with the platform's addresses. Raises KeyError for a picture without one."""
    return PLACEHOLDER.sub(lambda found: f'<img src="{quoted(addresses[found[1]])}"', html)


def _is_chinese(piece: Piece) -> bool:
    return piece.language.lower().startswith("zh")


def _within(text: str, limit: int, what: str) -> tuple[str, tuple[Change, ...]]:
    line = " ".join(plain(text).split())
    return cut(line, limit), (Change(what, {"limit": limit}),) if len(line) > limit else ()


class _Body:
    """Writes one article."""

    def __init__(self, piece: Piece, settings: AccountSettings, tally: Tally) -> None:
        self._piece = piece
        self._styles = styles(settings.theme, settings.look)
        self._tally = tally
        self._runs = Runs(self._styles, tally, chinese=_is_chinese(piece))
        self._writers: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            "paragraph": self._paragraph,
            "heading": self._heading,
            "list": self._list,
            "quote": self._quote,
            "notice": self._notice,
            "table": self._table,
            "image": self._image,
            "video": self._video,
            "issue": lambda block: self._line("caption", issue_line(block)),
            "page": self._page,
            "data": lambda _: "",  # its values are signed for the street's screens alone
            "divider": lambda _: f'<hr style="{self._styles["divider"]}">',
        }

    def html(self) -> str:
        head = self._line("column", self._piece.column_name) + self._line("subtitle", self._piece.subtitle)
        body = "".join(self._writers[block["type"]](block) for block in self._piece.body["blocks"])
        return self._element("section", "article", head, body, self._runs.notes(), self._credits())

    def _element(self, tag: str, style: str, *inner: str) -> str:
        return element(tag, self._styles[style], *inner)

    def _line(self, style: str, text: str) -> str:
        """A paragraph of plain text, or nothing."""
        line = self._runs.line(text)
        return self._element("p", style, escaped(line)) if line else ""

    def _filled(self, tag: str, style: str, inner: str) -> str:
        """The element, unless it is empty: the platform drops empty ones anyhow, and differently each time."""
        if not inner.replace("<br>", "").strip():
            self._tally.add("empty")
            return ""
        return self._element(tag, style, inner)

    def _paragraph(self, block: Mapping[str, Any]) -> str:
        return self._filled("p", "p", self._runs.html(block["text"]))

    def _heading(self, block: Mapping[str, Any]) -> str:
        tag = "h2" if int(block["level"]) == 2 else "h3"
        inner = self._runs.html(block["text"])
        if f"{tag}-inner" in self._styles and inner.replace("<br>", "").strip():
            inner = self._element("span", f"{tag}-inner", inner)
        return self._filled(tag, tag, inner)

    def _list(self, block: Mapping[str, Any]) -> str:
        if block.get("notes"):
            return self._footnotes(block)
        return self._entries(outline(block))

    def _entries(self, found: Outline) -> str:
        # Bare text in an item gets a second bullet from the platform's editor; a section inside does not.
        lines = ""
        for entry in found.entries:
            text, below = self._runs.html(entry.text), "".join(map(self._entries, entry.below))
            if text.strip() or below:
                lines += self._element("li", "li", f"<section>{text}</section>", below)
        return self._filled("ol" if found.ordered else "ul", "list", lines)

    def _footnotes(self, block: Mapping[str, Any]) -> str:
        """The notes of the piece, told from the addresses of links, which are numbered too."""
        texts = (self._runs.html(item["text"]) for item in block["items"])
        lines = [self._element("p", "note", f"{noted(number)} {text}") for number, text in enumerate(texts, 1)]
        return self._element("section", "notes", self._element("p", "note", "<strong>注释</strong>"), *lines)

    def _quote(self, block: Mapping[str, Any]) -> str:
        inner = self._runs.html(block["text"])
        text = self._element("p", "inner", inner) if inner.strip() else ""
        cite = plain(block.get("cite") or "").strip()
        return self._filled("section", "quote", text + (self._line("cite", f"—— {cite}") if cite else ""))

    def _notice(self, block: Mapping[str, Any]) -> str:
        inner = self._runs.html(block["text"])
        text = self._element("p", "inner", inner) if inner.strip() else ""
        return self._filled("section", "notice", self._line("notice-title", block["title"]) + text)

    def _table(self, block: Mapping[str, Any]) -> str:
        rows = cells(block)
        if not rows:
            self._tally.add("empty")
            return ""
        lean = sum(map(len, rows)) > _MANY_CELLS
        head = f"<thead>{self._row('th', rows.pop(0), lean=lean)}</thead>" if block["header"] else ""
        lines = "".join(self._row("td", row, lean=lean) for row in rows)
        columns = max(map(len, block["rows"]))
        style = self._styles["table"]
        if columns > _COLUMNS_TO_READ:
            self._tally.most("many_columns", columns)
        if columns > _COLUMNS_THAT_FIT:
            self._tally.add("wide_table")
            style += f";min-width:{columns * _COLUMN_WIDTH}px"
        table = element("table", style, head, f"<tbody>{lines}</tbody>" if lines else "")
        return self._element("section", "scroll", table)

    def _row(self, tag: str, row: list[Cell], *, lean: bool) -> str:
        inner = "".join(self._cell(tag, cell, self._styles["lean" if lean else tag]) for cell in row)
        return self._element("tr", "row", inner) if lean else f"<tr>{inner}</tr>"

    def _cell(self, tag: str, cell: Cell, style: str) -> str:
        spans = "".join(f' {name}="{value}"' for name, value in cell.attributes.items())
        return f'<{tag} style="{style}"{spans}>{self._runs.html(cell.text)}</{tag}>'

    def _image(self, block: Mapping[str, Any]) -> str:
        file = self._piece.rendition(block["asset"], BODY)
        if file is None:
            self._tally.add("picture_missing")
            # What is left of it stands where it stood, and not against what follows.
            left = self._line("caption", block.get("caption") or "")
            return self._element("section", "figure", left) if left else ""
        drawn = self._picture(file.sha256, block["alt"])
        return self._element("section", "figure", drawn, self._line("caption", block.get("caption") or ""))

    def _page(self, block: Mapping[str, Any]) -> str:
        """The headlines of a newspaper's page; the sheet itself is read at the original."""
        lines = "".join(self._element("li", "li", f"<section>{escaped(plain(one))}</section>") for one in titles(block))
        head = self._element("h3", "h3", escaped(plain(label_line(block["label"]))))
        return head + self._filled("ul", "list", lines) if lines else ""

    def _video(self, block: Mapping[str, Any]) -> str:
        self._tally.add("video")
        own = self._piece.rendition(block["poster"], BODY) if block.get("poster") else None
        file = own or self._piece.rendition(block["asset"], POSTER)
        cover = self._picture(file.sha256, block["title"]) if file else ""
        length = self._piece.durations.get(block["asset"])
        hint = "视频" if length is None else f"视频 {clock(length)}"
        text = self._line("video-title", block["title"]) + self._line("video-hint", f"{hint} · 点文末“阅读原文”观看")
        return self._element("section", "video", cover, self._element("section", "video-text", text))

    def _picture(self, sha256: str, alt: str) -> str:
        return f'<img src="asset:{sha256}" alt="{quoted(alt)}" style="{self._styles["img"]}">'

    def _credits(self) -> str:
        by = self._piece.byline
        duties = (("来源", by.source), ("记者", by.reporter), ("责编", by.editor), ("主办", by.sponsor))
        return self._element("section", "credits", *(self._line("credit", f"{name}：{who}") for name, who in duties))


def clock(milliseconds: int) -> str:
    """A length as people read it: 12:05, 1:02:03."""
    minutes, seconds = divmod(max(0, milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
