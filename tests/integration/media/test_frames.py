"""One picture of a film at a chosen moment, by the real ffmpeg in the real sandbox."""

import asyncio
from pathlib import Path

import pytest
from PIL import Image

from media.errors import MediaRefused
from media.frames import frame_at
from media.limits import VideoLimits
from media.sandbox import Sandbox
from tests.integration.media.clips import make

LIMITS = VideoLimits(min_free_bytes=0)


async def test_frame_when_chosen_is_that_picture_and_after_the_end_there_is_none(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    two = ["-f", "lavfi", "-i", "color=red:s=320x180:r=25:d=1", "-f", "lavfi", "-i", "color=blue:s=320x180:r=25:d=1"]
    joined = ["-filter_complex", "concat=n=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    film = await asyncio.to_thread(make, tmp_path / "film.mp4", *two, *joined)
    for at, strong in ((500, 0), (1500, 2)):
        async with frame_at(film, at, sandbox=sandbox, work=work, limits=LIMITS) as path:
            with Image.open(path) as image:
                assert image.size == (320, 180)
                pixel = image.convert("RGB").getpixel((160, 90))
        assert isinstance(pixel, tuple)
        assert pixel[strong] > 200
    with pytest.raises(MediaRefused, match="no_frame"):
        async with frame_at(film, 9_000, sandbox=sandbox, work=work, limits=LIMITS):
            pass
    assert list(work.iterdir()) == []
