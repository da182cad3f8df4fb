"""The HTML of a Word document as blocks: a closed list of elements, and a list of what had no place. Pure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, ClassVar, Final

from cms.content.blocks import MAX_CELLS, MAX_HREF, MAX_LINE, Block
from cms.kernel.errors import Invalid
from cms.kernel.ids import block_id
from cms.kernel.text import clean, one_line

TITLE_LENGTH: Final = 60  # a first paragraph that is longer is no headline
_MARKS: Final = {"strong": "b", "b": "b", "em": "i", "i": "i", "u": "u", "s": "s"}
_HEADINGS: Final = {"h1": 2, "h2": 2, "h3": 3, "h4": 3, "h5": 3, "h6": 3}
_FLOWING: Final = frozenset({"p", "blockquote", "li", "td", "th", *_HEADINGS})
_HOLDING: Final = frozenset({"li", "td", "th", "blockquote"})
_STRUCTURE: Final = frozenset({"a", "br", "ul", "ol", "table", "thead", "tbody", "tr", "img", "sup", "sub"})
_KNOWN: Final = _FLOWING | _MARKS.keys() | _STRUCTURE

Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """`blocks` name their pictures `image-0`… in `asset`; `dropped` are keys under ``content.dropped.`` with counts."""

    title: str
    blocks: tuple[Block, ...]
    dropped: dict[str, int]


def read_article(html: str) -> Imported:
    """The blocks of `media.article.Article.html`; a headline that opens the text becomes the title."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    reader.end_flow()
    title, blocks = _titled(reader.blocks)
    return Imported(title, tuple(blocks), reader.dropped)


def _titled(blocks: list[Block]) -> tuple[str, list[Block]]:
    first = blocks[0] if blocks else None
    if first is None or first["type"] not in {"heading", "paragraph"}:
        return "", blocks
    text = one_line("".join(run["t"] for run in first["text"]))
    if first["type"] == "paragraph" and (len(text) > TITLE_LENGTH or text.endswith(("。", "；", "，", "："))):
        return "", blocks
    return text[: TITLE_LENGTH * 2], blocks[1:]


@dataclass
class _Flow:
    """Text that is being read: where it will stand, and its runs so far."""

    tag: str
    runs: list[Run] = field(default_factory=list)


