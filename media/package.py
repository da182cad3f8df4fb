"""From encoded tracks to an item of the house: checked to the sample, gated by its init segments, indexed."""

import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ffmpeg

from media import ladder
from media.errors import MediaRefused
from media.fragments import Fragment, Layout, codecs, layout, patched_head
from media.house import (
    AUDIO,
    AUDIO_FRAMES,
    AUDIO_TICKS,
    AUDIO_TIMESCALE,
    FORMAT,
    FPS,
    RUNGS,
    SEGMENT_FRAMES,
    SEGMENT_MS,
    TRACKS,
    VIDEO_TICKS,
    VIDEO_TIMESCALE,
    HouseIndex,
    Track,
)
from media.limits import VideoLimits
from media.runner import FFMPEG, command, run_ffmpeg
from media.sandbox import Bounds, Sandbox
from media.threads import in_thread
from media.workspace import private_folder

MIB: Final = 1 << 20
_BLOCK: Final = 1 << 20
_HEAD: Final = 4_096  # holds everything of a segment that is rewritten
_known: dict[str, "House"] = {}  # by encoder: the reference encode is made once in a process


@dataclass(frozen=True, slots=True)
class House:
    """What this machine's encoder makes of the house's settings.

    Attributes:
        name: id of settings, encoder and init segments.
        inits: sha256 of the init segment of each track.
    """

    name: str
    inits: Mapping[str, str]


async def house_of(sandbox: Sandbox, work: Path) -> House:
    """This machine's house: one segment of black and silence, encoded once in a process; about two CPU-seconds."""
    encoder = await _encoder(sandbox, work)
    if encoder not in _known:
        _known[encoder] = await _reference(encoder, sandbox, work)
    return _known[encoder]


