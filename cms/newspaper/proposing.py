"""Zones out of the text of a page: a headline with the columns below it, until an editor says otherwise. Pure.

The order of a PDF is the order in which its articles were set, so text that follows a headline belongs to it even where
it goes on at the head of another column.
"""

import itertools
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cms.content.zones import (
    LEAST,
    MAX_PARAGRAPHS,
    MAX_TITLE,
    MAX_ZONES,
    SCALE,
    Box,
    Point,
    Points,
    Zone,
    ZoneError,
    box,
    contains,
    read_points,
)

_HEADLINE: Final = 1.35  # of the body's type
_LEAST: Final = 40  # characters of an article; less is a date line or a caption
_EDGE: Final = 40  # how far a zone reaches beyond its text
_COLUMN: Final = 500  # parts across: columns of one article are nearer
_LEAD: Final = 260  # parts down: a headline and its text are nearer


@dataclass(frozen=True, slots=True)
class Printed:
    """Words that stand together on a page; `size` is the height of their type."""

    left: int
    top: int
    right: int
    bottom: int
    size: int
    text: str

    @classmethod
    def read(cls, value: Sequence[Any]) -> "Printed":
        return cls(*value)

    @property
    def centre(self) -> Point:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2


@dataclass(slots=True)
class _Article:
    heads: list[Printed]
    parts: list[Printed] = field(default_factory=list)

    @property
    def members(self) -> list[Printed]:
        return [*self.heads, *self.parts]

    @property
    def characters(self) -> int:
        return sum(len(one.text) for one in self.parts)


def words_in(points: Points, blocks: Iterable[Printed]) -> list[str]:
    """The paragraphs printed inside a zone: those of each block whose middle lies there."""
    inside = [block for block in blocks if contains(points, *block.centre)]
    return _paragraphs(inside)


def propose(blocks: Sequence[Printed], new_id: Callable[[], str]) -> list[Zone]:
    """Zones in the order of the page; text that goes on elsewhere is a zone of its own that opens the same article."""
    articles = [one for one in _articles(blocks) if one.characters >= _LEAST]
    zones: list[Zone] = []
    for article in articles:
        groups = _groups(article.members)
        others = [part for other in articles if other is not article for part in other.members]
        first: Zone = {"id": new_id(), "points": _shape(groups[0], others)}
        first["title"] = " ".join("".join(one.text.split("\n")) for one in article.heads)[:MAX_TITLE]
        first["text"] = _paragraphs(article.parts)
        zones.append(first)
        zones += [{"id": new_id(), "points": _shape(group, others), "of": first["id"]} for group in groups[1:]]
    return zones[:MAX_ZONES]


def _paragraphs(blocks: Iterable[Printed]) -> list[str]:
    lines = (line.strip() for block in blocks for line in block.text.split("\n"))
    return [line for line in lines if line][:MAX_PARAGRAPHS]


def _articles(blocks: Sequence[Printed]) -> list[_Article]:
    if not blocks:
        return []
    body = statistics.median_low(size for block in blocks for size in [block.size] * max(1, len(block.text) // 10))
    found: list[_Article] = []
    for block in blocks:
        if block.size >= body * _HEADLINE and len(block.text) <= MAX_TITLE:
            last = found[-1] if found else None
            if last is not None and not last.parts and _is_near(last.heads[-1], block):
                last.heads.append(block)
            else:
                found.append(_Article([block]))
        elif found and _may_follow(found[-1], block):
            found[-1].parts.append(block)
    return found


def _is_near(one: Printed, other: Printed) -> bool:
    """Whether two headlines are lines of one."""
    below = other.top - one.bottom
    shared = min(one.right, other.right) - max(one.left, other.left)
    return -one.size < below < _LEAD and shared > 0


def _may_follow(article: _Article, block: Printed) -> bool:
    """Text is below its headline, or further right in another column."""
    head = article.heads[0]
    return block.top >= head.top or block.left >= head.left


def _groups(members: Sequence[Printed]) -> list[list[Printed]]:
    """Members that stand together, the first of them first."""
    groups: list[list[Printed]] = []
    for one in members:
        touching = [group for group in groups if any(_together(one, other) for other in group)]
        for group in touching[1:]:
            touching[0].extend(group)
            groups.remove(group)
        if touching:
            touching[0].append(one)
        else:
            groups.append([one])
    return groups


def _together(one: Printed, other: Printed) -> bool:
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    if across < 0:
        return down < _LEAD
    # Side by side: columns of one article begin or end about together, so most of the shorter one is beside the other.
    return across < _COLUMN and -down > 0.5 * min(one.bottom - one.top, other.bottom - other.top)


def _shape(members: Sequence[Printed], others: Sequence[Printed]) -> list[list[int]]:
    """A rectangle, or where that would cover others' text the outline of the columns."""
    whole = _grown(box([(m.left, m.top) for m in members] + [(m.right, m.bottom) for m in members]))
    left, top, right, bottom = whole
    if any(left < x < right and top < y < bottom for x, y in (one.centre for one in others)):
        stairs = _stairs(members)
        if len(stairs) > 4 and _is_good(stairs):
            return [list(point) for point in stairs]
    return [[left, top], [right, bottom]]


def _is_good(points: Points) -> bool:
    """Whether it may be saved: columns of many heights have more corners than a zone."""
    try:
        read_points(points)
    except ZoneError:
        return False
    return True


def _stairs(members: Sequence[Printed]) -> Points:
    """Along the tops of the columns and back along their feet."""
    grown = [_grown((m.left, m.top, m.right, m.bottom)) for m in members]
    edges = sorted({x for left, _, right, _ in grown for x in (left, right)})
    strips: list[Box] = []
    for start, end in itertools.pairwise(edges):
        over = [one for one in grown if one[0] < end and one[2] > start]
        if over:
            strips.append((start, min(one[1] for one in over), end, max(one[3] for one in over)))
    # A gap between two columns belongs to both.
    joined = [
        (one[0], one[1], (one[2] + after[0]) // 2 if after else one[2], one[3])
        for one, after in zip(strips, [*strips[1:], None], strict=True)
    ]
    for at in range(1, len(joined)):
        joined[at] = (joined[at - 1][2], *joined[at][1:])
    tops = [point for left, top, right, _ in joined for point in ((left, top), (right, top))]
    feet = [point for left, _, right, foot in reversed(joined) for point in ((right, foot), (left, foot))]
    return _straight([*tops, *feet])


def _straight(points: Sequence[Point]) -> Points:
    """Without points that repeat or lie on a straight way."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        while len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _grown(one: Box) -> Box:
    left, top, right, bottom = one
    (left, right), (top, bottom) = _stretched(left, right), _stretched(top, bottom)
    return left, top, right, bottom


def _stretched(start: int, end: int) -> tuple[int, int]:
    """With its edges, and never smaller than a finger finds, also at the rim of the page."""
    low, high = max(0, start - _EDGE), min(SCALE, end + _EDGE)
    low = min(low, max(0, high - LEAST))
    return low, max(high, min(SCALE, low + LEAST))
