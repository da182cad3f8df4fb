"""The pieces an office keeps for between programmes: which videos are fillers and bumpers of a channel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import Columns, LineUps, Piece, Target
from renderers.tv.settings import ChannelSettings

_PER_COLUMN: Final = 50
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Furniture:
    """Pieces by what they are for, each list in the order of the settings, of a column the newest first.

    `missing` are lines of the settings that name nothing which is live here.
    """

    filler: tuple[Piece, ...] = ()
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def pieces(self) -> Iterable[Piece]:
        return (*self.filler, *self.before, *self.after)


NO_FURNITURE: Final = Furniture()


async def furniture(target: Target, settings: ChannelSettings, line_ups: LineUps) -> Furniture:
    """What the lines of the settings name."""
    lines = {line.strip() for pool in _pools(settings) for line in pool}
    if not lines:
        return NO_FURNITURE
    columns = await line_ups.columns()
    named = {line: code for line in lines if (code := _column(line, columns)) is not None}
    found: dict[str, Sequence[Piece]] = {
        line: await line_ups.newest(target, column=code, limit=_PER_COLUMN) for line, code in named.items()
    }
    single = lines - named.keys()
    if single:
        live = await line_ups.newest(target, limit=_MOST)
        found |= {piece.document: (piece,) for piece in live if piece.document in single}
    missing = tuple(sorted(line for line in lines if not found.get(line)))
    filler, before, after = (_pieces(pool, found) for pool in _pools(settings))
    return Furniture(filler, before, after, missing)


def _pools(settings: ChannelSettings) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    return settings.filler, settings.bumper_before, settings.bumper_after


def _column(line: str, columns: Columns) -> str | None:
    return next((code for code, name in columns if line in {code, name}), None)


def _pieces(pool: Sequence[str], found: Mapping[str, Sequence[Piece]]) -> tuple[Piece, ...]:
    pieces = {piece.document: piece for line in pool for piece in found.get(line.strip(), ())}
    return tuple(pieces.values())
