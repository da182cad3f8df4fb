"""What WeChat makes of the HTML of an article: it keeps what it knows and drops the rest without a word."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

# Gone with all they hold.
DROPPED: Final = frozenset(
    {
        *("script", "style", "iframe", "object", "embed", "video", "audio", "form", "select", "textarea", "button"),
        *("head", "title", "noscript", "template", "canvas", "map", "defs", "lineargradient", "radialgradient"),
        *("marker", "mask", "pattern", "filter", "symbol", "foreignobject"),
    }
)
# Gone themselves, and empty by nature.
VOID_DROPPED: Final = frozenset({"link", "meta", "base", "input", "source", "track", "param", "area", "use"})
VOID: Final = frozenset({"br", "hr", "img", "col", "wbr"})
# Taken away, and what they hold stays.
UNWRAPPED: Final = frozenset({"html", "body", "fieldset", "label", "option", "dialog", "main", "details", "summary"})
STYLE_DROPPED: Final = frozenset({"position", "z-index", "float", "transform", "behavior", "-moz-binding"})
_VALUE_DROPPED = re.compile(r"var\(|url\(|expression\(|javascript:", re.IGNORECASE)
_ATTRIBUTE_DROPPED: Final = frozenset({"id", "name", "srcset", "action", "formaction", "ping", "download", "srcdoc"})


@dataclass
class Cleaned:
    """The HTML a reader gets, and what was taken away."""

    html: str
    losses: list[str] = field(default_factory=list)


def clean(text: str, is_ours: Callable[[str], bool]) -> Cleaned:
    """`is_ours` tells the addresses of pictures that were uploaded here."""
    cleaner = _Cleaner(is_ours)
    cleaner.feed(text)
    cleaner.close()
    return Cleaned("".join(cleaner.out), cleaner.losses)


class _Cleaner(HTMLParser):
    def __init__(self, is_ours: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.losses: list[str] = []
        self._is_ours = is_ours
        self._skipping: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED or tag in VOID_DROPPED or self._skipping:
            if not self._skipping:
                self.losses.append(f"<{tag}>")
            if tag in DROPPED:
                self._skipping.append(tag)
            return
        if tag in UNWRAPPED:
            self.losses.append(f"<{tag}>")
            return
        kept = self._attributes(tag, attrs)
        if kept is None:
            return
        self.out.append(f"<{tag}{kept}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID | VOID_DROPPED:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag in self._skipping:
                while self._skipping.pop() != tag:
                    pass
            return
        if tag not in self._open:
            return
        while True:
            last = self._open.pop()
            self.out.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.out.append(html.escape(data, quote=False))

    def close(self) -> None:
        super().close()
        while self._open:
            self.out.append(f"</{self._open.pop()}>")

    def handle_comment(self, data: str) -> None:
        self.losses.append("<!--")

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> str | None:
        """The attributes that stay, as text; None when the element goes with them."""
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            source = values.get("src") or values.get("data-src", "")
            if not self._is_ours(source):
                self.losses.append(f"img {source[:80]}")
                return None
        kept = []
        for name, value in values.items():
            text = self._attribute(tag, name, value)
            if text is not None:
                kept.append(f' {name}="{html.escape(text)}"')
        return "".join(kept)

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        if name.startswith("on") or name in _ATTRIBUTE_DROPPED or ":" in name:
            self.losses.append(f"{tag}[{name}]")
            return None
        if tag == "img" and name in {"width", "height"}:
            self.losses.append(f"img[{name}]")
            return None
        if name == "href" and not re.match(r"https?://mp\.weixin\.qq\.com/", value):
            self.losses.append(f"href {value[:80]}")
            return None
        if name == "style":
            return self._style(value)
        if name == "src" and tag != "img":
            self.losses.append(f"{tag}[src]")
            return None
        return value

    def _style(self, value: str) -> str | None:
        kept = []
        for rule in value.split(";"):
            name, colon, content = rule.partition(":")
            key = name.strip().lower()
            if not colon:
                continue
            if key in STYLE_DROPPED or key.startswith("--") or _VALUE_DROPPED.search(content):
                self.losses.append(f"style {key}")
            else:
                kept.append(f"{key}:{content.strip()}")
        return ";".join(kept) or None


def text_of(content: str) -> str:
    """The words alone."""
    reader = _Words()
    reader.feed(content)
    reader.close()
    return " ".join("".join(reader.words).split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
