"""Films cut out of finished films on the grid: whole segments in a new order, no picture encoded anew.

Pure. A segment of 3.84 s begins with a key picture and holds exactly as much sound, so any of them may stand behind any
other of the same house; a finer cut would have to be encoded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from media.errors import MediaRefused
from media.house import DELAY_MS, SEGMENT_MS
from media.subtitles import Cue

MOST_PIECES: Final = 50
_LEAST_CUE_MS: Final = 200  # what is left of a subtitle at a cut and cannot be read is left out


@dataclass(frozen=True, slots=True)
class Piece:
    """Segments `first` to `end` (exclusive) of one film."""

    of: str
    first: int
    end: int

    @property
    def segments(self) -> int:
        return self.end - self.first

    @property
    def begin_ms(self) -> int:
        return self.first * SEGMENT_MS


def read_pieces(value: object) -> tuple[Piece, ...]:
    """Pieces as they are sent and kept: a list of [film, first, end].

    Raises:
        MediaRefused: `media.cut_form`.
    """
    if not isinstance(value, list) or not 0 < len(value) <= MOST_PIECES:
        raise MediaRefused("media.cut_form", most=MOST_PIECES)
    return tuple(_piece(one) for one in value)


def checked(pieces: Sequence[Piece], segments: Mapping[str, int], *, most_ms: int) -> None:
    """Refuse pieces that reach outside their films.

    Raises:
        MediaRefused: `media.cut_range`, `media.cut_same`, `media.video_too_long`.
    """
    for number, one in enumerate(pieces, start=1):
        if not 0 <= one.first < one.end <= segments.get(one.of, 0):
            raise MediaRefused("media.cut_range", number=number)
    if len(pieces) == 1 and pieces[0].segments == segments[pieces[0].of]:
        raise MediaRefused("media.cut_same")
    total = sum(one.segments for one in pieces) * SEGMENT_MS
    if total > most_ms:
        raise MediaRefused("media.video_too_long", minutes=total // 60_000, limit=most_ms // 60_000)


def length_of(pieces: Sequence[Piece], durations: Mapping[str, int]) -> int:
    """How long the whole is: what fills up a film's last segment counts where something follows it."""
    before = sum(one.segments for one in pieces[:-1]) * SEGMENT_MS
    last = pieces[-1]
    own = min(last.segments * SEGMENT_MS - DELAY_MS, durations[last.of] - last.begin_ms)
    return before + max(own, DELAY_MS)


def moved_cues(pieces: Sequence[Piece], cues: Mapping[str, Iterable[Cue]]) -> tuple[Cue, ...]:
    """The subtitles of the films where their words are heard now."""
    found = []
    for one, at in _placed(pieces):
        end = one.end * SEGMENT_MS
        for cue in cues.get(one.of, ()):
            start, stop = max(cue.start, one.begin_ms), min(cue.end, end)
            if stop - start >= min(_LEAST_CUE_MS, cue.end - cue.start):
                found.append(Cue(start - one.begin_ms + at, stop - one.begin_ms + at, cue.text))
    return tuple(found)


def moved_marks(pieces: Sequence[Piece], marks: Mapping[str, Iterable[tuple[int, str]]]) -> tuple[tuple[int, str], ...]:
    """Chapter marks of the films where they are now."""
    return tuple(
        (at_ms - one.begin_ms + at, title)
        for one, at in _placed(pieces)
        for at_ms, title in marks.get(one.of, ())
        if one.begin_ms <= at_ms < one.end * SEGMENT_MS
    )


def moved_spans(pieces: Sequence[Piece], spans: Mapping[str, Iterable[tuple[int, int]]]) -> tuple[tuple[int, int], ...]:
    """Stretches of the films where they are now, as far as they were not cut away."""
    return tuple(
        (start - one.begin_ms + at, stop - one.begin_ms + at)
        for one, at in _placed(pieces)
        for begin, end in spans.get(one.of, ())
        if (start := max(begin, one.begin_ms)) < (stop := min(end, one.end * SEGMENT_MS))
    )


def _placed(pieces: Sequence[Piece]) -> Iterable[tuple[Piece, int]]:
    at = 0
    for one in pieces:
        yield one, at
        at += one.segments * SEGMENT_MS


def _piece(value: Any) -> Piece:
    if not isinstance(value, list) or len(value) != 3:
        raise MediaRefused("media.cut_form", most=MOST_PIECES)
    of, first, end = value
    if not isinstance(of, str) or type(first) is not int or type(end) is not int:
        raise MediaRefused("media.cut_form", most=MOST_PIECES)
    return Piece(of, first, end)