class Reader(HTMLParser):
    """One pass over HTML that only mammoth writes; anything unknown is read through and counted."""

    takes: ClassVar[frozenset[str]] = _KNOWN

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._inside: list[Block] = []  # pictures of a list or a table, which stand after it
        self.dropped: dict[str, int] = {}
        self._flow: _Flow | None = None
        self._marks: list[str] = []
        self._links: list[str] = []
        self._lists: list[Block] = []
        self._tables: list[Block] = []
        self._row: list[list[Run]] = []
        self._depth = 0  # of tables inside a table
        self._tables_seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _MARKS:
            self._marks.append(_MARKS[tag])
        elif tag in _FLOWING:
            self._begin(tag)
        elif tag in _STRUCTURE:
            self._structure(tag, given)
        else:
            self._drop("element")

    def _structure(self, tag: str, given: dict[str, str | None]) -> None:
        match tag:
            case "a":
                self._links.append(self._href(given))
            case "ul" | "ol" if not self._tables:
                self._begin_list(ordered=tag == "ol")
            case "table":
                self._begin_table()
            case "img":
                self._picture(given)
            case "br":
                self.handle_data("\n")
            case "tr" if self._tables and not self._depth:
                self._end_row()
            case _:
                pass  # the parts of a table and small type need nothing

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS and self._marks:
            self._marks.pop()
        elif tag == "a" and self._links:
            self._links.pop()
        elif tag in {"ul", "ol"} and self._lists and not self._tables:
            self.end_flow()
            self._end_list()
        elif tag == "tr" and self._tables and not self._depth:
            self._end_row()
        elif tag == "table" and self._tables:
            self._end_table()
        elif tag in _FLOWING and not (self._tables and (tag not in {"td", "th"} or self._depth)):
            self.end_flow()

    def handle_data(self, data: str) -> None:
        if self._flow is None:
            if not data.strip():
                return
            self._begin("p")
        run: Run = {"t": data}
        if marks := set(self._marks):
            run["m"] = sorted(marks)
        if href := next((one for one in reversed(self._links) if one), ""):
            run["href"] = href
        if self._flow is not None:
            self._flow.runs.append(run)

    def _begin(self, tag: str) -> None:
        if tag == "th" and self._tables and not self._depth:
            self._tables[-1]["header"] = True
        flow = self._flow
        if flow is not None and flow.tag in _HOLDING:
            # Whatever stands in a cell is its text: a cell of ours holds no lists and no tables.
            in_cell = flow.tag in {"td", "th"} and (self._depth > 0 or tag not in {"td", "th"})
            if in_cell or tag == "p":
                if flow.runs:
                    flow.runs.append({"t": "\n"})
                return
        self.end_flow()
        self._flow = _Flow(tag)

    def end_flow(self) -> None:
        flow, self._flow = self._flow, None
        if flow is None:
            return
        runs = _tidy(flow.runs)
        if flow.tag in {"td", "th"} and self._tables:
            self._row.append(runs)
        elif not runs:
            return
        elif flow.tag == "li" and self._lists:
            self._lists[-1]["items"].append({"id": block_id(), "text": runs})
        elif flow.tag == "blockquote":
            self._add({"type": "quote", "text": runs})
        elif flow.tag in _HEADINGS:
            self._add({"type": "heading", "level": _HEADINGS[flow.tag], "text": _one_line(runs)})
        else:
            self._add({"type": "paragraph", "text": runs})

    def _add(self, block: Block) -> None:
        self.blocks.append({"id": block_id(), **block})

    def _href(self, given: dict[str, str | None]) -> str:
        href = given.get("href") or ""
        if href.startswith("https://") and len(href) <= MAX_HREF:
            return href
        if href:
            self._drop("link")
        return ""

    def _picture(self, given: dict[str, str | None]) -> None:
        """After the paragraph it stands in: a block of ours holds either text or a picture."""
        alt = one_line(given.get("alt") or "")[:MAX_LINE]
        picture = {"type": "image", "asset": given.get("src") or "", "alt": alt}
        if self._tables or self._lists:
            self._drop("picture_moved")
            self._inside.append(picture)
            return
        flow = self._flow
        self.end_flow()
        self._add(picture)
        self._flow = _Flow(flow.tag) if flow else None

    def _begin_list(self, *, ordered: bool) -> None:
        if self._lists:
            self._drop("nested_list")
            self.end_flow()
        self._lists.append(self._lists[-1] if self._lists else {"type": "list", "ordered": ordered, "items": []})

    def _end_list(self) -> None:
        made = self._lists.pop()
        if not self._lists and made["items"]:
            self._add(made)
        self._let_out()

    def _let_out(self) -> None:
        if not self._lists and not self._tables:
            waiting, self._inside = self._inside, []
            for picture in waiting:
                self._add(picture)

    def _begin_table(self) -> None:
        """A table inside a table is read on in the cell it stands in, cell after cell."""
        if self._tables:
            self._drop("nested_table")
            self._depth += 1
            return
        self.end_flow()
        self._tables.append({"type": "table", "header": False, "rows": []})

    def _end_table(self) -> None:
        if self._depth:
            self._depth -= 1
            return
        self._end_row()
        self._table(self._tables.pop())
        self._let_out()

    def _end_row(self) -> None:
        self.end_flow()
        row, self._row = self._row, []
        if row:
            self._tables[-1]["rows"].append(row)

    def _table(self, made: Block) -> None:
        width = max((len(row) for row in made["rows"]), default=0)
        cells = width * len(made["rows"])
        if cells > MAX_CELLS:
            self._tables_seen += 1
            raise Invalid("content.import_table", number=self._tables_seen, cells=cells, most=MAX_CELLS)
        if width == 0:
            return
        self._tables_seen += 1
        if any(len(row) != width for row in made["rows"]):
            self._drop("merged_cells")
        for row in made["rows"]:
            row.extend([] for _ in range(width - len(row)))
        self._add(made)

    def _drop(self, what: str) -> None:
        self.dropped[what] = self.dropped.get(what, 0) + 1


def _tidy(runs: list[Run]) -> list[Run]:
    """Runs without outer white space, equal neighbours joined; nothing where there is no text."""
    joined: list[Run] = []
    for run in runs:
        if joined and {**joined[-1], "t": ""} == {**run, "t": ""}:
            joined[-1]["t"] += run["t"]
        else:
            joined.append(dict(run))
    if joined:
        joined[0]["t"] = joined[0]["t"].lstrip()
        joined[-1]["t"] = joined[-1]["t"].rstrip()
    kept = [run for run in joined if run["t"]]
    return kept if clean("".join(run["t"] for run in kept)) else []


def _one_line(runs: list[Run]) -> list[Run]:
    return [{**run, "t": run["t"].replace("\n", " ")} for run in runs]
