"""A piece as plain ideas for cards and text: headings with the paragraphs under them, and the first video."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cms.contract import AssetFile, Piece
from cms.contract.lists import Outline, outline
from cms.contract.newspapers import label_line, titles
from media.house import PLAY, SUBTITLES
from media.marks import MarksWrong, Stretch, read_marks, within

VIDEO = PLAY


@dataclass(frozen=True, slots=True)
class Idea:
    """One thing to say: a heading, possibly empty, and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


def plain(text: Sequence[Mapping[str, Any]]) -> str:
    """Runs of text without marks, on one line."""
    return " ".join("".join(run["t"] for run in text).split())


def ideas(piece: Piece) -> list[Idea]:
    """What the article says, in order; a piece without text says its summary."""
    found: list[Idea] = []
    heading, paragraphs = "", list[str]()
    for is_heading, text in _lines(piece.body["blocks"]):
        if not is_heading:
            paragraphs.append(text)
            continue
        if paragraphs:
            found.append(Idea(heading, tuple(paragraphs)))
        heading, paragraphs = text, []
    if paragraphs:
        found.append(Idea(heading, tuple(paragraphs)))
    if not found and any(ch.isprintable() and not ch.isspace() for ch in piece.summary):
        found = [Idea("", (piece.summary,))]
    return found


def video(piece: Piece) -> tuple[AssetFile, int] | None:
    """The first video of the piece as a file to cut from, and its milliseconds."""
    for block in piece.body["blocks"]:
        if block["type"] != "video":
            continue
        file = piece.rendition(block["asset"], VIDEO)
        if file is not None:
            return file, piece.durations.get(block["asset"], 0)
    return None


def subtitles(piece: Piece) -> AssetFile | None:
    """The subtitles that were signed with the first video, Chinese ones first."""
    block = next((one for one in piece.body["blocks"] if one["type"] == "video"), None)
    found = [piece.rendition(block["asset"], name) for name in SUBTITLES.values()] if block else []
    return next((file for file in found if file is not None), None)


def stretches(piece: Piece, length: int, *, most: int) -> tuple[Stretch, ...]:
    """What of a film of `length` is shown: the stretches an editor marked for this channel, else its begin.

    An unknown length is 0; then the marks are trusted.
    """
    try:
        marked = read_marks(override(piece, "cuts"))
    except MarksWrong:  # written by an older program; the machine's check refuses it today
        marked = ()
    end = length or max((stop for _, stop in marked), default=most)
    return within(marked, length=end, most=most) or ((0, min(end, most)),)


def override(piece: Piece, field: str) -> str:
    """What an editor wrote for this channel alone, or nothing."""
    return str(piece.overrides.get("douyin", {}).get(field, "")).strip()


def _lines(blocks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[bool, str]]:
    for block in blocks:
        kind = block["type"]
        if kind == "heading":
            yield from _if_any(plain(block["text"]), heading=True)
        elif kind in {"paragraph", "quote"}:
            yield from _if_any(plain(block["text"]))
        elif kind == "notice":
            title, text = block["title"].strip(), plain(block["text"])
            yield from _if_any(f"{title}：{text}" if title and text else title or text)
        elif kind == "list":
            if block.get("notes"):
                yield True, "注释"
            yield from _entries(outline(block))
        elif kind == "page" and (found := titles(block)):
            yield True, label_line(block["label"])
            yield from ((False, f"· {title}") for title in found)


def _entries(found: Outline) -> Iterator[tuple[bool, str]]:
    for place, entry in enumerate(found.entries, 1):
        if text := plain(entry.text):
            yield False, (f"{place}. " if found.ordered else "· ") + text
        for below in entry.below:
            yield from _entries(below)


def _if_any(text: str, *, heading: bool = False) -> Iterator[tuple[bool, str]]:
    if text:
        yield heading, text
