"""What changed between two bodies, block by block, and inside a changed block word by word. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from cms.content.blocks import Block, block_texts

# A Han character is a word of its own; so is a run of letters or digits, a space, a mark.
_WORDS: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|\w+|\s+|[^\w\s]")
# The matcher is quadratic: above this a block is shown as replaced.
MAX_WORDS: Final = 4_000

How = Literal["same", "added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in both (`same`), only in the new (`added`) or only in the old (`removed`)."""

    how: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A block in new order, removed ones where they were. `moved`: it stood elsewhere among the blocks that stayed."""

    how: How
    id: str
    type: str
    old: Block | None
    new: Block | None
    text: tuple[Piece, ...]
    moved: bool = False


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every block of both bodies once, matched by id; a changed type is a removed and an added block."""
    before = {block["id"]: block for block in old["blocks"]}
    after = {block["id"]: block for block in new["blocks"]}
    stayed = {id_ for id_ in before.keys() & after.keys() if before[id_]["type"] == after[id_]["type"]}
    moved = stayed - set(_in_order([i for i in before if i in stayed], [i for i in after if i in stayed]))
    return list(_changes(list(before.values()), list(after.values()), stayed, moved))


def text_diff(old: str, new: str) -> tuple[Piece, ...]:
    """The pieces of `new` and what went from `old`, in order; joined, same+added is `new` and same+removed is `old`."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        return _joined([Piece("removed", old), Piece("added", new)] if old != new else [Piece("same", new)])
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(before[i:j])))
            continue
        pieces += [Piece("removed", "".join(before[i:j])), Piece("added", "".join(after[k:m]))]
    return _joined(pieces)


def _changes(old: Sequence[Block], new: Sequence[Block], stayed: set[str], moved: set[str]) -> Iterator[Change]:
    before = {block["id"]: block for block in old}
    gone = _gone_after(old, stayed, moved)
    yield from gone.get("", ())
    for block in new:
        was = before[block["id"]] if block["id"] in stayed else None
        if was is None:
            yield Change("added", block["id"], block["type"], None, block, _all("added", block))
        else:
            how: How = "same" if was == block else "changed"
            text = text_diff(_text(was), _text(block))
            yield Change(how, block["id"], block["type"], was, block, text, moved=block["id"] in moved)
        yield from gone.get(block["id"], ())


def _gone_after(old: Sequence[Block], stayed: set[str], moved: set[str]) -> dict[str, list[Change]]:
    """Removed blocks by the last block before them that stayed in its place («» for the beginning)."""
    gone: dict[str, list[Change]] = {}
    anchor = ""
    for block in old:
        if block["id"] not in stayed:
            removed = Change("removed", block["id"], block["type"], block, None, _all("removed", block))
            gone.setdefault(anchor, []).append(removed)
        elif block["id"] not in moved:
            anchor = block["id"]
    return gone


def _in_order(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The longest run of ids whose order did not change."""
    place = {id_: index for index, id_ in enumerate(old)}
    best: list[list[str]] = []
    for id_ in new:
        before = [run for run in best if place[run[-1]] < place[id_]]
        best.append([*max(before, key=len, default=[]), id_])
    return max(best, key=len, default=[])


def _text(block: Block) -> str:
    return "\n".join(text for text in block_texts(block) if text)


def _all(how: Literal["added", "removed"], block: Block) -> tuple[Piece, ...]:
    text = _text(block)
    return (Piece(how, text),) if text else ()


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if joined and joined[-1].how == piece.how:
            joined[-1] = Piece(piece.how, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)
