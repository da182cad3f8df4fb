"""The text under a post: title, summary, byline and topics within the limit, never cut inside a character."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from cms.contract import Piece
from renderers.douyin.article import override
from renderers.douyin.settings import LIMITS

# Marks that make a topic or a mention of what stands behind them; in prose they become their full-width look-alikes.
_MEANINGFUL: Final = str.maketrans({"#": "＃", "@": "＠"})
_DUTIES: Final = (("来源", "source"), ("记者", "reporter"), ("责编", "editor"), ("主办", "sponsor"))
_TOPIC: Final = re.compile(r"[#＃]([^\s#＃,，。、;；!！?？]+)")
_ELLIPSIS: Final = "…"
_JOINERS: Final = {"\u200d", "\ufe0f", "\ufe0e"}


def compose(piece: Piece, topics: Iterable[str] = ()) -> str:
    """Title, summary, byline and topics; the summary alone gives way when it is too long."""
    tail = "\n".join(filter(None, (byline(piece), " ".join("#" + one for one in topics_of(piece, topics)))))
    head = prose(override(piece, "title") or piece.title)
    tail = cut(tail, LIMITS.text - 2)
    head = cut(head, LIMITS.text - len(tail) - 2)
    room = LIMITS.text - len(head) - len(tail) - 2
    own = _TOPIC.sub("", override(piece, "summary"))
    middle = cut(prose(own or piece.summary), max(0, room))
    return "\n".join(part for part in (head, middle, tail) if part)


def title(piece: Piece) -> str:
    """The short title a person types into the platform's own console."""
    return cut(prose(override(piece, "title") or piece.title), LIMITS.title)


def byline(piece: Piece) -> str:
    """Who answers for the piece, on every channel."""
    named = ((label, prose(getattr(piece.byline, name))) for label, name in _DUTIES)
    return "　".join(f"{label}：{cut(name, 60)}" for label, name in named if name)


def topics_of(piece: Piece, wanted: Iterable[str] = ()) -> list[str]:
    """What an editor marked with «#» in this channel's summary, else the column; then the account's, each once."""
    own = _TOPIC.findall(override(piece, "summary")) or [piece.column_name]
    found = (topic(one) for one in (*own, *wanted))
    return list(dict.fromkeys(one for one in found if one))[: LIMITS.topics]


def topic(name: str) -> str:
    """A name that stays one topic: letters and digits only, because any other mark ends it."""
    kept = "".join(ch for ch in unicodedata.normalize("NFC", name) if unicodedata.category(ch)[0] in "LN" or ch == "_")
    return kept[: LIMITS.topic]


def prose(text: str) -> str:
    """Text that makes neither topics nor mentions, on one line, without directions and other unseen marks."""
    seen = "".join(
        ch
        for ch in text
        if ch in _JOINERS or unicodedata.category(ch) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or ch in "\n\t"
    )
    return " ".join(seen.translate(_MEANINGFUL).split())


def cut(text: str, most: int) -> str:
    """At most `most` characters, ended by an ellipsis where something was cut, and never inside a grapheme."""
    if len(text) <= most:
        return text
    if most <= 0:
        return ""
    at = most - len(_ELLIPSIS)
    while at > 0 and not _may_break(text, at):
        at -= 1
    return text[:at].rstrip() + _ELLIPSIS


def _may_break(text: str, at: int) -> bool:
    """Whether a person sees two characters at this place."""
    after, before = text[at], text[at - 1]
    if after in _JOINERS or before == "\u200d" or unicodedata.category(after)[0] == "M":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False
    if _is_flag_half(after) and _is_flag_half(before):
        run = 0
        while run < at and _is_flag_half(text[at - 1 - run]):
            run += 1
        return run % 2 == 0
    return True


def _is_flag_half(ch: str) -> bool:
    return "\U0001f1e6" <= ch <= "\U0001f1ff"
