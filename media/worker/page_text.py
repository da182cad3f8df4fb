"""Sandboxed: the text of a page as blocks: characters to lines, lines to the blocks a reader sees. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

_MOST_RECTS: Final = 8_000
_GAP: Final = 1.3  # of the type's height: words of one line are nearer
_LEAD: Final = 1.1  # of the type's height: lines of one block are nearer
_LIKE: Final = 1.3  # one type is at most so much larger than another of the same block
_INDENT: Final = 1.2  # of the type's height: a line that begins further in begins a paragraph


@dataclass(slots=True)
class Piece:
    """A run of text in points, y growing downward from the top of the page."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def size(self) -> float:
        return self.bottom - self.top


def characters(text: Any) -> Iterator[tuple[float, float, float, float, str]]:
    """Boxes (left, bottom, right, top) of runs of one type, with their words, as pdfium finds them."""
    for index in range(min(text.count_rects(), _MOST_RECTS)):
        box = text.get_rect(index)
        yield (*box, text.get_text_bounded(*box))


def text_blocks(
    runs: Iterable[tuple[float, float, float, float, str]], *, width: float, height: float, scale: int
) -> tuple[list[list[Any]], int]:
    """Blocks ``[left, top, right, bottom, size, text]`` in parts of `scale`, and how many characters have no meaning.

    A glyph without a character (a font that maps nothing) is counted and left out of the text: it stays in the picture.
    """
    lost = 0
    pieces: list[Piece] = []
    for left, bottom, right, top, words in runs:
        said, missing = _meant(words)
        lost += missing
        if said.strip():
            pieces.append(Piece(left, height - top, right, height - bottom, said))
    found = [_block(lines) for lines in _blocks(_lines(pieces))]
    return [_placed(one, width, height, scale) for one in found], lost


def _meant(words: str) -> tuple[str, int]:
    kept, lost = [], 0
    for ch in words:
        kind = unicodedata.category(ch)
        if ch in "\r\n\t ":
            kept.append(" ")
        elif kind in {"Co", "Cn", "Cs", "Cc"} or ch == "\ufffd":
            lost += 1
        elif kind != "Cf":
            kept.append(ch)
    return " ".join("".join(kept).split(" ")), lost


def _lines(pieces: Iterable[Piece]) -> list[Piece]:
    """Runs of one line that follow each other become one."""
    lines: list[Piece] = []
    for piece in pieces:
        last = lines[-1] if lines else None
        if last is not None and _same_line(last, piece):
            joint = "" if _touches(last, piece) else " "
            last.text = last.text.rstrip() + joint + piece.text.lstrip() if joint else last.text + piece.text
            last.left, last.right = min(last.left, piece.left), max(last.right, piece.right)
            last.top, last.bottom = min(last.top, piece.top), max(last.bottom, piece.bottom)
        else:
            lines.append(Piece(piece.left, piece.top, piece.right, piece.bottom, piece.text))
    return lines


def _same_line(one: Piece, other: Piece) -> bool:
    size = max(one.size, other.size)
    middle = abs((one.top + one.bottom) - (other.top + other.bottom)) / 2
    return middle < size * 0.45 and -size * 0.5 < other.left - one.right < size * _GAP


def _touches(one: Piece, other: Piece) -> bool:
    """Chinese words stand without spaces; Latin words a space apart keep it."""
    before, after = one.text[-1:], other.text[:1]
    return not (before.isascii() and after.isascii() and before.isalnum() and after.isalnum())


def _blocks(lines: list[Piece]) -> list[list[Piece]]:
    """Lines under each other, in one column and of one type."""
    blocks: list[list[Piece]] = []
    for line in lines:
        home = next((block for block in reversed(blocks[-12:]) if _continues(block, line)), None)
        if home is None:
            blocks.append([line])
        else:
            home.append(line)
    return blocks


def _continues(block: list[Piece], line: Piece) -> bool:
    last = block[-1]
    size = max(last.size, line.size)
    if size > _LIKE * min(last.size, line.size):
        return False
    left, right = min(one.left for one in block), max(one.right for one in block)
    shared = min(right, line.right) - max(left, line.left)
    below = line.top - last.bottom
    return -size * 0.3 < below < size * _LEAD and shared > 0.5 * min(right - left, line.right - line.left)


def _block(lines: list[Piece]) -> tuple[Piece, float]:
    left = min(one.left for one in lines)
    sizes = sorted(one.size for one in lines)
    size = sizes[len(sizes) // 2]
    text = lines[0].text.strip()
    for line in lines[1:]:
        begins = line.left - left > size * _INDENT
        joint = "\n" if begins else ("" if _touches(Piece(0, 0, 0, 0, text), line) else " ")
        text += joint + line.text.strip()
    box = Piece(
        left, min(one.top for one in lines), max(one.right for one in lines), max(one.bottom for one in lines), text
    )
    return box, size


def _placed(found: tuple[Piece, float], width: float, height: float, scale: int) -> list[Any]:
    box, size = found

    def part(value: float, whole: float) -> int:
        return max(0, min(scale, round(value * scale / whole)))

    left, right = part(box.left, width), part(box.right, width)
    top, bottom = part(box.top, height), part(box.bottom, height)
    return [left, top, max(right, left + 1), max(bottom, top + 1), max(1, part(size, height)), box.text]
