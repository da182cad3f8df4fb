"""Tiny real items on the house grid, encoded in seconds, with their indexes; and indexes of items without bytes."""

import fcntl
import hashlib
import io
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from media.fragments import codecs, layout
from media.house import AUDIO, RUNGS, SEGMENT_MS, TRACKS, HouseIndex, Track
from media.live import Made, made

KEPT = Path(__file__).resolve().parents[2] / ".yunping" / "tests" / "items"
SIZES = {"1080": (1920, 1080), "720": (1280, 720), "480": (854, 480)}
GRID = "keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1"
COLOUR = "setsar=1,format=yuv420p,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
FRAGMENTS = (
    "-map_metadata", "-1", "-fflags", "+bitexact",
    "-movflags", "+empty_moov+default_base_moof", "-frag_duration", str(SEGMENT_MS * 1000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HouseItem:
    """Files by track, and the index that names them."""

    files: Mapping[str, bytes]
    index: HouseIndex


def encoded(*, segments: int, pattern: str, tone: int, rungs: tuple[str, ...] = RUNGS) -> HouseItem:
    """A test pattern with a tone. Rungs that are not encoded share the bytes of the smallest one.

    Encoded once a machine: kept below `KEPT` under what it is made of, this file and the encoder's build.
    """
    made = _made_of(segments, pattern, tone, rungs)
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{made}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (KEPT / made).is_dir():
            with tempfile.TemporaryDirectory(dir=KEPT) as folder:
                _encode(Path(folder), segments, pattern, tone, rungs)
                Path(folder).rename(KEPT / made)
                Path(folder).mkdir()
    files = {name: (KEPT / made / f"{name}.mp4").read_bytes() for name in (*rungs, AUDIO)}
    for rung in RUNGS:
        files.setdefault(rung, files[rungs[-1]])
    tracks = {name: _track(name, files[name], segments) for name in TRACKS}
    return HouseItem(files, HouseIndex("house-of-tests", segments, segments * SEGMENT_MS, tracks))


def _made_of(*what: object) -> str:
    build = subprocess.run(["ffmpeg", "-version"], check=True, capture_output=True, timeout=60).stdout
    return hashlib.sha256(b"\0".join((repr(what).encode(), build, Path(__file__).read_bytes()))).hexdigest()[:32]


def _encode(folder: Path, segments: int, pattern: str, tone: int, rungs: tuple[str, ...]) -> None:
    seconds = str(segments * SEGMENT_MS / 1000)
    for rung in rungs:
        width, height = SIZES[rung]
        source = f"{pattern}=size={width}x{height}:rate=25"
        options = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-profile:v", "high", "-x264-params", GRID)
        extra = ("-crf", "34", "-video_track_timescale", "12800")
        _run(folder / f"{rung}.mp4", source, seconds, ("-vf", COLOUR, *options, *extra))
    sound = ("-af", f"volume=0.1,apad,atrim=end_sample={segments * 180 * 1024}", "-c:a", "aac", "-ac", "2")
    primed = ("-bsf:a", "noise=drop='lt(pts,0)'")
    _run(folder / f"{AUDIO}.mp4", f"sine=frequency={tone}:sample_rate=48000", None, (*sound, *primed))


def imagined(name: str, *, segments: int, house: str = "house-of-tests") -> HouseIndex:
    """The index of an item whose bytes nobody will ask for."""
    tracks = {}
    for track in TRACKS:
        width, height = SIZES.get(track, (0, 0))
        sound = track == AUDIO
        tracks[track] = Track(
            sha256=hashlib.sha256(f"{name} {track}".encode()).hexdigest(),
            start=0,
            init=700,
            ends=tuple(700 + 1000 * (n + 1) for n in range(segments)),
            width=width,
            height=height,
            codecs="mp4a.40.2" if sound else "avc1.640028",
            bandwidth=128_000 if sound else height * 3000,
            average=100_000 if sound else height * 2500,
            timescale=48_000 if sound else 12_800,
        )
    return HouseIndex(house, segments, segments * SEGMENT_MS, tracks)


def _run(path: Path, source: str, seconds: str | None, options: tuple[str, ...]) -> None:
    limit = () if seconds is None else ("-t", seconds)
    command = ["nice", "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source, *limit, *options]
    subprocess.run([*command, *FRAGMENTS, str(path)], check=True, timeout=100)


def _track(name: str, data: bytes, segments: int) -> Track:
    found = layout(io.BytesIO(data))
    fragments = found.fragments[:segments]
    assert {(f.samples, f.ticks) for f in fragments} == {(180, 184_320) if name == AUDIO else (96, 49_152)}
    ends = tuple(fragment.end for fragment in fragments)
    peak = max(fragment.end - fragment.start for fragment in fragments) * 8000 // SEGMENT_MS
    width, height = SIZES.get(name, (0, 0))
    codec = codecs(data[: found.init])
    timescale = 48_000 if name == AUDIO else 12_800
    sha256 = hashlib.sha256(data).hexdigest()
    return Track(sha256, 0, found.init, ends, width, height, codec, peak, peak, timescale)


def live_slot() -> Made:
    """What an encoder of a signal makes of one slot: the smallest picture and its sound."""
    film = encoded(segments=1, pattern="testsrc2", tone=660, rungs=("480",))
    parts = {}
    for name in ("480", "audio"):
        track = film.index.tracks[name]
        begin, length = track.segment(0)
        parts[name] = (film.files[name][: track.init], film.files[name][begin : begin + length])
    return made(parts)
