"""Time marks as people write them: which stretches of a film are shown, one a line, such as ``1:05-2:10``. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from media.subtitles import read_time

MOST: Final = 12
_SHORTEST: Final = 1_000  # a stretch below a second is a slip of the pen
_PARTED: Final = re.compile(r"\s*(?:[-‐-―−－~～]+|至|到)\s*")
_LINES: Final = re.compile(r"[\n;；,，、]+")

Stretch = tuple[int, int]
"""From (inclusive) and until (exclusive) in milliseconds."""


class MarksWrong(ValueError):
    """A line nobody can read as a stretch; `line` is what was written."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line[:40]


def read_marks(text: str) -> tuple[Stretch, ...]:
    """The stretches in the order they were written, which is the order they are shown in.

    Raises MarksWrong for a line that is none, one that ends before it begins, and more than `MOST` of them.
    """
    lines = (line.strip() for line in _LINES.split(text.replace("：", ":")))
    found = [_stretch(line) for line in lines if line]
    if len(found) > MOST:
        raise MarksWrong(f"{MOST} +")
    return tuple(found)


def within(stretches: Iterable[Stretch], *, length: int, most: int) -> tuple[Stretch, ...]:
    """What of the stretches lies in a film of `length`, and in all no longer than `most` milliseconds."""
    kept: list[Stretch] = []
    left = most
    for start, end in stretches:
        ends = min(end, length, start + left)
        if ends - start >= min(_SHORTEST, left):
            kept.append((start, ends))
            left -= ends - start
        if left <= 0:
            break
    return tuple(kept)


def total(stretches: Sequence[Stretch]) -> int:
    """Milliseconds in all."""
    return sum(end - start for start, end in stretches)


def _stretch(line: str) -> Stretch:
    parts = _PARTED.split(line)
    if len(parts) != 2:
        raise MarksWrong(line)
    try:
        start, end = read_time(parts[0]), read_time(parts[1])
    except ValueError as error:
        raise MarksWrong(line) from error
    if end - start < _SHORTEST:
        raise MarksWrong(line)
    return start, end
