"""Chinese that looks like news to an index: few words everywhere, many hardly anywhere, always the same by a seed."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

# The ranges simplified Chinese uses most; which characters does not matter, how often each pair stands does.
_FIRST: Final = 0x4E00
_CHARACTERS: Final = 3_500
_WORDS: Final = 12_000
_PARAGRAPHS: Final = 3_000
COMMON: Final = ("的", "中国", "发展", "文明实践")
RARE: Final = "运河边的读书会"


@dataclass
class Language:
    """A vocabulary with the skew of real text, and paragraphs written in it."""

    dice: random.Random = field(default_factory=lambda: random.Random(20261126))  # noqa: S311 - no secret
    words: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        made: set[str] = set()
        while len(made) < _WORDS:
            length = self.dice.choices((1, 2, 3, 4), (5, 70, 15, 10))[0]
            # Squared: some characters are in very many words, as in the language.
            made.add("".join(chr(_FIRST + int(_CHARACTERS * self.dice.random() ** 2)) for _ in range(length)))
        self.words = [*COMMON, *sorted(made)]
        self._weights = [1 / (rank + 8) for rank in range(len(self.words))]
        self.paragraphs = [self.sentence(60) for _ in range(_PARAGRAPHS)]

    def sentence(self, words: int) -> str:
        chosen = self.dice.choices(self.words, self._weights, k=words)
        return "".join(word + ("，" if number % 9 == 8 else "") for number, word in enumerate(chosen)) + "。"

    def title(self, number: int) -> str:
        return self.sentence(7).strip("。，") + f"第{number}号"

    def body(self, number: int) -> dict[str, Any]:
        """Three paragraphs and a heading; one piece in a thousand has the rare words."""
        texts = [*self.dice.choices(self.paragraphs, k=3), RARE if number % 1_000 == 7 else f"{number}。"]
        blocks = [
            {"id": f"b_{place:012d}", "type": "paragraph", "text": [{"t": text}]} for place, text in enumerate(texts)
        ]
        return {"schema": 1, "blocks": blocks}

    def queries(self) -> dict[str, tuple[str, ...]]:
        """The mix that is searched: words of two characters from everywhere to nowhere, single ones, long ones."""
        two = [word for word in self.words if len(word) == 2]
        long = [word for word in self.words if len(word) >= 3]
        return {
            "common": (*COMMON, two[3], two[10]),
            "two characters": tuple(two[place] for place in (100, 400, 1_000, 2_500, 5_000, 8_000)),
            "rare and long": (RARE, *(long[place] for place in (20, 200, 1_500)), "没有这个词", "第99号"),
        }
