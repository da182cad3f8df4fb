"""Words over a few segments of an item: the picture encoded anew on the same grid, the sound as it was.

The words come as pictures that somebody drew; no text ever reaches a filter. What is made must have the house's own
init segments, or it could not stand between segments that were not touched.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ffmpeg

from media import ladder, package
from media.house import RUNGS, SEGMENT_FRAMES, SEGMENT_MS, HouseIndex
from media.limits import VideoLimits
from media.runner import Stage, command, given_input, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread

NAME: Final = "laid.mp4"


@dataclass(frozen=True, slots=True)
class Crawl:
    """Pictures of the words for one size of the picture: a band that stands, a line that runs over it, a head before.

    Attributes:
        top: pixels from the upper edge to the band.
        speed: pixels a second to the left.
        since_ms: for how long the line ran already when the first segment begins.
    """

    band: Path
    line: Path
    head: Path
    top: int
    speed: int
    since_ms: int


async def laid_over(
    folder: Path, crawl: Crawl, *, segments: int, rungs: Collection[str], sandbox: Sandbox
) -> tuple[Path, HouseIndex]:
    """Encode the rungs of `rungs` anew from the largest of them; the other tracks stay as they are in the folder.

    Args:
        folder: has a file of each track, its init segment and `segments` segments from time 0 on.
        crawl: the pictures, in the size of the largest rung.
        segments: how many.
        rungs: which; at least one.
        sandbox: where.

    Raises:
        MediaRefused: `media.house_mismatch` when the encoder is not the one the item was made with.
    """
    house = await package.house_of(sandbox, folder)
    source = next(name for name in RUNGS if name in rungs)
    given = folder / f"source-{source}"
    await in_thread((folder / source).rename, given)
    frames, duration = segments * SEGMENT_FRAMES, segments * SEGMENT_MS
    picture = _laid(given_input(0, f="mov").video, crawl)
    if set(rungs) == set(RUNGS):
        for name in RUNGS[1:]:
            await in_thread((folder / name).unlink)
        outputs = ladder.video_outputs(picture, frames)
    else:
        outputs = [ladder.rung_output(ladder.tagged(picture), source, frames)]
    await run_ffmpeg(
        command(*outputs),
        sandbox=sandbox,
        given=[given, crawl.band, crawl.line, crawl.head],
        out=folder,
        bounds=VideoLimits(min_free_bytes=0).bounds(duration),
        stage=Stage.encoding,
        total_ms=duration,
    )
    index = await in_thread(package.index_of, folder, house, segments=segments, duration_ms=duration)
    made = folder / NAME
    return made, await in_thread(package.joined, index, folder, made)


def _laid(picture: object, crawl: Crawl) -> object:
    band, line, head = (given_input(number, f="png_pipe").video for number in (1, 2, 3))
    # The line comes in from the right, leaves to the left and begins again; numbers only.
    x = f"W-mod((t+{crawl.since_ms / 1000:.3f})*{crawl.speed},W+w)"
    found = ffmpeg.filter([picture, band], "overlay", x=0, y=crawl.top)
    found = ffmpeg.filter([found, line], "overlay", x=x, y=crawl.top)
    return ffmpeg.filter([found, head], "overlay", x=0, y=crawl.top).filter("format", "yuv420p")
