"""The house format of video: one time grid for every item, so that a channel is a matter of arithmetic.

3.84 s is the shortest practical time that is whole in frames at 25 a second, in AAC frames at 48 kHz and in the day
(22,500 segments, Beijing's midnight on a border). Each item is encoded once to this grid; joining two items is then
changing eight bytes of a segment (`media.fragments`). Pictures leave a decoder `DELAY_MS` after their decode time, and
the sound is laid that much later inside its segments, so segment i of every track starts at i × 3.84 s.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from media.errors import MediaRefused

FORMAT: Final = 1
FPS: Final = 25
SEGMENT_MS: Final = 3_840
SEGMENT_FRAMES: Final = 96
AUDIO_FRAMES: Final = 180
AUDIO_FRAME_SAMPLES: Final = 1_024
VIDEO_TIMESCALE: Final = 12_800
AUDIO_TIMESCALE: Final = 48_000
VIDEO_TICKS: Final = 49_152  # of one segment
AUDIO_TICKS: Final = 184_320
DELAY_MS: Final = 80  # two frames of reordering; part of the house, as every SPS says the same

RUNGS: Final = ("1080", "720", "480")
AUDIO: Final = "audio"
TRACKS: Final = (*RUNGS, AUDIO)

INDEX: Final = "house-index"
PLAY: Final = "play-720"
POSTER: Final = "poster"
SPRITES: Final = "sprites"  # small key pictures in one sheet, for the bar under a player
FIRST_LOOK: Final = "first-look"  # what can be watched before the rest is made; gone with it
# Text tracks by the language that is in their names; a video has them or not.
SUBTITLES: Final = {"zh": "subtitles-zh", "en": "subtitles-en"}
OPTIONAL: Final = frozenset(SUBTITLES.values())
# What a video made by an older product may lack, and is signed without.
SPARED: Final = OPTIONAL | {SPRITES}

# 100,000 segments are 106 hours; a larger number is an attack on whoever reads the index.
_MOST_SEGMENTS: Final = 100_000
_MOST_BYTES: Final = 8 << 20
_TICKS: Final = {VIDEO_TIMESCALE: VIDEO_TICKS, AUDIO_TIMESCALE: AUDIO_TICKS}


def rendition(track: str) -> str:
    """The name a track's file has among an asset's renditions: `house-1080`… `house-audio`."""
    return f"house-{track}"


@dataclass(frozen=True, slots=True)
class Track:
    """Where one track's bytes stand.

    Attributes:
        sha256: the file that holds it.
        start: offset of its init segment in that file.
        init: bytes of the init segment.
        ends: absolute end offset of each segment; the first begins after the init segment.
        width: pixels, 0 for sound.
        codecs: as in a playlist: `avc1.640028`, `mp4a.40.2`.
        bandwidth: bits a second of the largest segment.
        average: bits a second over all.
        timescale: ticks a second of its timestamps.
    """

    sha256: str
    start: int
    init: int
    ends: tuple[int, ...]
    width: int
    height: int
    codecs: str
    bandwidth: int
    average: int
    timescale: int

    def segment(self, number: int) -> tuple[int, int]:
        """Offset and length of a segment; IndexError outside 0 … segments - 1."""
        if not 0 <= number < len(self.ends):
            raise IndexError(number)
        begin = self.ends[number - 1] if number else self.start + self.init
        return begin, self.ends[number] - begin

    @property
    def ticks(self) -> int:
        """Length of one segment in this track's timescale: a channel's slot k begins at k × ticks."""
        return _TICKS[self.timescale]


@dataclass(frozen=True, slots=True)
class HouseIndex:
    """Everything a server needs to stitch an item into a channel.

    Attributes:
        house: id of settings, encoder and init segments; only items of one house join without a break.
        segments: of 3.84 s each.
        duration_ms: of the item itself, before it was filled up to whole segments.
        tracks: by the names in `TRACKS`.
    """

    house: str
    segments: int
    duration_ms: int
    tracks: Mapping[str, Track]


def read_index(data: bytes) -> HouseIndex:
    """The index that `write_index` wrote.

    Raises:
        MediaRefused: `media.bad_index` when it is anything else.
    """
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError(len(data))  # noqa: TRY301 - one refusal for every form of nonsense
        return _index(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MediaRefused("media.bad_index") from error


def write_index(index: HouseIndex) -> bytes:
    """The index as JSON; equal indexes give equal bytes."""
    told = {
        "format": FORMAT,
        "house": index.house,
        "segments": index.segments,
        "duration_ms": index.duration_ms,
        "tracks": {name: _told(track) for name, track in index.tracks.items()},
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def _told(track: Track) -> dict[str, Any]:
    return {
        "sha256": track.sha256,
        "start": track.start,
        "init": track.init,
        "ends": list(track.ends),
        "width": track.width,
        "height": track.height,
        "codecs": track.codecs,
        "bandwidth": track.bandwidth,
        "average": track.average,
        "timescale": track.timescale,
    }


def _index(told: dict[str, Any]) -> HouseIndex:
    segments = _whole(told["segments"], least=1)
    if told["format"] != FORMAT or segments > _MOST_SEGMENTS:
        raise ValueError(told["format"])
    tracks = {name: _track(told["tracks"][name], segments) for name in TRACKS if name in told["tracks"]}
    if not tracks or set(tracks) != set(told["tracks"]):
        raise ValueError(set(told["tracks"]))
    return HouseIndex(_text(told["house"]), segments, _whole(told["duration_ms"]), tracks)


def _track(told: dict[str, Any], segments: int) -> Track:
    start, init = _whole(told["start"]), _whole(told["init"], least=1)
    ends = tuple(_whole(end) for end in told["ends"])
    if len(ends) != segments or any(b <= a for a, b in zip((start + init, *ends), ends, strict=False)):
        raise ValueError(len(ends))
    sha256 = _text(told["sha256"])
    timescale = _whole(told["timescale"])
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef") or timescale not in _TICKS:
        raise ValueError(sha256)
    return Track(
        sha256,
        start,
        init,
        ends,
        _whole(told.get("width", 0)),
        _whole(told.get("height", 0)),
        _text(told["codecs"]),
        _whole(told["bandwidth"]),
        _whole(told["average"]),
        timescale,
    )


def _whole(value: object, *, least: int = 0) -> int:
    if type(value) is not int or not least <= value < 1 << 53:
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise ValueError(value)
    return value
