"""The words of a piece as a programme guide takes them: plain, short, with those who answer for it."""

import re
from collections.abc import Iterator
from typing import Any, Final

from cms.contract import Piece

# What XML 1.0 does not know; a carriage return is lost on the way and would change a value's hash.
_ILLEGAL: Final = re.compile("[^\\t\\n\\x20-\\uD7FF\\uE000-\\uFFFD\\U00010000-\\U0010FFFF]")
DESCRIPTION: Final = 1_000


def legal(text: str) -> str:
    """The text without what an XML document may not hold."""
    return _ILLEGAL.sub("", text)


def masters(piece: Piece) -> Iterator[str]:
    """The videos a piece shows, in their order, each once."""
    blocks = piece.body.get("blocks", ())
    yield from dict.fromkeys(block["asset"] for block in blocks if block.get("type") == "video" and block.get("asset"))


def search_name(piece: Piece) -> str:
    """The first letters that a viewer types with the remote: letters and digits only, in capitals."""
    return "".join(ch for ch in piece.pinyin.upper() if ch.isascii() and ch.isalnum())


def description(piece: Piece) -> str:
    """Who answers for it and what it is about, as much as fits; the duties of the trade are never what is cut."""
    byline = piece.byline
    named = (("来源", byline.source), ("记者", byline.reporter), ("责编", byline.editor), ("主办", byline.sponsor))
    duties = "　".join(f"{name}：{who}" for name, who in named if who)
    about = legal("\n".join(part for part in (piece.summary, *paragraphs(piece)) if part))
    room = DESCRIPTION - len(duties) - 1
    cut = about if len(about) <= room else about[: max(0, room - 1)].rstrip() + "…"
    return legal(f"{cut}\n{duties}").strip()


def paragraphs(piece: Piece) -> Iterator[str]:
    """Everything that is written in the body, block by block; a film's title names its own programme."""
    for block in piece.body.get("blocks", ()):
        said = "" if block.get("type") == "video" else _said(block)
        if said:
            yield said


def _said(block: Any) -> str:
    texts: list[str] = []
    for name in ("title", "text", "cite", "items", "rows"):
        _gather(block.get(name), texts)
    return "".join(texts).strip()


def _gather(value: Any, texts: list[str]) -> None:
    """Runs are ``{"t": …}``, in whatever lists and items they stand."""
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list | tuple):
        for one in value:
            _gather(one, texts)
    elif isinstance(value, dict):
        _gather(value.get("t") if "t" in value else value.get("text"), texts)
