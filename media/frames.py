"""One picture out of a video at a moment a person chose, by ffmpeg in the sandbox."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from media.errors import MediaRefused
from media.limits import VideoLimits
from media.runner import command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

NAME: Final = "frame"
# A single picture: the bounds of a clip of a few seconds are plenty.
_AS_LONG_AS_MS: Final = 5_000


@contextlib.asynccontextmanager
async def frame_at(film: Path, at_ms: int, *, sandbox: Sandbox, work: Path, limits: VideoLimits) -> AsyncIterator[Path]:
    """A JPEG of the picture at that time of a plain MP4 of ours; gone when the context ends.

    Raises:
        MediaRefused: `media.no_frame` when the video is over by then, else as `media.runner.run_ffmpeg`.
    """
    async with private_folder(work) as out:
        picture = given_input(f="mov", ss=f"{at_ms / 1000:.3f}").video
        picture = picture.filter("scale", out_range="pc").filter("format", "yuvj420p")
        options = {"f": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "q:v": 2, "map_metadata": -1}
        argv = command(made_output(picture, name=NAME, **options))
        await run_ffmpeg(argv, sandbox=sandbox, given=film, out=out, bounds=limits.bounds(_AS_LONG_AS_MS))
        made = out / NAME
        if not await in_thread(made.is_file):
            raise MediaRefused("media.no_frame", at=at_ms // 1000)
        yield made
