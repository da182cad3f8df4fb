"""Banned and wrong phrases: every place where one stands, unless a longer phrase that is allowed covers it. Pure.

A list that only forbids finds 大麻 in 大麻烦, and taking a word off the list lets it through everywhere; so a phrase
may be allowed, and the longest phrase over a place decides. Nothing is ever replaced by the machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cms.kernel.folding import fold
from cms.review.automaton import Automaton
from cms.review.findings import Finding, Severity
from cms.review.passages import SHOWN, Passage

MOST: Final = 200
"""Findings of words in one piece; more help nobody."""


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of the list. `suggest` is the right wording, `category` what it is called in an inspection notice."""

    word: str
    rule: Literal["deny", "allow"] = "deny"
    severity: Severity = "must"
    suggest: str = ""
    category: str = ""


class WordList:
    """A version of the list, made ready to be looked for. Blocking to build: a fifth of a second for 20,000 words."""

    __slots__ = ("_automaton", "_words")

    def __init__(self, words: Sequence[Word]) -> None:
        # Allowed ones first: of two equal entries the one that lets through counts.
        self._words = tuple(sorted(words, key=lambda one: one.rule != "allow"))
        self._automaton = Automaton([fold(one.word, joined=True).text for one in self._words])

    def __len__(self) -> int:
        return len(self._words)

    def find(self, text: str) -> list[tuple[int, int, Word]]:
        """Denied words as (start, end, entry) of the original text, in order; of two in one place the longer."""
        folded = fold(text, joined=True)
        hits = [
            (start, end, self._words[number])
            for start, end, number in self._automaton.find(folded.text)
            if _stands_alone(text, *folded.original(start, end))
        ]
        # The longest first, then whatever lies inside one that was taken, allowed or not, is covered by it.
        taken: list[tuple[int, int, Word]] = []
        for start, end, word in sorted(hits, key=lambda hit: (hit[0] - hit[1], hit[0], hit[2].rule != "allow")):
            if not any(outer[0] <= start and end <= outer[1] for outer in taken):
                taken.append((start, end, word))
        found = ((*folded.original(start, end), word) for start, end, word in taken if word.rule == "deny")
        return sorted(found, key=lambda hit: hit[:2])


def find_words(words: WordList, texts: Sequence[Passage]) -> Iterator[Finding]:
    """What of the list stands in a piece, with its place and the wording it suggests."""
    found = 0
    for passage in texts:
        for start, end, word in words.find(passage.text):
            found += 1
            if found > MOST:
                yield Finding("hint", "words_more", field="body", params={"most": MOST})
                return
            yield _finding(passage, start, end, word)


def _finding(passage: Passage, start: int, end: int, word: Word) -> Finding:
    params = {"found": passage.text[start:end][:SHOWN], "category": word.category, "suggest": word.suggest}
    code = "word" if word.suggest else "word_bare"
    return Finding(word.severity, code, passage.field, passage.block, params, start, end)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a hit is no part of a longer Latin word or number: «app» is not in «happy», but 最佳 is in 最佳者."""
    return not (
        (text[start].isascii() and text[start].isalnum() and start > 0 and _latin(text[start - 1]))
        or (text[end - 1].isascii() and text[end - 1].isalnum() and end < len(text) and _latin(text[end]))
    )


def _latin(ch: str) -> bool:
    return ch.isascii() and ch.isalnum()
