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
    *("border-collapse", "display", "width", "min-width", "height", "overflow-x", "word-break", "vertical-align"),
}
# With its tag: in what people typed the same letters may stand, but never after a `<`.
PLACEHOLDER: Final = re.compile('<img src="asset:([0-9a-f]{64})"')

INK: Final = "#2b2b2b"
SOFT: Final = "#555555"
# 4.5:1 on white and on PAPER, as WCAG asks of small text.
PALE: Final = "#6b6b6b"
RULE: Final = "#e3e3e3"
PAPER: Final = "#f7f7f7"

# XML's characters without the marks that turn the direction of what follows: a name must not read backwards.
_NO_TEXT: Final = re.compile(
    "[^\t\n\u0020-\u007e\u00a0-\u200a\u200c-\u2029\u202f-\u205f\u2061-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe"
    "\uff00-\ufffd\U00010000-\U0010ffff]"
)
_NONCHARACTERS: Final = re.compile(
    "[" + "".join(f"{chr(n << 16 | 0xFFFE)}{chr(n << 16 | 0xFFFF)}" for n in range(1, 17)) + "]"
)


def styles(theme: str) -> dict[str, str]:
    """The style of every element, by the name the article gives it."""
    tint, edge = mixed(theme, 6), mixed(theme, 30)
    return {
        "article": f"font-size:16px;line-height:1.75;letter-spacing:0.5px;color:{INK};word-break:break-word",
        "column": f"margin:0 0 8px;font-size:14px;color:{theme};font-weight:bold",
        "subtitle": f"margin:0 0 20px;font-size:15px;color:{SOFT}",
        "p": "margin:0 0 18px",
        "h2": f"margin:32px 0 16px;padding:0 0 0 10px;border-left:4px solid {theme};font-size:18px;line-height:1.5;"
        f"color:{INK}",
        "h3": f"margin:24px 0 12px;font-size:16px;line-height:1.5;color:{theme}",
        "list": "margin:0 0 18px;padding:0 0 0 24px",
        "li": "margin:0 0 6px",
        "quote": f"margin:0 0 18px;padding:12px 16px;border-left:3px solid {edge};background-color:{PAPER};"
        f"color:{SOFT}",
        "inner": "margin:0",
        "cite": f"margin:8px 0 0;font-size:14px;color:{PALE};text-align:right",
        "notice": f"margin:0 0 18px;padding:16px;border:1px solid {edge};border-radius:6px;background-color:{tint}",
        "notice-title": f"margin:0 0 8px;color:{theme};font-weight:bold",
        "scroll": "margin:0 0 18px;overflow-x:auto",
        "table": "width:100%;border-collapse:collapse;font-size:14px;line-height:1.5",
        "th": f"padding:6px 8px;border:1px solid {RULE};background-color:{tint};text-align:left",
        "td": f"padding:6px 8px;border:1px solid {RULE}",
        "figure": "margin:0 0 18px;text-align:center",
        "img": "display:block;width:100%;height:auto",
        "caption": f"margin:8px 0 0;font-size:13px;line-height:1.5;color:{PALE}",
        "divider": f"margin:28px 0;border:none;border-top:1px solid {RULE}",
        "video": f"margin:0 0 18px;border:1px solid {RULE};border-radius:6px;background-color:{PAPER}",
        "video-text": "padding:12px 16px",
        "video-title": f"margin:0;font-weight:bold;color:{INK}",
        "video-hint": f"margin:4px 0 0;font-size:14px;color:{SOFT}",
        "sup": f"font-size:12px;color:{theme}",
        "a": f"color:{theme};text-decoration:underline",
        "notes": f"margin:32px 0 0;padding:16px 0 0;border-top:1px solid {RULE};font-size:13px;color:{SOFT}",
        "note": "margin:0 0 4px;word-break:break-all",
        "credits": f"margin:32px 0 0;padding:14px 16px;background-color:{PAPER};font-size:14px;color:{SOFT}",
        "credit": "margin:0",
        "u": "text-decoration:underline",
        "s": "text-decoration:line-through",
    }


def mixed(colour: str, percent: int) -> str:
    """`percent` of a colour on white: tints have no transparency, which dark mode would turn into anything."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{255 - (255 - part) * percent // 100:02x}" for part in parts)


def element(tag: str, style: str, *inner: str) -> str:
    return f'<{tag} style="{style}">{"".join(inner)}</{tag}>'


def plain(text: str) -> str:
    """The text without what is no text: control characters, zero-width marks, changes of direction."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _NONCHARACTERS.sub("", _NO_TEXT.sub("", text))


def escaped(text: str) -> str:
    """Text as the sanitiser writes it, so that its answer can be compared byte for byte."""
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u00a0", "&nbsp;")


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
