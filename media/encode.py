"""One video to the house format: measured, encoded in one decode, gated, indexed, with its poster and plain copy."""

import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media import house, ladder, package
from media.errors import MediaRefused
from media.house import SEGMENT_FRAMES, SEGMENT_MS, HouseIndex, rendition, write_index
from media.limits import VideoLimits
from media.loudness import Loudness, gain_for, measured
from media.runner import Ran, Report, Stage, command, given_input, made_output, run_ffmpeg
from media.sandbox import Bounds, Sandbox
from media.stable import unchanged
from media.threads import in_thread
from media.video import VideoFacts
from media.workspace import private_folder

LIMITS: Final = VideoLimits()
# Some pictures that a decoder had to patch are normal for phones and broadcast recordings.
_PATCHED_PICTURES: Final = 4
_PATCHED_SHARE: Final = 500
_PATCHED: Final = re.compile(r"rror while decoding|concealing|orrupt|Invalid data found when processing input")
_POSTER_FROM: Final = 180  # seconds; a poster from the end would give the story away
_BLACK: Final = 32  # average luma; a title page's black is 16


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """One made file; `rendition` is its name among the asset's renditions, sizes are 0 where there is no picture."""

    rendition: str
    path: Path
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """A finished item.

    Attributes:
        files: by rendition; gone when the context ends.
        duration_ms: of the item before it was filled up to whole segments.
        loudness: of the sound as it was encoded.
        source_loudness: of the sound as it came.
        index: what the `house-index` file says.
    """

    files: tuple[EncodedFile, ...]
    duration_ms: int
    loudness: Loudness
    source_loudness: Loudness
    index: HouseIndex


@contextlib.asynccontextmanager
async def encode_house(
    path: Path,
    facts: VideoFacts,
    *,
    sandbox: Sandbox,
    work: Path,
    progress: Report | None = None,
    limits: VideoLimits = LIMITS,
) -> AsyncIterator[EncodedVideo]:
    """Encode a video that `media.video.examine` accepted; the files live as long as the context.

    Args:
        path: the file that was examined.
        facts: what was found.
        sandbox: where it is decoded and encoded; give it turns of its own (`Sandbox.apart`).
        work: folder for a private temporary folder, on a volume with room for the result.
        progress: hears about each stage.
        limits: as for `examine`.

    Raises:
        MediaRefused: `media.disk_full`, `media.too_costly`, `media.video_vanished`, `media.video_changed`,
            `media.video_damaged`, `media.video_truncated`, `media.house_mismatch`. Nothing is left then.
    """
    await unchanged(path, facts.seen)
    of_house = await package.house_of(sandbox, work)
    segments = ladder.segments_of(facts.duration_ms)
    async with private_folder(work) as out:
        await in_thread(_has_room, out, segments, limits)
        run = _Run(sandbox, out, limits.bounds(segments * SEGMENT_MS), progress)
        before = await run.source_loudness(path, facts)
        ran = await run.ladder(path, ladder.ladder_outputs(facts, gain_for(before), segments), segments)
        await unchanged(path, facts.seen)
        refuse_damage(ran, segments)
        index = await in_thread(package.index_of, out, of_house, segments=segments, duration_ms=facts.duration_ms)
        await run.playable(facts.duration_ms)
        await run.poster()
        after = await run.result_loudness(segments * SEGMENT_MS) if facts.sound else Loudness(None, None)
        await in_thread((out / house.INDEX).write_bytes, write_index(index))
        yield EncodedVideo(_files(out), facts.duration_ms, after, before, index)


