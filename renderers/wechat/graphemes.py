"""Counting and cutting text as people see it: a cut never falls inside an emoji, a flag or a letter with its marks.

The platform counts code points (facts: whether an emoji is one or two is not stated), so a limit is of code points;
where the cut falls is decided by clusters.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"
_MARKS: Final = frozenset({"Mn", "Me", "Mc"})
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must not be cut (the common rules of UAX 29)."""
    start = 0
    for at in range(1, len(text)):
        if not _joined(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` code points, with an ellipsis where something was left out."""
    if len(text) <= limit:
        return text
    kept, room = "", limit - len(ELLIPSIS)
    for cluster in clusters(text):
        if len(kept) + len(cluster) > room:
            break
        kept += cluster
    return kept.rstrip(" ，、：；,:;") + ELLIPSIS


def _joined(text: str, start: int, at: int) -> bool:
    before, here = text[at - 1], text[at]
    if before == "\r" and here == "\n":
        return True
    if here == _JOINER or unicodedata.category(here) in _MARKS or _is_modifier(here):
        return True
    if before == _JOINER:
        return _is_pictorial(here)
    if _is_regional(before) and _is_regional(here):
        return (at - start) % 2 == 1
    return before in _PREPENDED or _is_hangul_inside(before, here)


def _is_modifier(ch: str) -> bool:
    """Skin tones, and the tags that spell the flags of regions."""
    return "\U0001f3fb" <= ch <= "\U0001f3ff" or "\U000e0020" <= ch <= "\U000e007f"


def _is_pictorial(ch: str) -> bool:
    return unicodedata.category(ch) == "So" or ch in "\u2640\u2642\u2695\u2696\u2708\u2764"


def _is_regional(ch: str) -> bool:
    return "\U0001f1e6" <= ch <= "\U0001f1ff"


def _is_hangul_inside(before: str, here: str) -> bool:
    leading, rest = "\u1100" <= before <= "\u115f", "\u1160" <= before <= "\u11ff"
    return (leading and "\u1100" <= here <= "\u11ff") or (rest and "\u1160" <= here <= "\u11ff")
