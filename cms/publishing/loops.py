"""What loops on a target: contenders of shown pieces and placements, resolved to a timeline. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Entry, Piece, Slot
from cms.publishing.issues import outdated
from schedules.calendar import Calendar
from schedules.expand import expand
from schedules.intervals import Interval, clip
from schedules.resolve import Contender, Layer, Segment, resolve
from schedules.rules import Rule
from schedules.timeline import Timeline, Turn, timeline

# A passer-by reads about six characters a second from a wall, title first; nobody stands longer than a minute.
_CHARACTERS_A_SECOND: Final = 6
SHORTEST: Final = dt.timedelta(seconds=10)
LONGEST: Final = dt.timedelta(seconds=60)
# Channels that play films one after another: a piece without one has no turn there, and a loop may fill a day.
FILMS: Final = frozenset({"tv"})
LONGEST_OF_FILMS: Final = dt.timedelta(days=1)
_TEXT_KEYS: Final = ("title", "text", "items", "header", "rows", "caption", "t", "cite")


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement of a shown document."""

    id: str
    document: str
    rule: Rule
    layer: Layer
    priority: int
    show: dt.timedelta | None


def slots(
    pieces: Sequence[Piece],
    placements: Iterable[Placed],
    window: Interval,
    *,
    calendar: Calendar,
    longest_loop: dt.timedelta,
    films: bool = False,
) -> tuple[Slot, ...]:
    """Gap-free slots of `window`; loops are cut to `longest_loop`, newest pieces first, but keep at least one piece.

    With `films` only pieces that show a video contend, and each stays as long as its videos.
    """
    show = film_time if films else show_time
    pieces = [piece for piece in pieces if not films or has_film(piece)]
    by_document = {piece.document: piece for piece in pieces}
    turns: dict[str, Turn] = {}
    contenders = []
    placed = set()
    for one in placements:
        piece = by_document.get(one.document)
        if piece is not None:
            placed.add(one.document)
            contenders.append(_contender(one, piece, window, calendar))
            turns[one.id] = Turn(piece.release, one.show or show(piece))
    past = outdated(pieces)
    for piece in pieces:
        if piece.document not in placed and piece.document not in past:
            contenders.append(_default(piece, window))
            turns[piece.document] = Turn(piece.release, show(piece))
    segments = (_cut(segment, turns, longest_loop) for segment in resolve(contenders, window))
    return to_slots(timeline(segments, turns.get))


def show_time(piece: Piece) -> dt.timedelta:
    """How long a piece stays when nobody said: its videos to their end, and its text by what a passer-by can read.

    Beside a video no least time is added: it held the passer-by already.
    """
    videos = dt.timedelta(milliseconds=sum(piece.durations.values()))
    characters = len(piece.title) + len(piece.summary) + characters_of(piece.body.get("blocks"))
    reading = min(LONGEST, dt.timedelta(seconds=round(characters / _CHARACTERS_A_SECOND)))
    return max(SHORTEST, videos + reading)


def has_film(piece: Piece) -> bool:
    """Whether a piece shows a video."""
    blocks = piece.body.get("blocks", ())
    return any(block.get("type") == "video" and block.get("asset") for block in blocks)


def film_time(piece: Piece) -> dt.timedelta:
    """How long a piece stays on a channel that plays nothing but its videos."""
    return max(dt.timedelta(seconds=1), dt.timedelta(milliseconds=sum(piece.durations.values())))


def characters_of(value: Any) -> int:
    """Characters of the texts in blocks."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(characters_of(value[key]) for key in _TEXT_KEYS if key in value)
    return sum(characters_of(one) for one in value) if isinstance(value, list | tuple) else 0


def to_slots(line: Timeline) -> tuple[Slot, ...]:
    return tuple(
        Slot(s.interval.start, s.interval.end, tuple(Entry(turn.what, turn.show) for turn in s.loop)) for s in line
    )


def _allowed(piece: Piece, window: Interval) -> Interval | None:
    end = window.end if piece.not_after is None else min(piece.not_after, window.end)
    return Interval.of(max(piece.not_before, window.start), end)


def _contender(one: Placed, piece: Piece, window: Interval, calendar: Calendar) -> Contender:
    allowed = _allowed(piece, window)
    intervals = () if allowed is None else clip(expand(one.rule, window, calendar), allowed)
    return Contender(one.id, one.layer, one.priority, _narrowness(piece), piece.published_at, intervals)


def _default(piece: Piece, window: Interval) -> Contender:
    allowed = _allowed(piece, window)
    intervals = () if allowed is None else (allowed,)
    return Contender(piece.document, Layer.DEFAULT, 0, 0, piece.published_at, intervals)


def _narrowness(piece: Piece) -> int:
    """How deep in the tree its narrowest subtree begins."""
    return max((unit.count("/") for unit in piece.units), default=0)


def _cut(segment: Segment, turns: Mapping[str, Turn], longest: dt.timedelta) -> Segment:
    """Each release once, and no more of them than the loop may last."""
    kept: dict[str, str] = {}
    total = dt.timedelta()
    for name in segment.winners:
        turn = turns[name]
        if turn.what in kept:
            continue
        total += turn.show
        if kept and total > longest:
            break
        kept[turn.what] = name
    return Segment(segment.interval, tuple(kept.values()), segment.reason, segment.losers)
