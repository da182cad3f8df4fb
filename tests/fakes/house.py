"""A short lecture in the house format, made by ffmpeg with the same grid: tracks, index, plain file and poster."""

import functools
import itertools
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cms.contract import AssetFile
from cms.trust.keys import sha256
from media.house import (
    AUDIO,
    AUDIO_FRAMES,
    AUDIO_TIMESCALE,
    INDEX,
    PLAY,
    POSTER,
    RUNGS,
    SEGMENT_MS,
    VIDEO_TIMESCALE,
    HouseIndex,
    Track,
    rendition,
    write_index,
)

SIZES: Final = {"1080": (1920, 1080), "720": (1280, 720), "480": (854, 480)}
_FRAGMENTED: Final = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4")
MASTER: Final = sha256(b"master of a lecture in the house format")


@dataclass(frozen=True)
class House:
    """Bytes by hash, and the entries a release would list."""

    files: Mapping[str, bytes]
    assets: tuple[AssetFile, ...]
    index: HouseIndex


@functools.cache
def house(segments: int = 2, source: str = "testsrc2") -> House:
    """`segments` × 3.84 s; `source` is a picture of lavfi, or the path of a film."""
    seconds = segments * SEGMENT_MS / 1000
    with tempfile.TemporaryDirectory() as folder:
        made = {name: _video(Path(folder), name, seconds, source) for name in RUNGS} | {
            AUDIO: _audio(Path(folder), seconds)
        }
        plain = Path(folder) / "play.mp4"
        _run("-i", made["720"][1], "-i", made[AUDIO][1], "-c", "copy", "-movflags", "+faststart", str(plain))
        poster = Path(folder) / "poster.jpg"
        _run("-ss", "1", "-i", str(plain), "-frames:v", "1", str(poster))
        tracks = {name: _track(name, data) for name, (data, _) in made.items()}
        index = HouseIndex("h-test", segments, segments * SEGMENT_MS, tracks)
        parts = {
            **{
                rendition(name): (data, "audio/mp4" if name == AUDIO else "video/mp4")
                for name, (data, _) in made.items()
            },
            INDEX: (write_index(index), "application/json"),
            PLAY: (plain.read_bytes(), "video/mp4"),
            POSTER: (poster.read_bytes(), "image/jpeg"),
        }
    assets = tuple(
        AssetFile(sha256(data), len(data), kind, *SIZES.get(name.removeprefix("house-"), SIZES["720"]), MASTER, name)
        for name, (data, kind) in parts.items()
    )
    return House({sha256(data): data for data, _ in parts.values()}, assets, index)


def _run(*argv: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *argv], check=True)


def _video(folder: Path, name: str, seconds: float, source: str) -> tuple[bytes, str]:
    path = folder / f"{name}.mp4"
    width, height = SIZES[name]
    picture = ("-stream_loop", "-1", "-i", source) if "/" in source else ("-f", "lavfi", "-i", f"{source}=r=25")
    fit = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,fps=25"
    _run(
        *picture, "-t", str(seconds), "-an", "-vf", fit, "-c:v", "libx264", "-preset", "ultrafast",
        "-pix_fmt", "yuv420p", "-g", "96", "-keyint_min", "96", "-sc_threshold", "0",
        "-video_track_timescale", str(VIDEO_TIMESCALE),
        *_FRAGMENTED, str(path),
    )  # fmt: skip
    return path.read_bytes(), str(path)


def _audio(folder: Path, seconds: float) -> tuple[bytes, str]:
    path = folder / "audio.mp4"
    cut = str(AUDIO_FRAMES * 1024 * 1_000_000 // AUDIO_TIMESCALE)
    _run(
        "-f", "lavfi", "-i", f"sine=330:r={AUDIO_TIMESCALE}:d={seconds}", "-c:a", "aac", "-b:a", "64k",
        "-frag_duration", cut, "-movflags", "+empty_moov+default_base_moof", "-f", "mp4", str(path),
    )  # fmt: skip
    data = path.read_bytes()
    # what the encoder's priming pushed over the grid is left out, as in the house
    starts = [offset for kind, offset in _boxes(data) if kind == b"moof"]
    segments = round(seconds * 1000) // SEGMENT_MS
    return data[: starts[segments]] if len(starts) > segments else data, str(path)


def _boxes(data: bytes) -> list[tuple[bytes, int]]:
    boxes, at = [], 0
    while at < len(data):
        boxes.append((data[at + 4 : at + 8], at))
        at += int.from_bytes(data[at : at + 4])
    return boxes


def _track(name: str, data: bytes) -> Track:
    """Where the boxes stand: everything before the first moof is the init segment."""
    boxes = _boxes(data)
    starts = [offset for kind, offset in boxes if kind == b"moof"]
    tail = next((offset for kind, offset in boxes if kind == b"mfra"), len(data))
    ends = tuple(end for _, end in itertools.pairwise([*starts, tail]))
    width, height = SIZES.get(name, (0, 0))
    sound = name == AUDIO
    rate = max(b - a for a, b in itertools.pairwise([*starts, tail])) * 8_000 // SEGMENT_MS
    codecs = "mp4a.40.2" if sound else "avc1.640028"
    timescale = AUDIO_TIMESCALE if sound else VIDEO_TIMESCALE
    return Track(sha256(data), 0, starts[0], ends, width, height, codecs, rate, rate, timescale)
