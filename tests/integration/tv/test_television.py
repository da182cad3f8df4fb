"""A channel served over HTTP from a real store: its segments decode without a seam, and a recall is obeyed at once."""

import asyncio
import dataclasses
import datetime as dt
import itertools
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cms.contract import Reply, Span
from cms.kernel.clock import FixedClock
from deploy.spans import blocks_of, span_of
from media.house import AUDIO
from renderers.tv import channel
from renderers.tv.tokens import key_of, signed
from schedules.linear import SLOT_MS
from tests.fakes.channel import NOW, SLOT, slot_of
from tests.fakes.house_files import HouseItem
from tests.fakes.television import Television


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def tv(tmp_path: Path, items: tuple[HouseItem, ...], clock: FixedClock) -> Television:
    return Television(tmp_path / "store", items[0], channel(), clock)


@pytest.fixture
async def server(tv: Television, items: tuple[HouseItem, ...]) -> AsyncIterator[TestServer]:
    for number, item in enumerate(items[1:], start=1):
        await tv.publish(number, item, at=NOW - number * dt.timedelta(hours=1))
    await tv.render()
    server = await tv.server()
    yield server
    await server.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=True) as session:
        yield session


async def fetched(client: aiohttp.ClientSession, server: TestServer, path: str, status: int = 200) -> bytes:
    async with client.get(server.make_url(path)) as answer:
        assert answer.status == status, (path, answer.status)
        return await answer.read()


def open_files(name: str) -> int:
    """How often this process has a file of this name open."""
    handles = Path("/proc/self/fd").iterdir()
    return sum(1 for one in handles if one.is_symlink() and one.readlink().name == name)


def packets(path: Path) -> list[int]:
    """Decode times of all packets."""
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=dts", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return [int(p["dts"]) for p in told["packets"]]


def frames(path: Path) -> list[float]:
    """Times of the decoded pictures."""
    fields = "frame=best_effort_timestamp_time"
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", fields, "-of", "json", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=100)
    assert done.stderr == b""
    return [float(f["best_effort_timestamp_time"]) for f in json.loads(done.stdout)["frames"]]


