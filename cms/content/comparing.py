"""Two drafts side by side: which fields differ, and the body block by block with what is the same left out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.content.diff import Change, diff
from cms.content.draft import Draft, draft_json

# What stands around a change, so that a reader finds the place.
AROUND: Final = 1


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs, by the key of its name; values are texts, numbers, lists or None."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Same:
    """Blocks that are alike and were left out."""

    count: int


def changed_fields(old: Draft, new: Draft) -> list[FieldChange]:
    """Every field but the body that differs, in the order of the page."""
    before, after = dict(_leaves(draft_json(old))), dict(_leaves(draft_json(new)))
    return [FieldChange(name, before[name], after[name]) for name in before if before[name] != after[name]]


def changed_blocks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change | Same]:
    """The blocks that differ with a neighbour on each side; longer stretches of the same as their number."""
    changes = diff(old, new)
    wanted = {
        near
        for at, one in enumerate(changes)
        if one.how != "same" or one.moved
        for near in range(at - AROUND, at + AROUND + 1)
    }
    return list(_folded(changes, wanted)) if wanted else []


def _folded(changes: Sequence[Change], wanted: set[int]) -> Iterator[Change | Same]:
    skipped = 0
    for at, one in enumerate(changes):
        if at not in wanted:
            skipped += 1
            continue
        if skipped:
            yield Same(skipped)
            skipped = 0
        yield one
    if skipped:
        yield Same(skipped)


def _leaves(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if name == "body":
            continue
        if name == "byline":
            yield from ((f"byline.{inner}", text) for inner, text in value.items())
        elif name == "envelope":
            yield from value.items()
        else:
            yield name, value
