"""The same channel as transport streams: followed from the list over joins, and empty of what was recalled."""

import datetime as dt
from pathlib import Path

import aiohttp
import pytest

from cms.kernel.clock import FixedClock
from renderers.tv import channel
from tests.fakes.channel import NOW, slot_of
from tests.fakes.house_files import HouseItem
from tests.fakes.television import Recalled, Television
from tests.fakes.ts_checker import check

CLOCK = FixedClock(NOW)


@pytest.fixture
def tv(tmp_path: Path, items: tuple[HouseItem, ...]) -> Television:
    return Television(tmp_path / "store", items[0], channel(), CLOCK)


async def test_old_box_follows_the_channel_over_its_joins_and_a_recall_is_obeyed_at_once(
    tv: Television, items: tuple[HouseItem, ...]
) -> None:
    clock = CLOCK
    first = await tv.publish(1, items[1], at=NOW - dt.timedelta(hours=1))
    await tv.publish(2, items[2], at=NOW - dt.timedelta(hours=2))
    await tv.render()
    clock.advance(dt.timedelta(seconds=3.84 * 8))
    server = await tv.server()
    async with aiohttp.ClientSession() as client:

        async def got(path: str, status: int = 200) -> bytes:
            async with client.get(server.make_url(f"/tv/t-tv/ts/{path}")) as answer:
                assert answer.status == status, path
                return await answer.read()

        ladder = (await got("master.m3u8")).decode().splitlines()
        assert [line for line in ladder if not line.startswith("#")] == ["720.m3u8", "1080.m3u8", "480.m3u8"]
        lines = (await got("480.m3u8")).decode().splitlines()
        assert f"#EXT-X-MEDIA-SEQUENCE:{slot_of(clock.now()) - 5}" in lines
        assert "#EXT-X-DISCONTINUITY" not in lines
        names = [line for line in lines if not line.startswith("#")]
        report = check(b"".join([await got(name) for name in names]))
        assert (report.continuity, report.crc) == ([], 0)
        assert dict(report.video_steps) == {3600: 6 * 96 - 1}
        assert dict(report.sound_steps) == {1920: 6 * 180 - 1}
        tv.tombstones.releases = Recalled(frozenset({first})).releases
        for name in names:
            async with client.get(server.make_url(f"/tv/t-tv/ts/{name}")) as answer:
                assert answer.status in {200, 410}
        after = [line for line in (await got("480.m3u8")).decode().splitlines() if not line.startswith("#")]
        assert any("slate-" in name for name in after)
        taken = next(a for a, b in zip(names, after, strict=True) if a != b)
        await got(taken, 410)
        assert not check(b"".join([await got(name) for name in after])).continuity
        await got("480/999999999.ts", 404)
        await got("audio.m3u8", 404)
    await server.close()
