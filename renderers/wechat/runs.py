"""Runs of text with marks and links; links out of the platform become numbered notes at the end of the article."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from renderers.wechat.changes import Tally
from renderers.wechat.typography import tidy, tidy_runs
from renderers.wechat.vocabulary import element, escaped, escaped_plain, plain, quoted

_HTTPS: Final = re.compile(r"https://[^\s<>\"\\^`{|}]+")
_INSIDE: Final = "mp.weixin.qq.com"
_ASCII: Final = re.compile(r"https://mp\.weixin\.qq\.com(?:/[\x21-\x7e]*)?")


class Runs:
    """Writes runs in one article's styles and remembers the notes it made."""

    def __init__(self, styles: Mapping[str, str], tally: Tally, *, chinese: bool = True) -> None:
        self._styles = styles
        self._chinese = chinese
        self._tally = tally
        self._notes: dict[str, tuple[int, str]] = {}

    def html(self, text: Sequence[Mapping[str, Any]]) -> str:
        if self._chinese:
            text, count = tidy_runs(text)
            self._tally.add("typography", count)
        return "".join(self._run(run) for run in text)

    def line(self, text: str) -> str:
        """One line of plain text."""
        if self._chinese:
            text, count = tidy(text)
            self._tally.add("typography", count)
        return " ".join(plain(text).split())

    def notes(self) -> str:
        """The list of addresses, or nothing."""
        if not self._notes:
            return ""
        lines = (
            element("p", self._styles["note"], f"[{number}] {escaped(words)}{escaped(address)}")
            for address, (number, words) in self._notes.items()
        )
        title = element("p", self._styles["note"], "<strong>参考链接</strong>")
        return element("section", self._styles["notes"], title, *lines)

    def _run(self, run: Mapping[str, Any]) -> str:
        html = escaped_plain(plain(run["t"])).replace("\n", "<br>")
        if not html:
            return ""
        if run.get("note"):
            return element("sup", self._styles["sup"], noted(run["t"].strip("[]")))
        for mark in run.get("m", ()):
            html = self._marked(mark, html)
        href = run.get("href")
        return html if not href else self._linked(str(href), run["t"], html)

    def _marked(self, mark: str, html: str) -> str:
        match mark:
            case "b":
                return f"<strong>{html}</strong>"
            case "i":
                return f"<em>{html}</em>"
            case _:
                return element("span", self._styles[mark], html)

    def _linked(self, href: str, words: str, html: str) -> str:
        kind = _kind(href)
        if kind == "inside":
            return f'<a href="{quoted(href)}" style="{self._styles["a"]}">{html}</a>'
        if kind == "nowhere":
            self._tally.add("links_dropped")
            return html
        if href not in self._notes:
            self._tally.add("links")
            words = plain(words).replace("\n", " ").strip()
            label = "" if not words or words == href else f"{words}："
            self._notes[href] = (len(self._notes) + 1, label)
        return html + element("sup", self._styles["sup"], f"[{self._notes[href][0]}]")


def noted(number: object) -> str:
    """The mark of a footnote, unlike those of the addresses."""
    return f"[注{escaped(str(number))}]"


def _kind(href: str) -> str:
    """Where a link leads: inside the platform, outside, or nowhere we would send a reader."""
    if not _HTTPS.fullmatch(href) or plain(href) != href:
        return "nowhere"
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return "nowhere"
    if not host or "@" in parts.netloc:
        return "nowhere"
    return "inside" if host == _INSIDE and _ASCII.fullmatch(href) else "outside"
