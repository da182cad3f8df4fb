"""What a display shows over time: gap-free stretches, each with a loop of turns, and how history stays as it was."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from schedules.intervals import Interval, tiles
from schedules.resolve import Segment


@dataclass(frozen=True, slots=True)
class Turn:
    """One item of a loop and how long it stays."""

    what: str
    show: dt.timedelta

    def __post_init__(self) -> None:
        if self.show <= dt.timedelta():
            raise ValueError("a turn must last")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A loop that runs through an interval; an empty one shows the slate."""

    interval: Interval
    loop: tuple[Turn, ...]


Timeline = tuple[Stretch, ...]


def timeline(segments: Iterable[Segment], turn: Callable[[str], Turn | None]) -> Timeline:
    """The loops of resolved segments; `turn` gives None for what cannot be shown."""
    stretches = [
        Stretch(s.interval, tuple(t for winner in s.winners if (t := turn(winner)) is not None)) for s in segments
    ]
    return simplify(stretches)


def simplify(stretches: Iterable[Stretch]) -> Timeline:
    """The same, with touching stretches of equal loops made one."""
    joined: list[Stretch] = []
    for stretch in stretches:
        last = joined[-1] if joined else None
        if last is not None and last.loop == stretch.loop and last.interval.end == stretch.interval.start:
            joined[-1] = Stretch(Interval(last.interval.start, stretch.interval.end), last.loop)
        else:
            joined.append(stretch)
    return tuple(joined)


def cut(line: Timeline, window: Interval) -> Timeline:
    """The part inside `window`."""
    return tuple(Stretch(part, s.loop) for s in line if (part := s.interval.intersection(window)) is not None)


def splice(old: Timeline, new: Timeline, at: dt.datetime) -> Timeline:
    """History from `old` before `at`, and from then on `new`: what was shown is never rewritten.

    Raises ValueError when `new` does not begin at or before `at`.
    """
    if not new or new[0].interval.start > at:
        raise ValueError("the new timeline leaves a gap")
    past = [s for s in (_before(stretch, at) for stretch in old) if s is not None]
    future = [s for s in (_after(stretch, at) for stretch in new) if s is not None]
    if past and past[-1].interval.end < at:
        past.append(Stretch(Interval(past[-1].interval.end, at), ()))
    return simplify([*past, *future])


def _before(stretch: Stretch, at: dt.datetime) -> Stretch | None:
    part = Interval.of(stretch.interval.start, min(stretch.interval.end, at))
    return None if part is None else Stretch(part, stretch.loop)


def _after(stretch: Stretch, at: dt.datetime) -> Stretch | None:
    part = Interval.of(max(stretch.interval.start, at), stretch.interval.end)
    return None if part is None else Stretch(part, stretch.loop)


def is_whole(line: Timeline, window: Interval) -> bool:
    """Whether the timeline covers `window` exactly."""
    return tiles([s.interval for s in line], window)


def stretch_at(line: Timeline, at: dt.datetime) -> Stretch | None:
    index = bisect_right([s.interval.start for s in line], at) - 1
    found = line[index] if index >= 0 else None
    return found if found is not None and found.interval.contains(at) else None


def turn_at(stretch: Stretch, at: dt.datetime) -> tuple[Turn, dt.timedelta] | None:
    """The turn at an instant and how far into it: a screen that starts late joins where the others are."""
    if not stretch.loop or not stretch.interval.contains(at):
        return None
    return _position(stretch.loop, (at - stretch.interval.start) % _length(stretch.loop))


def _length(loop: Sequence[Turn]) -> dt.timedelta:
    return sum((t.show for t in loop), dt.timedelta())


def _position(loop: Sequence[Turn], into: dt.timedelta) -> tuple[Turn, dt.timedelta]:
    for turn in loop[:-1]:
        if into < turn.show:
            return turn, into
        into -= turn.show
    return loop[-1], into
