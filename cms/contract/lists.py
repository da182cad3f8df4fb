"""Lists as trees: items are stored flat with a level, so that whoever knows no levels still shows every item. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """An item and the lists below it."""

    id: str
    text: list[Mapping[str, Any]]
    below: tuple["Outline", ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """Items of one level and one kind."""

    ordered: bool
    entries: tuple[Entry, ...]


def outline(block: Mapping[str, Any]) -> Outline:
    """The tree of a block of type list; a step left out on the way down is no level."""
    rows: list[tuple[int, bool, Mapping[str, Any]]] = []
    for item in block["items"]:
        level = min(item.get("level", 0), rows[-1][0] + 1 if rows else 0)
        rows.append((level, bool(item.get("ordered", False) if level else block["ordered"]), item))
    return _gather(rows, 0)[0]


def _gather(rows: list[tuple[int, bool, Mapping[str, Any]]], start: int) -> tuple[Outline, int]:
    """The list that begins at a row, and the row after it."""
    level, ordered, _ = rows[start]
    entries: list[Entry] = []
    at = start
    while at < len(rows) and rows[at][:2] == (level, ordered):
        item = rows[at][2]
        at += 1
        below: list[Outline] = []
        while at < len(rows) and rows[at][0] > level:
            found, at = _gather(rows, at)
            below.append(found)
        entries.append(Entry(item["id"], item["text"], tuple(below)))
    return Outline(ordered, tuple(entries)), at
