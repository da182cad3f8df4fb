"""Who is shown when several rules want the same time: a pure function to gap-free segments with reasons.

Order of precedence: layer, priority, how narrow the rule's audience is, later start, lower id. Some layers are shared:
there all contenders loop together, in that order; in the others the first one is alone.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from schedules.intervals import Interval, clip, union


class Layer(IntEnum):
    """What outranks what; a higher number wins."""

    DEFAULT = 10
    DAYPART = 20
    EXCLUSIVE = 30
    PINNED = 40
    EMERGENCY = 50


SHARED: Final = frozenset({Layer.DEFAULT, Layer.DAYPART, Layer.PINNED})


class Reason(StrEnum):
    """Why the winners of a segment won over the best of the losers."""

    NOTHING = "nothing"
    ALONE = "alone"
    SHARED = "shared"
    LAYER = "layer"
    PRIORITY = "priority"
    NARROWER = "narrower"
    LATER = "later"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that wants to be shown in its intervals.

    Attributes:
        narrowness: depth of the audience in the tree of units; a point is narrower than its station.
        since: when its rule began; of two equals the newer is meant.
    """

    id: str
    layer: Layer
    priority: int
    narrowness: int
    since: dt.datetime
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the window, who is shown in it, why, and who would have been."""

    interval: Interval
    winners: tuple[str, ...]
    reason: Reason
    losers: tuple[str, ...]


def resolve(
    contenders: Iterable[Contender], window: Interval, *, shared: frozenset[Layer] = SHARED
) -> tuple[Segment, ...]:
    """Segments that tile `window`; neighbours always differ."""
    ranked = sorted(contenders, key=_rank)
    present = [(one, clip(union(one.intervals), window)) for one in ranked]
    edges = {window.start, window.end}
    for _, intervals in present:
        for interval in intervals:
            edges |= {interval.start, interval.end}
    cuts = sorted(edges)
    changes = _changes(present)
    active: set[int] = set()
    segments = []
    for start, end in itertools.pairwise(cuts):
        begin, cease = changes.get(start, (set(), set()))
        active = (active - cease) | begin
        here = [ranked[index] for index in sorted(active)]
        segments.append(_decide(Interval(start, end), here, shared))
    return join(segments)


def join(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same, with touching segments of equal content made one."""
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last is not None and last.interval.end == segment.interval.start and _same(last, segment):
            whole = Interval(last.interval.start, segment.interval.end)
            joined[-1] = Segment(whole, last.winners, last.reason, last.losers)
        else:
            joined.append(segment)
    return tuple(joined)


def _rank(one: Contender) -> tuple[int, int, int, float, str]:
    return (-one.layer, -one.priority, -one.narrowness, -one.since.timestamp(), one.id)


def _changes(
    present: Sequence[tuple[Contender, Sequence[Interval]]],
) -> dict[dt.datetime, tuple[set[int], set[int]]]:
    found: dict[dt.datetime, tuple[set[int], set[int]]] = {}
    for index, (_, intervals) in enumerate(present):
        for interval in intervals:
            found.setdefault(interval.start, (set(), set()))[0].add(index)
            found.setdefault(interval.end, (set(), set()))[1].add(index)
    return found


def _decide(interval: Interval, ranked: Sequence[Contender], shared: frozenset[Layer]) -> Segment:
    if not ranked:
        return Segment(interval, (), Reason.NOTHING, ())
    first = ranked[0]
    count = sum(one.layer == first.layer for one in ranked) if first.layer in shared else 1
    winners, losers = ranked[:count], ranked[count:]
    return Segment(interval, _ids(winners), _reason(winners, losers), _ids(losers))


def _reason(winners: Sequence[Contender], losers: Sequence[Contender]) -> Reason:
    if not losers:
        return Reason.SHARED if len(winners) > 1 else Reason.ALONE
    won, lost = winners[-1], losers[0]
    if won.layer != lost.layer:
        return Reason.LAYER
    if won.priority != lost.priority:
        return Reason.PRIORITY
    if won.narrowness != lost.narrowness:
        return Reason.NARROWER
    return Reason.LATER if won.since != lost.since else Reason.ID


def _ids(ranked: Sequence[Contender]) -> tuple[str, ...]:
    return tuple(one.id for one in ranked)


def _same(one: Segment, two: Segment) -> bool:
    return (one.winners, one.reason, one.losers) == (two.winners, two.reason, two.losers)
