"""The chapters of a lecture: where each begins, on its page and on pages of their own when there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import Piece
from renderers.tv import layout, paths
from renderers.tv.items import masters

# Of a film; what comes after lies behind the last one.
MOST_PAGES: Final = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of a film that one may begin at."""

    time: str
    title: str
    href: str


def marks(code: str, piece: Piece) -> Sequence[Mark]:
    """The chapters of the video that the player plays; fewer than two are none."""
    first = next(masters(piece), None)
    told = piece.chapters.get(first, ()) if first is not None else ()
    length = piece.durations.get(first or "", 0)
    found = [(at // 1000, title) for at, title in told if at >= 0 and (not length or at < length)]
    if len(found) < 2:
        return ()
    play = paths.playback(code, piece.document)
    return [Mark(_clock(at), title, f"{play}?s={at}") for at, title in sorted(found)][: MOST_PAGES * layout.MARKS]


def shown(found: Sequence[Mark]) -> Sequence[Mark]:
    """Those that stand on the lecture's own page: all that fit, else one fewer and the way to all."""
    return found if len(found) <= layout.MARKS_AT_DETAIL else found[: layout.MARKS_AT_DETAIL - 1]


def _clock(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes:02}:{seconds % 60:02}"
