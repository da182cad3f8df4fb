"""A film with its channel's logo by the product's own encoder: in parts that are taken up again, and of the house."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from media.encode import encode_house
from media.house import RUNGS, TRACKS, HouseIndex, rendition, write_index
from media.limits import VideoLimits
from media.logo import Corner, Place, box
from media.sandbox import Sandbox
from media.still import first_picture
from media.video import examine
from renderers.tv import logo
from renderers.tv.items import index_of
from tests.fakes.channel import ChannelWorld

LIMITS = VideoLimits(min_free_bytes=0)
CLIP = (
    "ffmpeg -nostdin -v error -y -f lavfi -i color=gray:size=640x360:rate=25 -f lavfi -i sine=frequency=500 -t 5 "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"
)
PLACE = Place(Corner.TOP_RIGHT, 4, 10, 100)


async def film_of(clip: Path, work: Path, sandbox: Sandbox, world: ChannelWorld) -> HouseIndex:
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as video:
        for file in video.files:
            if file.rendition in map(rendition, TRACKS):
                world.hold(await asyncio.to_thread(file.path.read_bytes))
        return video.index


def frame(data: bytes, index: HouseIndex, rung: str, number: int, path: Path) -> Image.Image:
    """The first picture of a segment."""
    track = index.tracks[rung]
    start, length = track.segment(number)
    path.with_suffix(".mp4").write_bytes(data[track.start : track.start + track.init] + data[start : start + length])
    view = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(path.with_suffix(".mp4")), "-frames:v", "1", str(path)]
    subprocess.run(view, check=True, capture_output=True, timeout=60)
    return Image.open(path).convert("RGB")


@pytest.mark.timeout(300)
async def test_film_with_a_logo_is_of_the_house_and_its_parts_are_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logo, "CHUNK", 1)
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    world, clip, work = ChannelWorld(), tmp_path / "clip.mp4", tmp_path / "work"
    work.mkdir()
    await asyncio.to_thread(subprocess.run, [*CLIP.split(), str(clip)], check=True, timeout=60)
    plain = await film_of(clip, work, sandbox, world)
    picture = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 300, 200))
    picture.save(tmp_path / "logo.png")
    spec = {
        "film": world.hold(write_index(plain)),
        "picture": world.hold((tmp_path / "logo.png").read_bytes()),
        "media_type": "image/png",
        "place": {"corner": PLACE.corner.value, "margin": PLACE.margin, "size": PLACE.size, "opacity": PLACE.opacity},
    }
    told: list[logo.Part | None] = []

    @asynccontextmanager
    async def folder() -> AsyncIterator[Path]:
        path = work / str(len(list(work.iterdir())))
        path.mkdir()
        yield path

    async def keep(path: Path, index: HouseIndex) -> str:
        world.hold(await asyncio.to_thread(path.read_bytes))
        return world.hold(write_index(index))

    async def tell(_done: int, _total: int, part: logo.Part | None) -> None:
        told.append(part)
        if len(told) == 1:
            raise InterruptedError

    studio = logo.Studio(world.assets, sandbox, folder, keep)
    with pytest.raises(InterruptedError):
        await logo.make(spec, (), studio, tell)
    made = await logo.make(spec, [told[0] or ()], studio, tell)
    assert [part and part[0] for part in told] == [0, 0, 1]
    assert told[0] == told[1], "what was ready is not made again"
    index = await index_of(made, world.assets)
    assert index is not None
    assert (index.house, index.segments) == (plain.house, 2), "the gate"
    assert index.tracks["audio"] == plain.tracks["audio"], "the sound is the same file"
    data = world.assets.held[index.tracks["1080"].sha256]
    for rung in RUNGS:
        track, before = index.tracks[rung], plain.tracks[rung]
        init = data[track.start : track.start + track.init]
        assert init == world.assets.held[before.sha256][: before.init]
    for number in (0, 1):
        here = box(PLACE, 1280, 720)
        shown = await asyncio.to_thread(frame, data, index, "720", number, tmp_path / f"with-{number}.png")
        was = world.assets.held[plain.tracks["720"].sha256]
        other = await asyncio.to_thread(frame, was, plain, "720", number, tmp_path / f"without-{number}.png")
        found = ImageChops.difference(shown, other).convert("L").point(lambda value: 255 if value > 40 else 0).getbbox()
        assert found is not None
        left, top, right, bottom = found
        assert abs(right - (here.x + here.width)) <= 4
        assert abs(top - here.y) <= 4
        assert abs((right - left) - here.width) <= 6
        assert bottom <= here.y + here.height + 2
        red, green, blue = shown.getpixel(((left + right) // 2, (top + bottom) // 2))  # type: ignore[misc]
        assert red > 200
        assert max(green, blue) < 60
    track = index.tracks["480"]
    start, length = track.segment(1)
    small = data[track.start : track.start + track.init] + data[start : start + length]
    (tmp_path / "still.jpg").write_bytes(await first_picture(small, sandbox=sandbox, work=work))
    with Image.open(tmp_path / "still.jpg") as still:
        assert still.size == (480, 270)