def index_of(folder: Path, house: House, *, segments: int, duration_ms: int) -> HouseIndex:
    """Check every track file in a folder and index it; blocks.

    Raises:
        MediaRefused: `media.video_truncated` when the source ended before its time, `media.house_mismatch` when a
            track is not of this house, `media.bad_fragment`.
    """
    tracks = {}
    for name in TRACKS:
        track, init = _measure(folder / name, name)
        if len(track.ends) < segments:
            read = len(track.ends) * SEGMENT_MS // 1000
            raise MediaRefused("media.video_truncated", found=read, claimed=duration_ms // 1000)
        if init != house.inits[name] or len(track.ends) != segments:
            raise MediaRefused("media.house_mismatch", track=name)
        tracks[name] = track
    return HouseIndex(house.name, segments, duration_ms, tracks)


def append(part: Path, track: Path, name: str, house: House, *, first: int) -> int:
    """Put the whole segments of a part behind those a track has; blocks. Returns how many they were.

    Args:
        part: what one run of the encoder made of this track.
        track: the file that grows; begun with the part's init segment when it is not there.
        name: the track's.
        house: what the init segment must be of.
        first: number of the part's first segment in the whole.

    Raises:
        MediaRefused: `media.house_mismatch`, `media.bad_fragment`.
    """
    ticks = AUDIO_TICKS if name == AUDIO else VIDEO_TICKS
    with part.open("rb") as source, track.open("ab") as target:
        found = layout(source)
        source.seek(0)
        init = source.read(found.init)
        if init_of(init) != house.inits[name]:
            raise MediaRefused("media.house_mismatch", track=name)
        if target.tell() == 0:
            target.write(init)
        whole = list(_whole(found, name))
        for number, one in enumerate(whole, start=first):
            source.seek(one.start)
            data = source.read(one.end - one.start)
            target.write(patched_head(data[:_HEAD], sequence=number + 1, base=number * ticks) + data[_HEAD:])
    return len(whole)


def init_of(init: bytes) -> str:
    """What an init segment is known by."""
    return hashlib.sha256(init).hexdigest()


def joined(index: HouseIndex, folder: Path, target: Path) -> HouseIndex:
    """Put all tracks of an index into one file, in the order of `TRACKS`; blocks. The index of that file."""
    starts: dict[str, int] = {}
    with target.open("xb") as one:
        for name in index.tracks:
            starts[name] = one.tell()
            with (folder / name).open("rb") as file:
                while block := file.read(_BLOCK):
                    one.write(block)
    with target.open("rb") as one:
        sha256 = hashlib.file_digest(one, "sha256").hexdigest()
    tracks = {name: _moved(track, sha256, starts[name]) for name, track in index.tracks.items()}
    return HouseIndex(index.house, index.segments, index.duration_ms, tracks)


def _moved(track: Track, sha256: str, by: int) -> Track:
    ends = tuple(end + by for end in track.ends)
    return Track(
        sha256,
        track.start + by,
        track.init,
        ends,
        track.width,
        track.height,
        track.codecs,
        track.bandwidth,
        track.average,
        track.timescale,
    )


def _measure(path: Path, name: str) -> tuple[Track, str]:
    """A track file's place in an index, and the sha256 of its init segment."""
    with path.open("rb") as file:
        found = layout(file)
        file.seek(0)
        init = file.read(found.init)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    whole = list(_whole(found, name))
    lengths = [fragment.end - fragment.start for fragment in whole] or [0]
    rung = ladder.LADDER.get(name)
    track = Track(
        sha256=sha256,
        start=0,
        init=found.init,
        ends=tuple(fragment.end for fragment in whole),
        width=rung.width if rung else 0,
        height=rung.height if rung else 0,
        codecs=codecs(init),
        bandwidth=-(-max(lengths) * 8_000 // SEGMENT_MS),
        average=sum(lengths) * 8_000 // (SEGMENT_MS * len(lengths)),
        timescale=AUDIO_TIMESCALE if name == AUDIO else VIDEO_TIMESCALE,
    )
    return track, hashlib.sha256(init).hexdigest()


def _whole(found: Layout, name: str) -> Iterator[Fragment]:
    samples, ticks = (AUDIO_FRAMES, AUDIO_TICKS) if name == AUDIO else (SEGMENT_FRAMES, VIDEO_TICKS)
    for number, fragment in enumerate(found.fragments):
        if (fragment.samples, fragment.ticks) != (samples, ticks):
            return  # the last one of a source that ended early
        if fragment.base != number * ticks or fragment.sequence != number + 1:
            raise MediaRefused("media.bad_fragment")
        yield fragment


async def _encoder(sandbox: Sandbox, work: Path) -> str:
    async with private_folder(work) as out:
        bounds = Bounds(seconds=20, memory_bytes=2_048 * MIB, file_bytes=1, output_bytes=1)
        finished = await sandbox.run([FFMPEG, "-version"], given=Path(FFMPEG), out=out, bounds=bounds)
    if finished.returncode != 0:
        raise MediaRefused("media.sandbox_unavailable", setting="ffmpeg")
    return finished.stdout.decode("utf-8", "replace").partition("\n")[0] + platform.machine()


async def _reference(encoder: str, sandbox: Sandbox, work: Path) -> House:
    black = ffmpeg.input(
        f"color=black:s={ladder.TOP.width}x{ladder.TOP.height}:r={FPS}", f="lavfi", t=ladder.seconds(1)
    ).video
    outputs = [*ladder.video_outputs(black, SEGMENT_FRAMES), ladder.silent_output(1)]
    bounds = VideoLimits(min_free_bytes=0).bounds(SEGMENT_MS)
    async with private_folder(work) as out:
        await run_ffmpeg(command(*outputs), sandbox=sandbox, given=Path(FFMPEG), out=out, bounds=bounds)
        found = {name: await in_thread(_measure, out / name, name) for name in TRACKS}
    inits = {name: init for name, (_, init) in found.items()}
    settings = (FORMAT, RUNGS, ladder.LADDER, ladder.VIDEO, ladder.AUDIO, ladder.CONTAINER)
    name = hashlib.sha256(repr((settings, encoder, sorted(inits.items()))).encode()).hexdigest()
    return House(name[:16], inits)
