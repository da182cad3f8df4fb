"""How many lines words need in a type, without a browser: reckoned so that a line is never wider than was thought."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Lines that stay together: a text is parted after every fourth line, so that no page ends in the air.
LINES: Final = 2
_WIDE: Final = frozenset("WFA")
_NARROW: Final = 62  # hundredths of the size; an m or a W of a bold face has more, an i less
_BROAD: Final = frozenset("mwMW@%&—…")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look; `source` is what they were cut from."""

    text: str
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a text."""

    runs: tuple[Run, ...]
    lines: int


def parted(runs: Sequence[Run], *, size: int, width: int) -> list[Part]:
    """The words in parts of `LINES` lines each (the last one has the rest), broken where a browser breaks them.

    Chinese breaks anywhere, other words between each other. One character of every line is left free, since no line may
    begin with a closing mark.
    """
    room = max(200, width * 100 // size - 100)
    parts: list[Part] = []
    held: list[tuple[str, int]] = []
    lines, used = 1, 0
    for number, run in enumerate(runs):
        for word in _words(run.text):
            wide = _width(word)
            more = 1 if word == "\n" else -(-wide // room) if wide > room else int(used + wide > room)
            if more and (used or word == "\n"):
                if lines + more > LINES and word != "\n":
                    parts.append(_part(runs, held, lines))
                    held, lines, used = [], 1, 0
                    more = max(0, -(-wide // room) - 1)
                lines, used = lines + more, 0
            held.append((word, number))
            used = min(room, used + (0 if word == "\n" else wide % room if wide > room else wide))
    if held or not parts:
        parts.append(_part(runs, held, lines))
    return parts


def _part(runs: Sequence[Run], held: Sequence[tuple[str, int]], lines: int) -> Part:
    made: list[Run] = []
    last = -1
    for word, number in held:
        if number == last:
            made[-1] = Run(made[-1].text + word, made[-1].source)
        else:
            made.append(Run(word, runs[number].source))
        last = number
    return Part(tuple(made), lines)


def _words(text: str) -> Iterator[str]:
    """Pieces that no line breaks inside of."""
    word = ""
    for character in text:
        if _is_wide(character) or character in " \n\t":
            if word:
                yield word
                word = ""
            yield character
        else:
            word += character
    if word:
        yield word


def _width(word: str) -> int:
    """Hundredths of the size of the type."""
    if word == "\n":
        return 0
    return sum(100 if _is_wide(ch) or ch in _BROAD else _NARROW for ch in word if not unicodedata.combining(ch))


def _is_wide(character: str) -> bool:
    return character > "\x7f" and unicodedata.east_asian_width(character) in _WIDE
