"""Text as it is compared: NFKC, one width, one case, with the place in the original of every character that is left."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_SPACE: Final = re.compile(r"\s+")
# What is written between the characters of a word to get it past a list. Marks that end a clause are no such thing:
# «很大。麻烦» is not 大麻.
_BETWEEN: Final = frozenset(" \t\u3000-_*·•・~^|/\\+=#@&'`")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` to compare; `places[i]` is where its character `i` came from, with one more for the end."""

    text: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the original that [start, end) of the folded text came from."""
        return self.places[start], self.places[end - 1] + 1


@lru_cache(maxsize=20_000)
def _form(ch: str) -> str:
    """One character as it is compared; empty for what nobody sees."""
    return "" if unicodedata.category(ch) in {"Cf", "Cc"} and ch != "\n" else unicodedata.normalize("NFKC", ch).lower()


def fold(text: str, *, joined: bool = False) -> Folded:
    """The text in one form. `joined` also drops blanks and the marks that keep the characters of one word apart."""
    made: list[str] = []
    places: list[int] = []
    for place, ch in enumerate(text):
        for one in _form(ch):
            if joined and one in _BETWEEN:
                continue
            made.append(one)
            places.append(place)
    return Folded("".join(made), (*places, len(text)))


def search_form(text: str) -> str:
    """Text as it is searched: one form, lower case, every run of white space one blank."""
    # Form by form and not at once: a search must fold a word exactly as the text around it.
    return _SPACE.sub(" ", "".join(map(_form, _SPACE.sub(" ", text)))).strip()
