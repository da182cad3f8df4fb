"""The few elements and styles an article is made of, and the proof that nothing else is in it.

The platform publishes no list of what it keeps (facts §1.9), so the vocabulary is the small common ground: no div,
class, id, style sheet or script; every colour explicit; what is inherited stands once, on the outermost section,
because the whole article has to stay below 20,000 characters.
"""

import re
from typing import Final

import nh3

TAGS: Final = {
    *("section", "p", "h2", "h3", "strong", "em", "span", "sup", "br", "hr", "a", "img"),
    *("ol", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
_SPANS: Final = {"style", "rowspan", "colspan"}
_ATTRIBUTES: Final = {
    "*": {"style"},
    "img": {"src", "alt", "style"},
    "a": {"href", "style"},
    "td": _SPANS,
    "th": _SPANS,
}
_PROPERTIES: Final = {
    *("margin", "padding", "color", "background-color", "font-size", "font-weight", "font-style", "line-height"),
    *("letter-spacing", "text-align", "text-decoration", "border", "border-left", "border-top", "border-radius"),
    *("border-bottom", "border-collapse", "display", "width", "min-width", "height", "overflow-x", "word-break"),
    "vertical-align",
}
# With its tag: in what people typed the same letters may stand, but never after a `<`.
PLACEHOLDER: Final = re.compile('<img src="asset:([0-9a-f]{64})"')

# XML's characters without the marks that turn the direction of what follows: a name must not read backwards.
_NO_TEXT: Final = re.compile(
    "[^\t\n\u0020-\u007e\u00a0-\u200a\u200c-\u2029\u202f-\u205f\u2061-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe"
    "\uff00-\ufffd" + "".join(f"{chr(n << 16)}-{chr(n << 16 | 0xFFFD)}" for n in range(1, 17)) + "]"
)


def element(tag: str, style: str, *inner: str) -> str:
    return f'<{tag} style="{style}">{"".join(inner)}</{tag}>'


def plain(text: str) -> str:
    """The text without what is no text: control characters, zero-width marks, changes of direction."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _NO_TEXT.sub("", text)


def escaped(text: str) -> str:
    """Text as the sanitiser writes it, so that its answer can be compared byte for byte."""
    return escaped_plain(plain(text))


def escaped_plain(text: str) -> str:
    """The same of what is `plain` already."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u00a0", "&nbsp;")


def quoted(text: str) -> str:
    """An attribute's value."""
    return escaped(plain(text).replace("\n", " ")).replace('"', "&quot;")


def sanitised(html: str, *, frozen: bool = False, plain_http: bool = False) -> str:
    """What a strict sanitiser leaves of it.

    Args:
        html: of an article.
        frozen: no placeholder of a picture may be left.
        plain_http: the platform is a simulator, whose addresses have no TLS.
    """
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", *(() if frozen else ("asset",)), *(("http",) if plain_http else ())},
        filter_style_properties=_PROPERTIES,
        link_rel=None,
        strip_comments=True,
    )


def is_clean(html: str, *, frozen: bool = False, plain_http: bool = False) -> bool:
    """Whether it equals its own sanitised form."""
    return sanitised(html, frozen=frozen, plain_http=plain_http) == html
