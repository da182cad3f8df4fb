"""The HTML of other people's sites as blocks: words and structure are kept, looks are not, pictures become links.

A picture of another site is not ours to show: what stands in its place is a line that leads to it, which an editor
replaces by a picture taken into the library, or deletes.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

from cms.content.blocks import MAX_BLOCKS, MAX_CHARACTERS, MAX_HREF, Block, plain
from cms.content.importing.docx import Reader
from cms.kernel.ids import block_id
from cms.kernel.text import one_line

# What another element is in our terms; a line break of meaning is a paragraph.
_AS: Final = {
    **dict.fromkeys(
        (
            "div", "section", "article", "header", "footer", "main", "aside", "pre", "figcaption", "figure", "dt",
            "dd", "caption", "address", "center", "summary", "details", "form", "fieldset", "legend", "body",
        ),
        "p",
    ),
    "del": "s",
    "strike": "s",
    "ins": "u",
}  # fmt: skip
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "svg", "math", "head", "title", "textarea"})
_EMBEDS: Final = frozenset({"iframe", "video", "audio", "object", "embed"})
_VOID: Final = frozenset({"embed"})
_LIMIT: Final = 400


@dataclass(frozen=True, slots=True)
class Foreign:
    """The blocks of a page, the addresses of its pictures in order, and what had no place, by kind."""

    blocks: tuple[Block, ...]
    pictures: tuple[str, ...]
    dropped: dict[str, int] = field(default_factory=dict)


def read_foreign(html: str, *, base: str = "", picture: str = "") -> Foreign:
    """Blocks of foreign HTML; `base` completes relative addresses, `picture` is the word before a picture's name."""
    reader = _Foreign(base, picture)
    reader.feed(html)
    reader.close()
    reader.end_all()
    blocks, cut = _within(reader.blocks)
    dropped = {**reader.dropped, **({"cut": cut} if cut else {})}
    return Foreign(tuple(blocks), tuple(dict.fromkeys(reader.pictures)), dropped)


def line_of(html: str) -> str:
    """All words of foreign HTML as one line."""
    blocks = read_foreign(html).blocks
    return one_line(" ".join(_words(block) for block in blocks))


def _words(block: Block) -> str:
    found = [plain(block["text"])] if "text" in block else []
    found += [plain(item["text"]) for item in block.get("items", ())]
    found += [plain(cell) for row in block.get("rows", ()) for cell in row]
    return " ".join(found)


def _within(blocks: list[Block]) -> tuple[list[Block], int]:
    """As many blocks as an article holds, and how many that leaves out."""
    kept: list[Block] = []
    size = 0
    for block in blocks[: MAX_BLOCKS - 1]:
        size += len(_words(block))
        if size > MAX_CHARACTERS:
            break
        kept.append(block)
    return kept, len(blocks) - len(kept)


class _Foreign(Reader):
    """Reads anything a site may send; nothing in it is believed to be closed or nested as it should."""

    def __init__(self, base: str, picture: str) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self._base, self._word = base, picture
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
            return
        if self._silent:
            return
        if tag in _EMBEDS:
            self._drop("embed")
            return
        known = _AS.get(tag, tag)
        if known in self.takes:
            super().handle_starttag(known, attrs)
        elif tag == "hr":
            self.end_flow()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)
            if tag not in {"img", "br", "hr"}:
                self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
            return
        if not self._silent:
            super().handle_endtag(_AS.get(tag, tag))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            super().handle_data(" ".join(data.split("\n")) if self._flow is None else data.replace("\n", " "))

    def end_all(self) -> None:
        """What was never closed ends here, so that no word of it is lost."""
        self.end_flow()
        while self._tables:
            self._depth = 0
            self._end_table()
        while self._lists:
            self._end_list()
        self._let_out()

    def _href(self, given: dict[str, str | None]) -> str:
        href = self._whole(given.get("href") or "")
        if href.startswith("https://"):
            return href
        if href and not href.startswith("#"):
            self._drop("link")
        return ""

    def _picture(self, given: dict[str, str | None]) -> None:
        """Lazy pages keep the true address beside the shown one."""
        source = next((found for name in ("data-src", "data-original", "src") if (found := given.get(name))), "")
        url = self._whole(source)
        if not url.startswith(("https://", "http://")):
            self._drop("picture")
            return
        self.pictures.append(url)
        name = one_line(given.get("alt") or "")[:_LIMIT] or url.rpartition("/")[2][:80] or url[:80]
        if not url.startswith("https://"):
            self._drop("picture_plain")
            return
        run = {"t": f"{self._word}{name}", "href": url}
        if self._tables or self._lists:
            self._inside.append({"type": "paragraph", "text": [run]})
            return
        flow = self._flow
        self.end_flow()
        self.blocks.append({"id": block_id(), "type": "paragraph", "text": [run]})
        self._flow = type(flow)(flow.tag) if flow else None

    def _whole(self, address: str) -> str:
        """An absolute address without what a link of ours may not have; empty when there is none."""
        try:
            found = urljoin(self._base, address.strip())
            parts = urlsplit(found)
            good = parts.hostname and "@" not in parts.netloc and parts.port != 0
        except ValueError:
            return ""
        bad = any(ch in found for ch in ' <>"\\^`{|}') or any(ord(ch) < 0x21 or ord(ch) == 0x7F for ch in found)
        return found if good and not bad and len(found) <= MAX_HREF else ""
