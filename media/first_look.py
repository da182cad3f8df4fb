"""The begin of a video in small, within seconds of its arrival: what people watch until the whole is made.

Never on air and never signed: its sound has the source's own loudness, its settings are the quickest that still look
like something, and what is made small here is neither smoothed in full size before nor scaled with care.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from media import ladder
from media.house import FIRST_LOOK
from media.limits import VideoLimits
from media.runner import Stage, command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.stable import unchanged
from media.stretches import Stretch
from media.video import VideoFacts
from media.workspace import private_folder

RUNG: Final = ladder.LADDER["480"]
# As good a picture as superfast's at 25 in 60 % of its work, for half as much again to two and a half times its bytes.
_VIDEO: Final = {"c:v": "libx264", "preset": "ultrafast", "crf": 27, "pix_fmt": "yuv420p", "movflags": "+faststart"}
_DECODER: Final[Mapping[str, Any]] = {
    "skip_loop_filter": "noref"
}  # pictures that others are made of keep theirs: nothing adds up
_SCALER: Final[Mapping[str, Any]] = {"flags": "bilinear"}
_AUDIO: Final = {"c:a": "aac", "b:a": "96k", "ar": 48_000, "ac": 2}


@contextlib.asynccontextmanager
async def first_look(
    path: Path, facts: VideoFacts, *, segments: int, sandbox: Sandbox, work: Path, limits: VideoLimits
) -> AsyncIterator[Path]:
    """A plain MP4 of the first segments of a video, or of all of it; gone when the context ends.

    Refuses as `media.runner.run_ffmpeg`; `media.video_changed`.
    """
    await unchanged(path, facts.seen)
    stretch = _stretch(facts, segments)
    argv, bounds = look_command(facts, stretch), limits.bounds(stretch.length_ms)
    async with private_folder(work) as out:
        await run_ffmpeg(argv, sandbox=sandbox, given=path, out=out, bounds=bounds, stage=Stage.examining)
        yield out / FIRST_LOOK


def same_look(one: VideoFacts, other: VideoFacts, *, segments: int) -> bool:
    """Whether a look made by what was believed of a file is the one that what was found makes."""
    return look_command(one, _stretch(one, segments)) == look_command(other, _stretch(other, segments))


def _stretch(facts: VideoFacts, segments: int) -> Stretch:
    return Stretch(0, 0, min(segments, ladder.segments_of(facts.duration_ms)))


def look_command(facts: VideoFacts, stretch: Stretch) -> list[str]:
    """The argument list of the run that makes the look. The file is opened and read once for pictures and sound."""
    pictures = ladder.stretch_picture(facts, stretch, **_DECODER)
    # With its colours named: a browser takes small pictures that name none for those of old television.
    streams = [ladder.tagged(ladder.house_colours(pictures, facts, RUNG, **_SCALER))]
    if facts.sound is not None:
        # Word for word the input of the pictures: one that differs in an option would be a second one.
        source = given_input(f=facts.demuxer, **ladder.told_by(facts), **_DECODER)
        streams.append(ladder.even_sound(source, facts))
    options = {**_VIDEO, **_AUDIO, **ladder.CONTAINER, "t": f"{min(stretch.length_ms, facts.duration_ms) / 1000:.3f}"}
    return command(made_output(*streams, name=FIRST_LOOK, **options), own_clock=True)
