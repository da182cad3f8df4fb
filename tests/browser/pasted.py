"""What a reader of copied HTML sees as words, by another reader than the editor's: to compare with what it made."""

import re
from html.parser import HTMLParser
from pathlib import Path

_INPUTS = Path("shared") / "data" / "html_paste"
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"})
_SILENT = frozenset({"style", "script", "title", "head", "iframe", "svg", "button", "noscript", "template", "xml"})
# Numbers and bullets Word writes as text beside each item, and what it hides.
_IGNORED = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)


def fixtures() -> list[Path]:
    """Of the folder beside the checkout, or beside a folder of checkouts; none where it is absent."""
    return sorted(path for above in Path(__file__).resolve().parents for path in (above / _INPUTS).glob("*/*.html"))


class Words(HTMLParser):
    """The words below one element (by id) or of the whole page."""

    def __init__(self, within: str = "") -> None:
        super().__init__()
        self._within = within
        self._open: list[tuple[str, bool]] = []
        self._inside = 0 if within else 1
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_root = bool(self._within) and given.get("id") == self._within
        style = "" if is_root else given.get("style", "")
        in_item = any(opened == "p" for opened, _ in self._open)
        silent = tag in _SILENT or bool(_HIDDEN.search(style)) or (in_item and bool(_IGNORED.search(style)))
        if is_root:
            self._inside = len(self._open) + 1
        if tag not in _VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        if all(opened != tag for opened, _ in self._open):
            return
        while self._open and self._open.pop()[0] != tag:
            pass
        if self._within and len(self._open) < self._inside:
            self._inside = 0

    def handle_data(self, data: str) -> None:
        if self._inside and not any(silent for _, silent in self._open):
            self.said.append(data)


def words_of(html: str) -> str:
    """Every word a reader sees, without white space."""
    reader = Words("js_content" if 'id="js_content"' in html else "")
    reader.feed(html)
    return squeezed("".join(reader.said))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u00a0\u200b\u200c\u200d\ufeff]+", "", text)
