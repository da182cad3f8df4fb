"""What the search index holds of a text: its characters and its pairs of neighbours. Pure.

Most Chinese words have two characters, so a pair is a word of the index and needs no dictionary. Every word of the
index that a query asks for stands in each text the query stands in; for one or two characters the reverse is true too,
and longer queries are compared with the text itself, so that a search finds what a plain search for a substring finds.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cms.kernel.folding import fold, search_form

MOST_WORDS: Final = 10
_LONGEST: Final = 100
# ASCII marks and blanks part words, in the index of either database; everything else is a character like any other.
_RUNS: Final = re.compile("[0-9a-z\x80-\U0010ffff]+")
_FACET: Final = str.maketrans({"-": "－", "_": "＿", "/": "／"})


def grams(text: str) -> set[str]:
    """The words of the index in a text of `search_form`."""
    found: set[str] = set()
    for run in _RUNS.findall(text):
        found.update(run)
        found.update(run[place : place + 2] for place in range(len(run) - 1))
    return found


def facet(name: str, value: str) -> str:
    """A word of the index that narrows a search; longer than two characters, so no text has it."""
    return f"{name}：{value.lower().translate(_FACET)}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched: words of the index that must all be there, and words to compare with the text itself."""

    grams: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words)


def wanted(query: str) -> Wanted:
    """A query: words with blanks between, each of which must stand in the text."""
    words = tuple(dict.fromkeys(search_form(query[:_LONGEST]).split(" ")[:MOST_WORDS])) if query.strip() else ()
    words = tuple(word for word in words if word)
    needed = {gram for word in words for gram in _needed(word)}
    exact = tuple(word for word in words if len(word) > 2 or not _RUNS.fullmatch(word))
    return Wanted(tuple(sorted(needed)), exact, words)


def _needed(word: str) -> Iterator[str]:
    """The fewest words of the index that say as much as all of them: pairs, and a character that stands alone."""
    for run in _RUNS.findall(word):
        if len(run) == 1:
            yield run
        yield from (run[place : place + 2] for place in range(len(run) - 1))


def fts5(every: Iterable[Iterable[str]]) -> str:
    """A query of FTS5: of each group any word."""
    return " AND ".join("(" + " OR ".join(f'"{word}"' for word in group) + ")" for group in every)


def tsquery(every: Iterable[Iterable[str]]) -> str:
    """The same for PostgreSQL, to be cast to ``tsquery``."""
    return " & ".join("(" + " | ".join(map(_quoted, group)) + ")" for group in every)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text as it is shown: `hit` where a word of the query stands."""

    text: str
    hit: bool = False


def highlighted(text: str, words: Iterable[str]) -> list[Run]:
    """The text with the words of a query marked, overlapping ones as one."""
    folded = fold(text)
    marked = [False] * len(text)
    for word in words:
        place = folded.text.find(word)
        while place >= 0:
            start, end = folded.original(place, place + len(word))
            marked[start:end] = [True] * (end - start)
            place = folded.text.find(word, place + 1)
    runs: list[Run] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marked[place] != marked[begin]:
            runs.append(Run(text[begin:place], marked[begin]))
            begin = place
    return runs


def excerpt(text: str, words: Iterable[str], *, before: int = 20, length: int = 90) -> list[Run]:
    """A line of the text around the first word of the query in it; empty when none stands there."""
    line = " ".join(text.split())
    wanted_words = list(words)
    folded = fold(line)
    places = [place for word in wanted_words if (place := folded.text.find(word)) >= 0]
    if not places:
        return []
    begin = max(0, folded.places[min(places)] - before)
    shown = line[begin : begin + length]
    runs = highlighted(shown, wanted_words)
    head = [Run("…")] if begin else []
    return [*head, *runs, *([Run("…")] if begin + length < len(line) else [])]
