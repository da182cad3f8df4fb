"""A channel over real joins in the players of the world: no stall, no frame missing, subtitles where they belong."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, ViewportSize

from cms.contract import AssetFile, Channel, CutIn
from cms.kernel.clock import FixedClock, SystemClock
from cms.publishing.published import volatile_name
from media.house import SUBTITLES, write_index
from media.live import made as live_slot
from media.subtitles import Cue, write_vtt
from renderers.tv import channel, paths
from renderers.tv.live import Line, block_of, encode as live_lines
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
    async for address in served(tv):
        yield address


async def served(tv: Television) -> AsyncIterator[str]:
    """The channel with the players' page beside it."""
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


LIVE_FROM = 3
SLOTS = 7


@pytest.fixture(scope="module")
def large() -> tuple[HouseItem, ...]:
    """The slate and two items, of two rungs."""
    wanted = (("smptebars", 200), ("testsrc2", 660), ("testsrc", 330))
    return tuple(encoded(segments=1, pattern=p, tone=t, rungs=("720", "480")) for p, t in wanted)


@pytest.fixture
async def signalled(
    tmp_path: Path, made: Channel, items: tuple[HouseItem, ...], large: tuple[HouseItem, ...]
) -> AsyncIterator[str]:
    """Slots that are over, the later ones of a signal of which only the lowest rung was made; players beside."""
    clock = FixedClock(NOW)
    tv = await asyncio.to_thread(Television, tmp_path / "signalled", large[0], made, clock)
    await opened(tv, large)
    first = slot_of(NOW)
    piece = tv.world.live["d000000001"]
    tv.world.cut_ins = [CutIn("c1", "live", piece, NOW, NOW + dt.timedelta(hours=1))]
    await tv.render()
    parts = {}
    for name in ("480", "audio"):
        track = items[1].index.tracks[name]
        begin, length = track.segment(0)
        parts[name] = (items[1].files[name][: track.init], items[1].files[name][begin : begin + length])
    one = live_slot(parts)
    stored = await tv.store.put(one.data, media_type="video/mp4")
    told = write_index(one.index("house-of-tests", stored.sha256))
    index = await tv.store.put(told, media_type="application/json")
    lines = [Line(slot, index.sha256, 1) for slot in range(first + LIVE_FROM, first + SLOTS)]
    for number in {block_of(line.slot) for line in lines}:
        name = volatile_name(paths.signal("t-tv", number))
        await tv.store.put_named(name, live_lines([line for line in lines if block_of(line.slot) == number]))
    async for address in served(tv):
        clock.advance(20 * SLOT)
        at = (first * SLOT_MS, (first + SLOTS) * SLOT_MS)
        yield f"{address}/players/?only=hls&rate=4&source=/tv/t-tv/catchup-720.m3u8?begin={at[0]}%26end={at[1]}"


async def test_hls_js_goes_over_to_the_lowest_rung_and_on_where_a_signal_has_no_other(
    pages: Pages, signalled: str
) -> None:
    context = await pages.context(SIZE)
    page = await context.new_page()
    await page.goto(signalled)
    text = await page.evaluate("fetch(new URLSearchParams(location.search).get('source')).then((r) => r.text())")
    assert text.count("#EXT-X-MAP") == 2
    assert text.count("480/over-1-") == SLOTS - LIVE_FROM
    assert "DISCONTINUITY" not in text
    await until(page, "document.getElementById('hls').ended", seconds=30)
    seen = (await page.evaluate("window.seen"))["hls"]
    # At four times the speed a busy machine may keep the player waiting; it has no hole to wait at.
    assert set(seen["errors"]) <= {"bufferStalledError"}
    assert seen["ranges"] == 1
    assert all(gap % 40 == 0 and gap > 0 for gap in seen["gaps"])
    assert seen["sizes"] == [720, 480]


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
