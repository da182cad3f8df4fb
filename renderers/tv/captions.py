"""The subtitles of a channel: each item's text on the channel's clock, in segments of its slots."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from media.errors import MediaRefused
from media.house import SEGMENT_MS
from media.subtitles import Cue, clock, read_subtitles, write_vtt

MEDIA_TYPE: Final = "text/vtt; charset=utf-8"
_TICKS_A_MS: Final = 90
_WRAP: Final = 1 << 33


def segment(data: bytes, number: int, time: int) -> bytes:
    """The cues that stand in segment `number` of an item, on the channel's clock.

    A cue that reaches over a border stands in both segments with the same times, as RFC 8216 asks; players join them.

    Args:
        data: the item's text track, empty for none.
        number: of the item's segment.
        time: of the segment, in slots since timestamps began.
    """
    begin = number * SEGMENT_MS
    cues = [cue for cue in _cues(data) if cue.start < begin + SEGMENT_MS and cue.end > begin] if data else []
    # LOCAL 0 is the item's beginning; the number of 33 bits wraps every 26.5 hours, which players undo.
    origin = (time - number) * SEGMENT_MS * _TICKS_A_MS % _WRAP
    text = write_vtt(cues).removeprefix(b"WEBVTT\n")
    return f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{origin},LOCAL:{clock(0)}\n".encode() + text


@lru_cache(maxsize=256)
def _cues(data: bytes) -> tuple[Cue, ...]:
    """The cues of a track; a damaged one has none, for the picture must go on."""
    try:
        return tuple(_lasting(read_subtitles(data).cues))
    except MediaRefused:
        return ()


def _lasting(cues: tuple[Cue, ...]) -> Iterator[Cue]:
    return (cue for cue in cues if cue.end > cue.start)
