"""Small key pictures of a film in one sheet, for the bar under a player; where each stands is arithmetic."""

from dataclasses import dataclass
from typing import Final

from media.house import SEGMENT_MS

WIDTH: Final = 160
HEIGHT: Final = 90
COLUMNS: Final = 10
MOST: Final = 100  # 1600 × 900 pixels, some 300 KiB
_KEY_MS: Final = SEGMENT_MS // 2  # every 48 pictures


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a sheet is laid out.

    Attributes:
        count: pictures in it.
        every: a picture for so many key pictures.
    """

    count: int
    every: int

    @property
    def every_ms(self) -> int:
        return self.every * _KEY_MS

    @property
    def columns(self) -> int:
        return min(COLUMNS, self.count)

    @property
    def rows(self) -> int:
        return -(-self.count // COLUMNS)

    def place(self, at_ms: int) -> tuple[int, int]:
        """Left and top of the picture that stands for a moment, in pixels."""
        number = min(self.count - 1, max(0, at_ms) // self.every_ms)
        return number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT


def sheet_of(duration_ms: int) -> Sheet:
    """The sheet of a film of that length."""
    keys = max(1, -(-duration_ms // _KEY_MS))
    every = -(-keys // MOST)
    return Sheet(-(-keys // every), every)
