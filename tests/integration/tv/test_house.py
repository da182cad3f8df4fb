"""The product's own encoder and slate on a channel: a join between them is no seam."""

import asyncio
import dataclasses
import datetime as dt
import functools
import itertools
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from cms.kernel.clock import FixedClock
from media.encode import encode_house
from media.house import AUDIO, TRACKS, rendition
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.video import examine
from renderers.conformance.world import MemoryStudio
from renderers.tv import channel
from tests.fakes.channel import NOW, SLOT, slot_of
from tests.fakes.house_files import HouseItem
from tests.fakes.television import Television

LIMITS = VideoLimits(min_free_bytes=0)
CLIP = (
    "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=640x360:rate=30 -f lavfi -i sine=frequency=500 -t 5 "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"
)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    subprocess.run([*CLIP.split(), str(path)], check=True, timeout=60)
    return path


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def tv(tmp_path: Path, items: tuple[HouseItem, ...], clock: FixedClock) -> Television:
    television = Television(tmp_path / "store", items[0], channel(), clock)
    world = television.world
    world.services = dataclasses.replace(world.services, studio=MemoryStudio(world.assets))
    (tmp_path / "work").mkdir()
    return television


async def encoded(clip: Path, work: Path) -> HouseItem:
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as video:
        paths = {file.rendition: file.path for file in video.files}
        files = {name: await asyncio.to_thread(paths[rendition(name)].read_bytes) for name in TRACKS}
        return HouseItem(files, video.index)


@pytest.mark.timeout(400)
async def test_lecture_after_the_slate_goes_on_without_a_break(
    tv: Television, clip: Path, clock: FixedClock, tmp_path: Path
) -> None:
    item = await encoded(clip, tmp_path / "work")
    assert item.index.segments == 2
    await tv.publish(1, item, at=NOW - dt.timedelta(hours=1))
    await tv.render()
    first = slot_of(NOW)
    clock.advance(3 * SLOT)
    server = await tv.server()
    try:
        async with aiohttp.ClientSession() as client:
            await _watched(functools.partial(_get, client, server), first, tmp_path)
    finally:
        await server.close()


async def _watched(get: Callable[[str], Awaitable[bytes]], first: int, tmp_path: Path) -> None:
    for track, step, count in (("1080", 512, 96), ("480", 512, 96), (AUDIO, 1024, 180)):
        text = (await get(f"{track}.m3u8")).decode()
        assert "DISCONTINUITY" not in text
        assert text.count("slate-") == 2
        data = await get(text.partition('URI="')[2].partition('"')[0])
        for name in text.splitlines():
            if name.endswith(".m4s"):
                data += await get(name)
        path = tmp_path / f"{track}.mp4"
        await asyncio.to_thread(path.write_bytes, data)
        times = await asyncio.to_thread(_decode_times, path)
        assert len(times) == 6 * count
        assert {b - a for a, b in itertools.pairwise(times)} == {step}
        assert times[0] == (first - 2) * step * count
        assert await asyncio.to_thread(_complaints, path) == ""


async def _get(client: aiohttp.ClientSession, server: TestServer, name: str) -> bytes:
    async with client.get(server.make_url(f"/tv/t-tv/{name}")) as answer:
        assert answer.status == 200, name
        return await answer.read()


def _decode_times(path: Path) -> list[int]:
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=dts", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return [int(packet["dts"]) for packet in told["packets"]]


def _complaints(path: Path) -> str:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=100).stderr.decode()
