"""A channel over real joins in the players of the world: no stall, no frame missing, subtitles where they belong."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, ViewportSize

from cms.contract import AssetFile, Channel
from cms.kernel.clock import FixedClock, SystemClock
from media.house import SUBTITLES
from media.subtitles import Cue, write_vtt
from renderers.tv import channel
from renderers.tv.pages import HERE, HLS
from schedules.linear import SLOT_MS
from tests.chromium import Pages
from tests.fakes.channel import NOW, SLOT, slot_of
from tests.fakes.house_files import HouseItem, encoded
from tests.fakes.television import Television

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FOLDER = Path(__file__).parent
VENDOR = FOLDER.parent / "vendor"
SHAKA = VENDOR / "shaka-player-5.2.12" / "shaka-player.hls-es2021.js"
SIZE = ViewportSize(width=800, height=400)
CUE_AT = 500
JOINS = 4


@pytest.fixture(scope="module")
def made() -> Channel:
    """Read outside the loop."""
    return channel()


@pytest.fixture(scope="module")
def items() -> tuple[HouseItem, ...]:
    """A slate and two items of one segment: a join every 3.84 s."""
    wanted = ((1, "smptebars", 200), (1, "testsrc2", 660), (1, "testsrc", 330))
    return tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)


@pytest.fixture
def tv(tmp_path: Path, items: tuple[HouseItem, ...], made: Channel) -> Television:
    return Television(tmp_path / "store", items[0], made, SystemClock())


async def opened(tv: Television, items: tuple[HouseItem, ...]) -> None:
    """Two lectures; the first has a line of subtitles half a second after its beginning."""
    for number, item in enumerate(items[1:], start=1):
        await tv.publish(number, item, at=tv.clock.now() - number * dt.timedelta(hours=1))
    piece = tv.world.live["d000000001"]
    master = next(block["asset"] for block in piece.body["blocks"] if block["type"] == "video")
    track = write_vtt([Cue(CUE_AT, 3_000, "在太湖边")])
    stored = await tv.store.put(track, media_type="text/vtt")
    file = AssetFile(stored.sha256, len(track), "text/vtt", 0, 0, master, SUBTITLES["zh"])
    tv.world.live[piece.document] = dataclasses.replace(piece, assets=(*piece.assets, file))
    await tv.render()


@pytest.fixture
async def site(tv: Television, items: tuple[HouseItem, ...]) -> AsyncIterator[str]:
    await opened(tv, items)
    files = {"hls.js": HERE / "static" / HLS, "shaka.js": SHAKA, "page.js": FOLDER / "players.js"}

    async def script(request: web.Request) -> web.Response:
        text = await asyncio.to_thread(files[request.match_info["name"]].read_text, "utf-8")
        return web.Response(text=text, content_type="text/javascript")

    async def page(_request: web.Request) -> web.Response:
        text = await asyncio.to_thread((FOLDER / "players.html").read_text, "utf-8")
        return web.Response(text=text, content_type="text/html")

    tv.app = web.Application()
    tv.app.add_routes([web.get("/players/", page), web.get("/players/{name}", script)])
    tv.app.add_routes([*tv.site.routes(), *tv.public.routes()])
    server = await tv.server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def until(page: Page, true: str, *, seconds: int) -> None:
    for _ in range(seconds * 5):
        if await page.evaluate(true):
            return
        await page.wait_for_timeout(200)
    pytest.fail(f"never: {true}; {await page.evaluate('JSON.stringify(window.seen)')}")


async def test_hls_js_and_shaka_cross_joins_without_a_stall_and_show_subtitles_in_time(pages: Pages, site: str) -> None:
    context = await pages.context(SIZE)
    page = await context.new_page()
    await page.goto(f"{site}/players/?source=/tv/t-tv/master.m3u8")
    crossed = f"['hls', 'shaka'].every(name => window.seen[name] && window.seen[name].slots.length > {JOINS + 1})"
    await until(page, crossed, seconds=120)
    seen: dict[str, dict[str, Any]] = await page.evaluate("window.seen")
    for name, log in seen.items():
        assert log["errors"] == [], name
        assert log["waiting"] == 0, name
        assert log["ranges"] == 1, name
        # A busy machine may not paint a frame; between two that it painted none is missing and none is doubled.
        assert len(log["gaps"]) > 100, name
        assert all(gap % 40 == 0 and gap > 0 for gap in log["gaps"]), (name, log["gaps"])
        assert {b - a for a, b in itertools.pairwise(log["slots"])} == {1}, (name, log["slots"])
        assert {cue["text"] for cue in log["cues"]} == {"在太湖边"}, name
        # Every second slot, on the channel's clock; the clocks of players are good to some frames.
        at = [(cue["at"] - CUE_AT) / SLOT_MS for cue in log["cues"]]
        assert all(abs(one - round(one)) * SLOT_MS < 200 for one in at), (name, at)
        assert {round(b) - round(a) for a, b in itertools.pairwise(sorted(at))} <= {2}, (name, at)


def frames(url: str) -> list[float]:
    """Times of the pictures that ffmpeg decodes from an address."""
    ask = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time"]
    done = subprocess.run([*ask, "-of", "json", url], check=True, capture_output=True, timeout=100)
    assert done.stderr == b""
    return [float(one["best_effort_timestamp_time"]) for one in json.loads(done.stdout)["frames"]]


@pytest.fixture
async def recorded(tv: Television, items: tuple[HouseItem, ...]) -> AsyncIterator[str]:
    """The address of six slots that are over: five joins."""
    clock = FixedClock(NOW)
    tv.clock = clock
    tv.site = dataclasses.replace(tv.site, clock=clock)
    tv.app = web.Application()
    tv.app.add_routes([*tv.site.routes(), *tv.public.routes()])
    await opened(tv, items)
    clock.advance(12 * SLOT)
    server: TestServer = await tv.server()
    begin = (slot_of(NOW) + 1) * SLOT_MS
    yield str(server.make_url(f"/tv/t-tv/catchup-480.m3u8?begin={begin}&end={begin + 6 * SLOT_MS}"))
    await server.close()


async def test_ffmpeg_crosses_joins_with_every_frame_in_its_place(recorded: str) -> None:
    times = await asyncio.to_thread(frames, recorded)
    assert len(times) == 6 * 96
    assert {round((b - a) * 1000) for a, b in itertools.pairwise(times)} == {40}


@pytest.mark.skipif(shutil.which("gst-launch-1.0") is None, reason="GStreamer is not installed on this machine")
async def test_gstreamer_crosses_joins_with_every_frame_in_its_place(recorded: str) -> None:
    said = await asyncio.to_thread(gstreamer, recorded)
    times = [parsed(line) for line in said.splitlines() if "pts: " in line and "pts: none" not in line]
    assert len(times) == 6 * 96
    assert {round((b - a) * 1000) for a, b in itertools.pairwise(sorted(times))} == {40}


def gstreamer(url: str) -> str:
    """What the player of set-top boxes says of each picture it has decoded."""
    pictures = "fakesink sync=false silent=false name=pictures"
    command = ["gst-launch-1.0", "-v", "playbin3", f"uri={url}", f"video-sink={pictures}", "audio-sink=fakesink"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def parsed(line: str) -> float:
    hours, minutes, seconds = line.partition("pts: ")[2].partition(",")[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_player_for_tests_is_the_one_on_record() -> None:
    packages = json.loads((VENDOR / "vendor.json").read_text("utf-8"))["packages"]
    (shaka,) = (one for one in packages if one["name"] == "shaka-player")
    for file in shaka["files"]:
        assert hashlib.sha256((VENDOR / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    assert SHAKA.relative_to(VENDOR).as_posix() in {file["path"] for file in shaka["files"]}
