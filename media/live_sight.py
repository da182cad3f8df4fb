"""Whether a live signal has gone black or stands still, told from one small picture every few seconds.

A film is looked at whole when it comes in (`media.findings`); of a signal the receiver looks at the last key picture
for its still anyway, and the same run leaves the picture once more, small and grey.
"""

from dataclasses import dataclass, replace
from typing import Final

from media.findings import BLACK_S, FROZEN_S

# Cells of a picture: twenty pixels of 1280 wide, so that a speaker's head is several.
WIDTH: Final = 64
HEIGHT: Final = 36
# As blackdetect: black are 98 of 100 cells no brighter than this; video black is 16.
_BLACK_LUMA: Final = 32
_BLACK_PART: Final = 0.98
# What an encoder alone changes in the mean of a cell.
_NOISE: Final = 2


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen so far; times in Unix milliseconds, 0 for none.

    Attributes:
        grey: the last picture, `WIDTH` × `HEIGHT` bytes of luma.
        black: since when every picture was black.
        same: when the last picture was seen first.
        looked: when it was seen last.
    """

    grey: bytes = b""
    black: int = 0
    same: int = 0
    looked: int = 0

    def then(self, grey: bytes, now_ms: int) -> "Sight":
        """With one more picture; one of another size is none."""
        if len(grey) != WIDTH * HEIGHT:
            return self
        black = (self.black or now_ms) if is_black(grey) else 0
        if self.grey and is_same(self.grey, grey):
            # The first of them is kept: what changes slower than the noise changes all the same.
            return replace(self, black=black, looked=now_ms)
        return Sight(grey, black, now_ms, now_ms)

    @property
    def black_since(self) -> int:
        """When the picture went black, once it has been for as long as counts in a film; else 0."""
        return self.black if self.black and self.looked - self.black >= BLACK_S * 1000 else 0

    @property
    def frozen_since(self) -> int:
        """When the picture began to stand still, as soon as that counts in a film; else 0."""
        return self.same if self.looked - self.same >= FROZEN_S * 1000 else 0


def is_black(grey: bytes) -> bool:
    """Whether a picture is black but for a few cells."""
    return sum(value <= _BLACK_LUMA for value in grey) >= len(grey) * _BLACK_PART


def is_same(before: bytes, after: bytes) -> bool:
    """Whether no cell changed by more than an encoder changes it."""
    return all(abs(a - b) <= _NOISE for a, b in zip(before, after, strict=True))
