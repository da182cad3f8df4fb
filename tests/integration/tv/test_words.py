"""Pictures of words by the product's own encoder: they stand among a channel's segments without a seam."""

import asyncio
import itertools
import json
import subprocess
from pathlib import Path

import pytest

from media.encode import encode_house
from media.fragments import patched_head
from media.house import TRACKS, HouseIndex, rendition
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.video import examine
from renderers.tv import crawl, notice
from renderers.tv.plan import decode
from tests.fakes.channel import NOW, ChannelWorld, slot_of

LIMITS = VideoLimits(min_free_bytes=0)
CLIP = (
    "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=500 -t 3 "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"
)
WORDS = {
    "title": "停水通知",
    "text": "11月28日8时至17时，松陵街道部分小区停水检修。'; x",
    "source": "区水务局",
}


@pytest.fixture
def sandbox() -> Sandbox:
    return asyncio.run(Sandbox.detect(allow_unsandboxed=True))


async def item_of(clip: Path, work: Path, sandbox: Sandbox, world: ChannelWorld) -> HouseIndex:
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as video:
        for file in video.files:
            if file.rendition in map(rendition, TRACKS):
                world.hold(await asyncio.to_thread(file.path.read_bytes))
        return video.index


@pytest.mark.timeout(300)
async def test_words_over_a_slot_and_an_emergency_have_the_house_of_the_item(tmp_path: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    world, clip, work = ChannelWorld(), tmp_path / "clip.mp4", tmp_path / "work"
    work.mkdir()
    await asyncio.to_thread(subprocess.run, [*CLIP.split(), str(clip)], check=True, timeout=60)
    index = await item_of(clip, work, sandbox, world)
    world.lecture(1, index, at=NOW)
    await world.render(NOW)
    plan = decode(world.tree["/tv/t-tv/plan.json"].data)
    start = (slot_of(NOW) + 10) * 3840
    (stretch, *_) = crawl.stretches(plan, start, start + 3840)
    spec = {**WORDS, "start": start, "rungs": "720"}
    folder = work / "laid"
    folder.mkdir()
    made = await crawl.lay(folder, stretch, plan, spec, assets=world.assets, sandbox=sandbox)
    assert made is not None
    path, laid = made
    assert (laid.house, laid.segments) == (index.house, 1), "the gate"
    data = await asyncio.to_thread(path.read_bytes)
    for name in TRACKS:
        same = part(data, laid, name, 0) == segment(world, index, name, 0)
        assert same == (name != "720"), "sound and the other pictures are what they were"
    other = work / "notice"
    other.mkdir()
    shown, slate = await notice.make(other, WORDS, sandbox=sandbox)
    assert slate.house == index.house
    joined = [segment(world, index, "720", 0), part(data, laid, "720", 0)]
    joined.append(part(await asyncio.to_thread(shown.read_bytes), slate, "720", 0))
    whole = init(world, index, "720") + b"".join(
        patched_head(one, sequence=n + 1, base=n * index.tracks["720"].ticks) for n, one in enumerate(joined)
    )
    film = tmp_path / "joined.mp4"
    film.write_bytes(whole)
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=dts", "-of", "json", str(film)]
    told = await asyncio.to_thread(subprocess.run, probe, check=True, capture_output=True, timeout=60)
    times = [int(packet["dts"]) for packet in json.loads(told.stdout)["packets"]]
    assert len(times) == 3 * 96
    assert {b - a for a, b in itertools.pairwise(times)} == {512}
    view = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(film), "-vf", "select=eq(n\\,140)", "-frames:v", "1"]
    seen = await asyncio.to_thread(subprocess.run, [*view, str(tmp_path / "seen.png")], check=True, capture_output=True)
    assert seen.stderr == b""


def part(data: bytes, index: HouseIndex, name: str, number: int) -> bytes:
    start, length = index.tracks[name].segment(number)
    return data[start : start + length]


def segment(world: ChannelWorld, index: HouseIndex, name: str, number: int) -> bytes:
    return part(world.assets.held[index.tracks[name].sha256], index, name, number)


def init(world: ChannelWorld, index: HouseIndex, name: str) -> bytes:
    return world.assets.held[index.tracks[name].sha256][: index.tracks[name].init]
