"""Playlists under the eyes of a checker that was written apart: ten channels through a day, recordings, start-over."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from renderers.tv import playlists
from renderers.tv.plan import Plan
from renderers.tv.programme import planned
from schedules.linear import DAY_SLOTS, SLOT_MS
from tests.fakes.channel import NOW, SLOT, slot_of, time_of
from tests.fakes.lineups import Line, Office
from tests.fakes.playlist_checker import Watcher, master, media

WATCHED = 3
ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("channel", range(10))
def test_channel_through_a_day_of_edits_never_has_a_hole(channel: int) -> None:
    dice = random.Random(channel)
    office = Office(dice)
    plan: Plan | None = None
    watcher = Watcher()
    renders = sorted(dice.randrange(DAY_SLOTS) for _ in range(12))
    edits = {0, *renders}
    seen = 0
    for step in range(DAY_SLOTS):
        now = NOW + step * SLOT
        if step in edits:
            plan = planned(plan, office.live(now), office.slate, code="c", name="c", now=now)
            office.edit()
        assert plan is not None
        on = plan.on(slot_of(NOW) + step)
        assert not on.gone
        assert 0 <= on.segment < (on.slate.segments if on.item is None else on.item.segments)
        seen += on.item is not None
        if channel < WATCHED and step % 5 == 0:  # every twenty seconds: a list holds twenty-three
            watcher.see(playlists.live(plan, "720", on.slot))
    assert watcher.complaints == []
    assert seen > DAY_SLOTS // 2


async def test_lists_of_a_channel_with_subtitles_please_the_checker() -> None:
    world = Line()
    world.set(filler=["要闻"])
    world.add(1, 40, "news")
    await world.render(NOW)
    now = NOW + 20 * SLOT
    ladder = await world.text("t-tv/master.m3u8", now)
    addresses, complaints = master(ladder)
    assert complaints == []
    for address in addresses:
        listed = media(await world.text(f"t-tv/{address}", now))
        assert (listed.complaints, listed.ended, len(listed.segments)) == ([], False, 6)


async def test_programme_on_air_is_started_over_and_grows_until_it_ends() -> None:
    world = Line()
    world.set(filler=["要闻"])
    world.add(1, 10, "news")
    await world.render(NOW)
    first, now = slot_of(NOW) + 10, NOW + 14 * SLOT
    addresses, complaints = master(await world.text("t-tv/start-over.m3u8", now))
    assert complaints == []
    begin = f"begin={first * SLOT_MS}"
    assert all(address.endswith(f"?{begin}") for address in addresses)
    while_on = media(await world.text(f"t-tv/catchup-720.m3u8?{begin}", now))
    later = media(await world.text(f"t-tv/catchup-720.m3u8?{begin}", now + 3 * SLOT))
    ended = media(await world.text(f"t-tv/catchup-720.m3u8?{begin}", now + 30 * SLOT))
    assert [one.number for one in while_on.segments] == list(range(first, first + 5))
    assert (while_on.kind, while_on.ended, ended.kind, ended.ended) == ("EVENT", False, "VOD", True)
    assert later.segments[:5] == while_on.segments == ended.segments[:5]
    assert [one.number for one in ended.segments] == list(range(first, first + 10))
    assert while_on.complaints == later.complaints == ended.complaints == []


async def test_recording_asked_for_in_milliseconds_begins_with_its_slot() -> None:
    world = Line()
    world.set(filler=["要闻"])
    world.add(1, 10, "news")
    await world.render(NOW)
    first, now = slot_of(NOW) + 7, NOW + 40 * SLOT
    query = f"begin={first * SLOT_MS}&end={(first + 4) * SLOT_MS}"
    listed = media(await world.text(f"t-tv/catchup-480.m3u8?{query}", now))
    assert [one.number for one in listed.segments] == list(range(first, first + 4))
    assert (await world.ask(f"t-tv/catchup.m3u8?begin={(first + 400) * SLOT_MS}", now)).status == 400
    assert (await world.ask("t-tv/catchup.m3u8?begin=1&end=nonsense", now)).status == 400


async def test_item_that_left_the_line_up_is_still_in_the_recordings() -> None:
    world = Line()
    world.set(filler=["要闻"])
    world.add(1, 10, "news")
    await world.render(NOW)
    world.set()
    await world.render(NOW + 25 * SLOT)
    now = time_of(slot_of(NOW) + 60)
    listed = media(await world.text(f"t-tv/catchup-480.m3u8?begin={slot_of(NOW) * SLOT_MS}", now))
    assert [one.uri for one in listed.segments] == [f"480/{slot_of(NOW) + n}.m4s" for n in range(10)]


def test_checker_sees_what_is_wrong() -> None:
    good = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n"
    segment = "#EXTINF:3.840,\n{}.m4s\n"
    assert media(good + "".join(segment.format(n) for n in range(6))).complaints == []
    assert media(good).complaints
    assert media(good + "a.m4s\n").complaints
    assert media(good + "#EXTINF:4.9,\na\n" * 6).complaints
    assert media(good + '#EXT-X-MAP:URI="a"\n#EXTINF:3,\nx\n#EXT-X-MAP:URI="b"\n' + "#EXTINF:3,\nx\n" * 5).complaints
    watcher = Watcher()
    watcher.see(good + "".join(segment.format(n) for n in range(6)))
    watcher.see(good + "".join(segment.format(n + 1) for n in range(6)))
    assert watcher.complaints


def test_two_processes_with_the_same_rows_and_clock_give_the_same_bytes() -> None:
    def told(hashing: str) -> str:
        command = [sys.executable, "-m", "tests.fakes.channel_bytes", "7"]
        environment = {"PYTHONHASHSEED": hashing, "PATH": os.environ["PATH"]}
        done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment, timeout=100)
        return done.stdout.decode()

    assert len(told("1")) == 65
    assert told("1") == told("2")
