"""The still that a channel shows when it has nothing else: one short item of the house in a single file."""

from pathlib import Path
from typing import Final

from media import ladder, package
from media.house import FPS, SEGMENT_FRAMES, SEGMENT_MS, HouseIndex
from media.limits import VideoLimits
from media.runner import command, given_input, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

NAME: Final = "slate.mp4"


async def make_slate(
    folder: Path, picture_png: Path, *, sandbox: Sandbox, segments: int = 1
) -> tuple[Path, HouseIndex]:
    """Encode a still picture with silence, all tracks one after another in one file.

    Args:
        folder: where the file is left, as `slate.mp4`; must not have one yet.
        picture_png: a PNG of 16:9; another shape is stretched.
        sandbox: where it is encoded.
        segments: of 3.84 s; the channel repeats them.

    Raises:
        MediaRefused: as `media.encode.encode_house`.
    """
    house = await package.house_of(sandbox, folder)
    still = given_input(f="image2", pattern_type="none", loop=1, framerate=FPS, t=ladder.seconds(segments)).video
    sized = still.filter("scale", ladder.TOP.width, ladder.TOP.height, out_color_matrix="bt709", out_range="tv")
    frames = segments * SEGMENT_FRAMES
    outputs = [*ladder.video_outputs(sized.filter("format", "yuv420p"), frames), ladder.silent_output(segments)]
    async with private_folder(folder) as out:
        bounds = VideoLimits(min_free_bytes=0).bounds(segments * SEGMENT_MS)
        await run_ffmpeg(command(*outputs), sandbox=sandbox, given=picture_png, out=out, bounds=bounds)
        duration = segments * SEGMENT_MS
        index = await in_thread(package.index_of, out, house, segments=segments, duration_ms=duration)
        made = out / NAME
        index = await in_thread(package.joined, index, out, made)
        target = folder / NAME
        await in_thread(made.rename, target)
    return target, index