def refuse_damage(ran: Ran, segments: int) -> None:
    """Refuse a source whose decoder had to guess more than a few pictures.

    Raises:
        MediaRefused: `media.video_damaged`.
    """
    patched = sum(1 for line in ran.stderr.splitlines() if _PATCHED.search(line))
    if patched > max(_PATCHED_PICTURES, segments * SEGMENT_FRAMES // _PATCHED_SHARE):
        raise MediaRefused("media.video_damaged", reason=f"{patched} decoding errors")


@dataclass(frozen=True, slots=True)
class _Run:
    sandbox: Sandbox
    out: Path
    bounds: Bounds
    progress: Report | None

    async def source_loudness(self, path: Path, facts: VideoFacts) -> Loudness:
        if facts.sound is None:
            return Loudness(None, None)
        sound = ladder.even_sound(given_input(f=facts.demuxer), facts)
        return await measured(
            sound,
            sandbox=self.sandbox,
            given=path,
            out=self.out,
            bounds=self.bounds,
            total_ms=facts.sound.length_ms,
            progress=self.progress,
        )

    async def ladder(self, path: Path, outputs: list[object], segments: int) -> Ran:
        return await run_ffmpeg(
            command(*outputs),
            sandbox=self.sandbox,
            given=path,
            out=self.out,
            bounds=self.bounds,
            stage=Stage.encoding,
            total_ms=segments * SEGMENT_MS,
            progress=self.progress,
        )

    async def playable(self, duration_ms: int) -> None:
        """The plain file for players without scripts: the same pictures and sound in another container."""
        pictures, sound = given_input(0, f="mov")["v:0"], given_input(1, f="mov")["a:0"]
        length = f"{(duration_ms + house.DELAY_MS) / 1000:.3f}"
        plain = {"c": "copy", "movflags": "+faststart", "t": length, **ladder.CONTAINER}
        await self._finish(
            command(made_output(pictures, sound, name=house.PLAY, **plain)), ["720", house.AUDIO], duration_ms
        )

    async def poster(self) -> None:
        """The most typical of the key pictures that are not black; of all when all are."""
        for select in (True, False):
            picture = given_input(f="mov", skip_frame="nokey", t=_POSTER_FROM).video
            if select:
                key = "lavfi.signalstats.YAVG"
                picture = picture.filter("signalstats").filter(
                    "metadata", mode="select", key=key, value=_BLACK, function="greater"
                )
            picture = picture.filter("thumbnail", 100).filter("scale", out_range="pc").filter("format", "yuvj420p")
            options = {"f": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "q:v": 3, "map_metadata": -1}
            await self._finish(command(made_output(picture, name=house.POSTER, **options)), ["720"], 0)
            if await in_thread((self.out / house.POSTER).exists):
                return
        raise MediaRefused("media.video_damaged", reason="no picture for the poster")

    async def result_loudness(self, total_ms: int) -> Loudness:
        return await measured(
            given_input(f="mov").audio,
            sandbox=self.sandbox,
            given=self.out / house.AUDIO,
            out=self.out,
            bounds=self.bounds,
            total_ms=total_ms,
            stage=Stage.finishing,
            progress=self.progress,
        )

    async def _finish(self, argv: list[str], given: list[str], total_ms: int) -> None:
        await run_ffmpeg(
            argv,
            sandbox=self.sandbox,
            given=[self.out / name for name in given],
            out=self.out,
            bounds=self.bounds,
            stage=Stage.finishing,
            total_ms=total_ms,
            progress=self.progress,
        )


def _has_room(out: Path, segments: int, limits: VideoLimits) -> None:
    # What a film takes; the sandbox stops the run before the reserve is touched in any case.
    likely = segments * SEGMENT_MS * sum(rung.maxrate for rung in ladder.LADDER.values()) // 8 // 2
    if shutil.disk_usage(out).free < limits.min_free_bytes + likely:
        raise MediaRefused("media.disk_full")


def _files(out: Path) -> tuple[EncodedFile, ...]:
    plain = ladder.LADDER["720"]
    return (
        *(
            EncodedFile(rendition(name), out / name, "video/mp4", rung.width, rung.height)
            for name, rung in ladder.LADDER.items()
        ),
        EncodedFile(rendition(house.AUDIO), out / house.AUDIO, "audio/mp4", 0, 0),
        EncodedFile(house.INDEX, out / house.INDEX, "application/json", 0, 0),
        EncodedFile(house.PLAY, out / house.PLAY, "video/mp4", plain.width, plain.height),
        EncodedFile(house.POSTER, out / house.POSTER, "image/jpeg", plain.width, plain.height),
    )
