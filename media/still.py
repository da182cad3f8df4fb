"""One picture of a segment: its first key frame, small, for people who look after channels."""

from pathlib import Path
from typing import Final

from media.limits import VideoLimits
from media.runner import Stage, command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

WIDTH: Final = 480
_NAME: Final = "still.jpg"
_SECOND_MS: Final = 1_000


async def first_picture(segment: bytes, *, sandbox: Sandbox, work: Path) -> bytes:
    """The first picture of an init segment with a segment behind it, as JPEG; about a tenth of a CPU-second.

    Raises:
        MediaRefused: as `media.runner.run_ffmpeg`.
    """
    async with private_folder(work) as folder:
        given = folder / "segment.mp4"
        await in_thread(given.write_bytes, segment)
        picture = given_input(f="mov", skip_frame="nokey", threads=1).video.filter("scale", WIDTH, -2)
        output = made_output(picture, name=_NAME, f="image2", **{"c:v": "mjpeg", "q:v": 5, "frames:v": 1})
        await run_ffmpeg(
            command(output),
            sandbox=sandbox,
            given=given,
            out=folder,
            bounds=VideoLimits(min_free_bytes=0).bounds(_SECOND_MS),
            stage=Stage.finishing,
        )
        return await in_thread((folder / _NAME).read_bytes)
