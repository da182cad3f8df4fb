"""One video to the house format: measured, encoded in stretches of one decode each, gated, indexed, looked over."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from media import house, ladder, package, sprites
from media.carried import carried_subtitles
from media.errors import MediaRefused
from media.findings import Findings
from media.finishing import Finishing
from media.hardware import Hardware
from media.house import SEGMENT_MS, HouseIndex, rendition, write_index
from media.kept import Kept, Nothing
from media.limits import VideoLimits
from media.making import Making, Room
from media.passes import in_passes
from media.runner import Report
from media.sandbox import Sandbox
from media.sprites import sheet_of
from media.stable import unchanged
from media.stretches import SEGMENTS, stretches
from media.subtitles import Cue
from media.threads import in_thread
from media.video import VideoFacts
from media.workspace import private_folder

LIMITS: Final = VideoLimits()


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
        findings: how loud it is and was, and what a person should look at.
        index: what the `house-index` file says.
        subtitles: that were inside the source, by language.
        chapters: that were inside the source: begin in milliseconds and title.
    """

    files: tuple[EncodedFile, ...]
    duration_ms: int
    findings: Findings
    index: HouseIndex
    subtitles: Mapping[str, Sequence[Cue]] = field(default_factory=dict)
    chapters: tuple[tuple[int, str], ...] = ()


@contextlib.asynccontextmanager
async def encode_house(
    path: Path,
    facts: VideoFacts,
    *,
    sandbox: Sandbox,
    work: Path,
    progress: Report | None = None,
    limits: VideoLimits = LIMITS,
    kept: Kept | None = None,
    each: int = SEGMENTS,
    hardware: Hardware | None = None,
) -> AsyncIterator[EncodedVideo]:
    """Encode a video that `media.video.examine` accepted; the files live as long as the context.

    Args:
        path: the file that was examined.
        facts: what was found.
        sandbox: where it is decoded and encoded; give it turns of its own (`Sandbox.apart`).
        work: folder for a private temporary folder, on a volume with room for the result.
        progress: hears about each stage.
        limits: as for `examine`.
        kept: what an earlier try finished, and where this one puts what it finishes.
        each: segments of a stretch, the unit of what is kept.
        hardware: a card's encoder to be tried before the house's own.

    Raises:
        MediaRefused: `media.disk_full`, `media.too_costly`, `media.video_vanished`, `media.video_changed`,
            `media.video_damaged`, `media.video_truncated`, `media.house_mismatch`. Nothing is left then but what is
            kept. Whatever `kept` raises passes through.
    """
    await unchanged(path, facts.seen)
    of_house = await package.house_of(sandbox, work)
    segments = ladder.segments_of(facts.duration_ms)
    kept = kept or Nothing()
    async with private_folder(work) as out:
        await in_thread(_has_room, out, segments, limits)
        run = Making(path, facts, segments, of_house, Room(sandbox, work, out, limits, progress), kept, hardware)
        run.is_resumable = segments > each
        await run.begin()
        await in_passes(run, stretches(segments, each=each), kept, is_long=run.is_resumable)
        run.refuse_damage()
        await unchanged(path, facts.seen)
        index = await in_thread(package.index_of, out, of_house, segments=segments, duration_ms=facts.duration_ms)
        room = Room(sandbox, work, out, limits, progress)
        findings = await Finishing(facts.duration_ms, segments, room, has_sound=facts.sound is not None).all()
        await in_thread((out / house.INDEX).write_bytes, write_index(index))
        texts = await carried_subtitles(path, facts, sandbox=sandbox, work=work, limits=limits)
        unchecked = facts.codec if facts.codec in ladder.UNCHECKED else ""
        findings = replace(findings, source_loudness=run.loudness, missing=facts.missing, unchecked=unchecked)
        yield EncodedVideo(
            encoded_files(out, facts.duration_ms), facts.duration_ms, findings, index, texts, facts.chapters
        )


def encoded_files(out: Path, duration_ms: int) -> tuple[EncodedFile, ...]:
    """Every file of a finished item that lies in a folder."""
    plain, sheet = ladder.LADDER["720"], sheet_of(duration_ms)
    return (
        *(
            EncodedFile(rendition(name), out / name, "video/mp4", rung.width, rung.height)
            for name, rung in ladder.LADDER.items()
        ),
        EncodedFile(rendition(house.AUDIO), out / house.AUDIO, "audio/mp4", 0, 0),
        EncodedFile(house.INDEX, out / house.INDEX, "application/json", 0, 0),
        EncodedFile(house.PLAY, out / house.PLAY, "video/mp4", plain.width, plain.height),
        EncodedFile(house.POSTER, out / house.POSTER, "image/jpeg", plain.width, plain.height),
        EncodedFile(
            house.SPRITES,
            out / house.SPRITES,
            "image/jpeg",
            sheet.columns * sprites.WIDTH,
            sheet.rows * sprites.HEIGHT,
        ),
    )


def _has_room(out: Path, segments: int, limits: VideoLimits) -> None:
    # What a film takes; the sandbox stops the run before the reserve is touched in any case.
    likely = segments * SEGMENT_MS * sum(rung.maxrate for rung in ladder.LADDER.values()) // 8 // 2
    if shutil.disk_usage(out).free < limits.min_free_bytes + likely:
        raise MediaRefused("media.disk_full")
