"""Where a piece has words: its fields and blocks, each as one text that findings count characters of. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cms.content.blocks import block_texts
from cms.content.draft import Draft

# Beyond it a finding shows only the beginning of what it found.
SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a piece: of a field, or of a block of the body."""

    field: str
    block: str
    text: str


def passages(draft: Draft) -> Iterator[Passage]:
    """Everything a reader may see, in the order of the page; what a channel says otherwise is `own_words`'."""
    for name in ("title", "subtitle", "summary", "cover_alt"):
        yield Passage(name, "", getattr(draft, name))
    for name in ("source", "reporter", "editor", "sponsor"):
        yield Passage(f"byline.{name}", "", getattr(draft.byline, name))
    for block in draft.body["blocks"]:
        yield Passage("body", block["id"], "\n".join(block_texts(block)))
