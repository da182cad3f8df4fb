"""Where a video has nothing at all: stretches of time in which neither a picture nor a sound comes.

Pure. A reader of Matroska, MPEG or FLV that meets damage looks for the next thing it knows and goes on, and what was
between is gone without an error: only the times of what is left show it. Pictures alone may be far apart, as slides
are; so a hole is where the sound has one at the same time.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

Spans = tuple[tuple[int, int], ...]

LEAST_MS: Final = 1_000  # a recorder that is paused and goes on may lose less
_MOST: Final = 40


def gaps(lines: Iterable[str]) -> Spans:
    """Begin and end in milliseconds of each gap between the packets that ffmpeg's `framecrc` lists for one stream."""
    return tuple(_gaps(lines))


def missing(pictures: Spans, sounds: Spans | None, *, complained: bool) -> Spans:
    """Where both are missing at once.

    Args:
        pictures: their gaps.
        sounds: theirs, None for a video without sound.
        complained: whether the reader met damage, by which a silent video's slides are told from its holes.
    """
    if sounds is None:
        return pictures[:_MOST] if complained else ()
    both = ((max(a, c), min(b, d)) for a, b in pictures for c, d in sounds if a < d and c < b)
    return tuple((begin, end) for begin, end in both if end - begin >= LEAST_MS)[:_MOST]


def _gaps(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    tick, last = Fraction(1, 1_000), None
    for line in lines:
        if line.startswith("#tb"):
            tick = Fraction(line.rpartition(":")[2].strip())
        elif not line.startswith("#"):
            at = round(int(line.split(",", 2)[1]) * tick * 1_000)
            if last is not None and at - last >= LEAST_MS:
                yield last, at
            last = at if last is None else max(last, at)