@pytest.mark.parametrize(("track", "ticks", "count"), [("480", 512, 96), (AUDIO, 1024, 180)])
async def test_track_over_a_hundred_joins_has_every_step_exactly_alike(
    server: TestServer,
    client: aiohttp.ClientSession,
    clock: FixedClock,
    tmp_path: Path,
    track: str,
    ticks: int,
    count: int,
) -> None:
    """3600 of 90,000 a second between pictures, and 1920 between the frames of the sound."""
    first, slots = slot_of(NOW), 160
    clock.advance((slots + 1) * SLOT)
    told = json.loads(await fetched(client, server, "/tv/t-tv/epg.json"))["channels"][0]["programmes"]
    joins = [one for one in told if first < one["start"] // SLOT_MS < first + slots]
    assert len(joins) >= 100
    text = (await fetched(client, server, f"/tv/t-tv/{track}.m3u8")).decode()
    init = text.partition('URI="')[2].partition('"')[0]
    head = await fetched(client, server, f"/tv/t-tv/{init}")
    parts = [await fetched(client, server, f"/tv/t-tv/{track}/{slot}.m4s") for slot in range(first, first + slots)]
    path = tmp_path / "joined.mp4"
    path.write_bytes(head + b"".join(parts))
    found = packets(path)
    assert len(found) == slots * count
    assert {b - a for a, b in itertools.pairwise(found)} == {ticks}
    if track == "480":
        path.write_bytes(head + b"".join(parts[:8]))
        times = frames(path)
        assert len(times) == 8 * 96
        assert {round((b - a) * 1000) for a, b in itertools.pairwise(times)} == {40}


async def test_recall_when_signed_is_obeyed_before_anything_is_rendered(
    server: TestServer, client: aiohttp.ClientSession, clock: FixedClock, tv: Television
) -> None:
    piece = next(p for p in tv.world.live.values() if p.document == "d000000001")
    clock.advance(9 * SLOT)
    before = (await fetched(client, server, "/tv/t-tv/720.m3u8")).decode()
    tv.tombstones.releases = frozenset({piece.release})
    after = (await fetched(client, server, "/tv/t-tv/720.m3u8")).decode()
    assert before.count("slate-") == 0
    assert after.count("slate-") == 4
    await fetched(client, server, f"/tv/t-tv/480/{slot_of(NOW) + 6}.m4s", status=410)
    for name in after.splitlines():
        if name.endswith(".m4s"):
            await fetched(client, server, f"/tv/t-tv/{name}")
    for page in ("/tv/epg.xml", "/tv/t-tv/", "/tv/t-tv/day/", "/tv/t-tv/now.json", "/tv/t-tv/plan.json"):
        assert piece.title.encode() not in await fetched(client, server, page)
    await fetched(client, server, f"/tv/t-tv/d/{piece.document}/", status=410)
    await fetched(client, server, f"/tv/t-tv/d/{piece.document}/play/", status=410)


async def test_asset_when_recalled_is_gone_from_its_segments(
    server: TestServer, client: aiohttp.ClientSession, clock: FixedClock, tv: Television, items: tuple[HouseItem, ...]
) -> None:
    clock.advance(9 * SLOT)
    slot = slot_of(NOW) + 6
    await fetched(client, server, f"/tv/t-tv/480/{slot}.m4s")
    tv.tombstones.assets = frozenset({items[1].index.tracks["480"].sha256})
    await fetched(client, server, f"/tv/t-tv/480/{slot}.m4s", status=410)


async def test_segment_when_its_head_is_asked_for_says_its_size_and_sends_nothing(
    server: TestServer, client: aiohttp.ClientSession, clock: FixedClock
) -> None:
    clock.advance(9 * SLOT)
    path = server.make_url(f"/tv/t-tv/480/{slot_of(NOW) + 6}.m4s")
    whole = await fetched(client, server, path.path)
    async with client.head(path) as answer:
        assert int(answer.headers["Content-Length"]) == len(whole)
        assert await answer.read() == b""


async def test_answers_when_sent_carry_their_policy_and_are_counted(
    server: TestServer, client: aiohttp.ClientSession, tv: Television
) -> None:
    async with client.get(server.make_url("/tv/t-tv/720.m3u8")) as answer:
        assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        tag = answer.headers["ETag"]
    async with client.get(server.make_url("/tv/t-tv/720.m3u8"), headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    async with client.get(server.make_url("/tv/t-tv/")) as answer:
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    await fetched(client, server, "/tv/nothing/here", status=404)
    told = tv.metrics.text().decode()
    assert 'yunping_channel_requests_total{channel="tv",status="304"} 1.0' in told
    assert 'yunping_channel_requests_total{channel="tv",status="404"} 1.0' in told


async def test_file_that_is_missing_from_the_store_is_an_error_and_no_half_answer(
    server: TestServer, client: aiohttp.ClientSession, clock: FixedClock, tv: Television, items: tuple[HouseItem, ...]
) -> None:
    clock.advance(9 * SLOT)
    await tv.store.delete(items[1].index.tracks["480"].sha256)
    await fetched(client, server, f"/tv/t-tv/480/{slot_of(NOW) + 6}.m4s", status=410)


async def test_viewer_who_goes_away_in_the_middle_leaves_no_file_open(
    server: TestServer, tv: Television, items: tuple[HouseItem, ...]
) -> None:
    digest = items[1].index.tracks["480"].sha256
    reply = Reply(200, parts=(Span(digest, 0, 1000), Span(digest, 0, 1000)))
    blocks = blocks_of(tv.store, reply)
    assert await anext(blocks)
    assert open_files(digest) == 1
    await blocks.aclose()
    assert open_files(digest) == 0
    reading = asyncio.create_task(anext(span_of(tv.store, Span(digest, 0, 1000))))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    assert open_files(digest) == 0


async def test_guide_and_list_when_asked_for_name_the_channel(
    server: TestServer, client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    guide = tmp_path / "epg.xml"
    guide.write_bytes(await fetched(client, server, "/tv/epg.xml"))
    listed = (await fetched(client, server, "/tv/channels.m3u")).decode()
    assert "/tv/t-tv/master.m3u8" in listed
    assert 'catchup="default"' in listed
    entries = list(ET.parse(guide).getroot())
    # xmltv.dtd: (channel*, programme*), and inside a programme this order.
    assert [entry.tag for entry in entries] == ["channel", *["programme"] * (len(entries) - 1)]
    assert [child.tag for child in entries[0]] == ["display-name"]
    for entry in entries[1:]:
        assert [c.tag for c in entry] in (["title"], ["title", "category"], ["title", "desc", "category"])
        assert set(entry.attrib) == {"start", "stop", "channel"}
    times = [(entry.get("start", ""), entry.get("stop", "")) for entry in entries[1:]]
    assert all(a[1] == b[0] and a[0] < a[1] for a, b in itertools.pairwise(times))


async def test_channel_that_demands_signed_addresses_is_open_to_whoever_has_one(
    tv: Television, items: tuple[HouseItem, ...], client: aiohttp.ClientSession
) -> None:
    secret = b"of this installation"
    tv.world.target = dataclasses.replace(tv.world.target, settings={"signed": True, "operators": ["telecom"]})
    tv.site = dataclasses.replace(tv.site, secrets={"tv": secret})
    tv.app = web.Application()
    tv.app.add_routes([*tv.site.routes(), *tv.public.routes()])
    await tv.publish(1, items[1], at=NOW)
    await tv.render()
    server = await tv.server()
    token = signed(key_of(secret, "t-tv", "telecom", 1), "t-tv", "telecom", 1, int(NOW.timestamp()) + 60)
    assert "签名" in (await fetched(client, server, "/tv/t-tv/master.m3u8", status=403)).decode()
    async with client.get(server.make_url(f"/tv/t-tv/master.m3u8?token={token}")) as answer:
        # Led on to the address with the token in its path, where every address of the lists stands below it.
        assert (answer.status, answer.url.path) == (200, f"/tv/t-tv/t/{token}/master.m3u8")
        assert answer.headers["Cache-Control"].startswith("private")
    listed = (await fetched(client, server, f"/tv/t-tv/t/{token}/480.m3u8")).decode()
    await fetched(client, server, f"/tv/t-tv/t/{token}/480/{slot_of(NOW)}.m4s")
    assert token not in listed
    assert secret not in listed.encode()
    await fetched(client, server, f"/tv/t-tv/480/{slot_of(NOW)}.m4s", status=403)
    await fetched(client, server, "/tv/t-tv/", status=200)
    await server.close()
