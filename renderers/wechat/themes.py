"""The themes of an office: its colour in one of four looks, as the style of every element of an article.

Colours are explicit and opaque; the colour of text is made as dark as it must be to be read on white and on its tint.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

INK: Final = "#2b2b2b"
SOFT: Final = "#555555"
# 4.5:1 on white and on PAPER, as WCAG asks of small text.
PALE: Final = "#6b6b6b"
RULE: Final = "#e3e3e3"
PAPER: Final = "#f7f7f7"
_READABLE: Final = 4.5

Styles = Mapping[str, str]


def mixed(colour: str, percent: int) -> str:
    """`percent` of a colour on white: tints have no transparency, which dark mode would turn into anything."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{255 - (255 - part) * percent // 100:02x}" for part in parts)


def readable(colour: str) -> str:
    """The colour, as much darker as text on white and on its own tint needs (4.5:1, WCAG)."""
    for percent in range(100, 0, -4):
        dark = "#" + "".join(f"{int(colour[at : at + 2], 16) * percent // 100:02x}" for at in (1, 3, 5))
        if contrast(dark, mixed(colour, 6)) >= _READABLE:
            return dark
    return INK


def contrast(one: str, other: str) -> float:
    """Of two colours, by WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)


def _common(tint: str, edge: str, ink: str) -> Styles:
    """What is alike in every look."""
    return {
        "article": f"font-size:16px;line-height:1.75;letter-spacing:0.5px;color:{INK};word-break:break-word",
        "column": f"margin:0 0 12px;font-size:14px;color:{ink};font-weight:bold",
        "subtitle": f"margin:0 0 20px;font-size:15px;color:{SOFT}",
        "p": "margin:0 0 18px",
        "h3": f"margin:24px 0 12px;font-size:16px;line-height:1.5;color:{ink}",
        "list": "margin:0 0 18px;padding:0 0 0 24px",
        "li": "margin:0 0 6px",
        "quote": f"margin:0 0 18px;padding:12px 16px;border-left:3px solid {edge};background-color:{PAPER};"
        f"color:{SOFT}",
        "inner": "margin:0",
        "cite": f"margin:8px 0 0;font-size:14px;color:{PALE};text-align:right",
        "notice": f"margin:0 0 18px;padding:16px;border:1px solid {edge};border-radius:6px;background-color:{tint}",
        "notice-title": f"margin:0 0 8px;color:{ink};font-weight:bold",
        "scroll": "margin:0 0 18px;overflow-x:auto",
        "table": "width:100%;border-collapse:collapse;font-size:14px;line-height:1.5",
        "th": f"padding:6px 8px;border:1px solid {RULE};background-color:{tint};text-align:left",
        "td": f"padding:6px 8px;border:1px solid {RULE}",
        # Of a table with many cells, whose frames alone would fill the article.
        "row": f"border-top:1px solid {RULE}",
        "lean": "padding:4px",
        "figure": "margin:0 0 18px;text-align:center",
        "img": "display:block;width:100%;height:auto",
        "caption": f"margin:8px 0 0;font-size:13px;line-height:1.5;color:{PALE}",
        "divider": f"margin:28px 0;border:none;border-top:1px solid {RULE}",
        "video": f"margin:0 0 18px;border:1px solid {RULE};border-radius:6px;background-color:{PAPER}",
        "video-text": "padding:12px 16px",
        "video-title": f"margin:0;font-weight:bold;color:{INK}",
        "video-hint": f"margin:4px 0 0;font-size:14px;color:{SOFT}",
        "sup": f"font-size:12px;color:{ink}",
        "a": f"color:{ink};text-decoration:underline",
        "notes": f"margin:32px 0 0;padding:16px 0 0;border-top:1px solid {RULE};font-size:13px;color:{SOFT}",
        "note": "margin:0 0 4px;word-break:break-all",
        "credits": f"margin:32px 0 0;padding:14px 16px;background-color:{PAPER};font-size:14px;color:{SOFT}",
        "credit": "margin:0",
        "u": "text-decoration:underline",
        "s": "text-decoration:line-through",
    }


def _bar(theme: str, _tint: str, _edge: str, _ink: str) -> Styles:
    return {
        "h2": f"margin:32px 0 16px;padding:0 0 0 10px;border-left:4px solid {theme};font-size:18px;line-height:1.5;"
        f"color:{INK}",
    }


def _label(_theme: str, _tint: str, _edge: str, ink: str) -> Styles:
    return {
        "h2": "margin:32px 0 16px;font-size:17px;line-height:1.5",
        "h2-inner": f"display:inline-block;padding:4px 14px;background-color:{ink};color:#ffffff;border-radius:4px",
    }


def _centre(theme: str, _tint: str, _edge: str, ink: str) -> Styles:
    return {
        "h2": "margin:36px 0 18px;font-size:18px;line-height:1.5;text-align:center",
        "h2-inner": f"display:inline-block;padding:0 18px 6px;border-bottom:2px solid {theme};color:{ink}",
        "h3": f"margin:24px 0 12px;font-size:16px;line-height:1.5;color:{ink};text-align:center",
        "caption": f"margin:8px 0 0;font-size:13px;line-height:1.5;color:{PALE};text-align:center",
    }


def _rule(theme: str, tint: str, _edge: str, ink: str) -> Styles:
    return {
        "h2": f"margin:32px 0 16px;padding:0 0 8px;border-bottom:2px solid {theme};font-size:18px;line-height:1.5;"
        f"color:{ink}",
        "quote": f"margin:0 0 18px;padding:12px 16px;border-top:2px solid {theme};background-color:{PAPER};"
        f"color:{SOFT}",
        "notice": f"margin:0 0 18px;padding:16px;border-top:3px solid {theme};background-color:{tint}",
    }


_LOOKS: Final[Mapping[str, Callable[[str, str, str, str], Styles]]] = {
    "bar": _bar,
    "label": _label,
    "centre": _centre,
    "line": _rule,
}


@lru_cache(64)
def styles(theme: str, look: str = "bar") -> Styles:
    """The style of every element, by the name the article gives it: the office's colour in one of four looks."""
    tint, edge, ink = mixed(theme, 6), mixed(theme, 30), readable(theme)
    return {**_common(tint, edge, ink), **_LOOKS[look](theme, tint, edge, ink)}
