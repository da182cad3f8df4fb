"""An item's encode in stretches of 61.44 s: what a killed encoder loses is at most the stretch it was in.

Pure. A stretch reads the source from a little before its begin, keeps the source's own clock and cuts on the house's
picture numbers, so that its pictures are the very ones of a run over the whole file (`media.ladder.stretch_picture`).
Each is encoded by an encoder that starts with it, in an uninterrupted run as well as in a resumed one: what is made is
the same to the byte whoever was killed in between.

The first segment is a stretch of its own, because somebody waits for it: an encoder that may look at what follows has
read some twenty pictures more in each size before it lets go of a segment. It is made with `media.ladder.AWAITED`.
"""

from dataclasses import dataclass
from typing import Final

from media.house import SEGMENT_FRAMES, SEGMENT_MS
from media.kinds import Format

SEGMENTS: Final = 16  # of 3.84 s: 61.44 s
# How long before its begin a stretch is read. A reader with an index goes to the key picture before that by itself;
# one that only looks for a time lands in the middle of a group and needs the next key picture.
_INDEXED: Final = frozenset({"mp4", "mov", "mkv", "webm"})
_BEFORE_MS: Final = 3_000
_BEFORE_UNINDEXED_MS: Final = 15_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some segments in a row that are encoded in one run; `first` is the number of the first."""

    number: int
    first: int
    segments: int

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for it: the first segment, on its own."""
        return (self.first, self.segments) == (0, 1)

    @property
    def begin_ms(self) -> int:
        return self.first * SEGMENT_MS

    @property
    def length_ms(self) -> int:
        return self.segments * SEGMENT_MS

    @property
    def frames(self) -> tuple[int, int]:
        """Numbers of the first picture and of the one behind the last."""
        return self.first * SEGMENT_FRAMES, (self.first + self.segments) * SEGMENT_FRAMES


def stretches(segments: int, *, each: int = SEGMENTS) -> tuple[Stretch, ...]:
    """All stretches of an item with so many segments: its first segment, what fills up `each`, and so on by `each`."""
    begins = [0, *range(1, min(each, segments), each), *range(each, segments, each)]
    ends = [*begins[1:], segments]
    return tuple(Stretch(number, first, ends[number] - first) for number, first in enumerate(begins))


def read_from_ms(stretch: Stretch, form: Format) -> int:
    """Where to begin reading the source; 0 where that is its very begin."""
    before = _BEFORE_MS if form.name in _INDEXED else _BEFORE_UNINDEXED_MS
    return max(0, stretch.begin_ms - before)
