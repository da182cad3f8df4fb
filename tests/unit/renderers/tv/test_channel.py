"""A channel over its days: lists, segments and guide agree; edits and recalls keep their promises."""

import datetime as dt
import hashlib
import itertools
import json
import random
import re
import struct

import pytest

from cms.contract import Piece, Span
from media.house import TRACKS, write_index
from renderers.tv.guide import HOLE, programmes
from renderers.tv.plan import Plan, decode, encode
from renderers.tv.programme import AHEAD, BACK, day_start
from schedules.linear import DAY_SLOTS, SLOT_MS
from tests.fakes.channel import NOW, SLOT, ChannelWorld, moof, slot_of, time_of
from tests.fakes.house_files import imagined

HOUR = dt.timedelta(hours=1)
PLAN = "/tv/t-tv/plan.json"


def plan_of(world: ChannelWorld) -> Plan:
    return decode(world.tree[PLAN].data)


def listed(text: str) -> dict[int, str]:
    """The segments of a list by their numbers."""
    first = int(re.findall(r"^#EXT-X-MEDIA-SEQUENCE:(\d+)$", text, re.MULTILINE)[0])
    return dict(enumerate(re.findall(r"^[^#\n].*$", text, re.MULTILINE), start=first))


async def world_of(*segments: int) -> ChannelWorld:
    world = ChannelWorld()
    for number, count in enumerate(segments, start=1):
        world.lecture(number, imagined(f"item {number}", segments=count), at=NOW - number * HOUR)
    await world.render(NOW)
    return world


async def test_list_when_asked_for_is_exactly_this() -> None:
    world = await world_of(3)
    text = await world.text("t-tv/720.m3u8", NOW + 8 * SLOT)
    k = slot_of(NOW) + 3
    times = [time_of(k + n).isoformat(timespec="milliseconds").replace("+00:00", "Z") for n in range(6)]
    assert text == "\n".join([
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:4",
        f"#EXT-X-MEDIA-SEQUENCE:{k}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="720/init-house-of-tests.mp4"',
        *(
            line
            for n in range(6)
            for line in (f"#EXT-X-PROGRAM-DATE-TIME:{times[n]}", "#EXTINF:3.840,", f"720/{k + n}.m4s")
        ),
        "",
    ])  # fmt: skip


async def test_ladder_when_asked_for_names_three_pictures_and_one_sound() -> None:
    world = await world_of(3)
    text = await world.text("t-tv/master.m3u8", NOW)
    assert re.findall(r"RESOLUTION=(\S+?),", text) == ["1280x720", "1920x1080", "854x480"]
    assert text.count('CODECS="avc1.640028,mp4a.40.2"') == 3
    assert 'URI="audio.m3u8"' in text
    assert re.findall(r"^[^#\n].*$", text, re.MULTILINE) == ["720.m3u8", "1080.m3u8", "480.m3u8"]


async def test_windows_when_time_goes_on_are_monotone_and_equal_in_all_tracks() -> None:
    world = await world_of(3, 5, 2)
    seen: dict[int, str] = {}
    last = 0
    for step in range(200):
        now = NOW + step * dt.timedelta(seconds=1.7)
        found = listed(await world.text("t-tv/1080.m3u8", now))
        assert min(found) >= last
        assert (min(found), max(found)) == (slot_of(now) - 5, slot_of(now))
        for slot, name in found.items():
            assert seen.setdefault(slot, name) == name, "a listed segment never changes"
        last = min(found)
        sound = listed(await world.text("t-tv/audio.m3u8", now))
        assert [name.split("/")[1] for name in sound.values()] == [name.split("/")[1] for name in found.values()]


async def test_channel_without_anything_shows_the_slate_for_ever() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    for now in (NOW, NOW + 3 * SLOT, NOW + dt.timedelta(days=30)):
        found = listed(await world.text("t-tv/480.m3u8", now))
        assert [name.partition("-")[0] for name in found.values()] == ["480/slate"] * 6


async def test_guide_at_any_time_says_what_the_slot_shows() -> None:
    dice = random.Random(7)
    world = await world_of(3, 40, 11, 7)
    plan = plan_of(world)
    entries = list(programmes(plan, plan.start, plan.end))
    assert all(a.end == b.start for a, b in itertools.pairwise(entries))
    for _ in range(2000):
        slot = dice.randrange(plan.start, plan.end)
        entry = next(p for p in entries if p.start <= slot < p.end)
        assert plan.on(slot).item == entry.item


@pytest.mark.parametrize("channels", [5, pytest.param(25, marks=pytest.mark.soak)])
async def test_edits_at_any_time_never_change_what_was_frozen(channels: int) -> None:
    for seed in range(channels):
        dice = random.Random(seed)
        world = await world_of(*(dice.randrange(8, 60) for _ in range(3)))
        now = NOW
        for step in range(10):
            before = plan_of(world)
            now += dice.randrange(1, 300) * dt.timedelta(seconds=1)
            choice = dice.random()
            if choice < 0.5:
                world.lecture(20 + step, imagined(f"{seed} {step}", segments=dice.randrange(8, 60)), at=NOW)
            elif choice < 0.7:
                correct(world, dice)
            await world.render(now)
            after = plan_of(world)
            edge = slot_of(now) + 2
            on_air = before.on(edge)
            for slot in range(after.start, edge):
                assert shown(before, slot) == shown(after, slot), (seed, step, slot - edge)
            if on_air.item is not None and shown(before, edge - 1)[0] == on_air.item.id and on_air.segment:
                rest = range(edge, edge + on_air.item.segments - on_air.segment)
                assert all(shown(before, slot) == shown(after, slot) for slot in rest), (seed, step)


def correct(world: ChannelWorld, dice: random.Random) -> None:
    old = world.live[dice.choice(sorted(world.live))]
    name = f"new {old.document} {old.edition}"
    index = imagined(name, segments=dice.randrange(8, 60))
    world.lecture(int(old.document[1:]), index, at=old.not_before, edition=old.edition + 1)


def shown(plan: Plan, slot: int) -> tuple[str, int]:
    on = plan.on(slot)
    return (on.item.id if on.item else "", on.segment if on.item else 0)


async def test_recall_when_signed_empties_the_lists_at_once_and_the_urls_answer_410() -> None:
    world = await world_of(30)
    piece = next(iter(world.live.values()))
    now = NOW + 5 * SLOT
    planned = listed(await world.text("t-tv/720.m3u8", now))
    world.tombstones.add(piece.release)
    after = listed(await world.text("t-tv/720.m3u8", now))
    assert set(after) == set(planned)
    assert all(name.startswith("720/slate-") for name in after.values())
    for name in planned.values():
        if not name.startswith("720/slate-"):
            assert (await world.ask(f"t-tv/{name}", now)).status == 410
    assert piece.title not in await world.text("epg.xml", now)
    assert piece.title not in await world.text("t-tv/now.json", now)
    assert piece.title not in await world.text("t-tv/day/", now)
    # And the same after the next render, from the plan alone.
    world.recall(piece.document)
    world.tombstones.clear()
    await world.render(now)
    for name in planned.values():
        if not name.startswith("720/slate-"):
            assert (await world.ask(f"t-tv/{name}", now)).status == 410
    assert listed(await world.text("t-tv/720.m3u8", now)) == after
    assert piece.title.encode() not in world.tree[PLAN].data


async def test_recall_of_one_of_many_leaves_the_others_within_two_slots() -> None:
    world = await world_of(30, 4)
    first, second = sorted(world.live.values(), key=lambda p: p.published_at, reverse=True)
    now = NOW + 5 * SLOT
    world.recall(first.document)
    await world.render(now)
    plan = plan_of(world)
    edge = slot_of(now) + 2
    assert plan.on(edge).item is not None
    assert plan.on(edge).item == next(i for i in plan.items.values() if i.document == second.document)
    assert all(plan.on(slot).gone for slot in range(slot_of(NOW), edge))


async def test_correction_on_air_finishes_under_the_words_of_the_new_edition() -> None:
    world = await world_of(30)
    old = next(iter(world.live.values()))
    now = NOW + 5 * SLOT
    new = world.lecture(1, imagined("another cut", segments=9), at=old.not_before, edition=2)
    await world.render(now)
    plan = plan_of(world)
    on_air = plan.on(slot_of(now) + 4)
    assert on_air.item is not None
    assert (on_air.item.title, on_air.item.release) == (new.title, new.release)
    assert on_air.segment == 9
    assert plan.on(slot_of(NOW) + 30).item != on_air.item


async def test_item_with_a_broken_index_is_not_planned_and_stays_in_the_portal() -> None:
    world = await world_of(4)
    index = imagined("broken", segments=5)
    broken = world.lecture(2, index, at=NOW)
    world.assets.held[hash_of(write_index(index))] = b"{}"
    await world.render(NOW)
    assert {item.document for item in plan_of(world).items.values()} == {"d000000001"}
    assert broken.title.encode() in world.tree[f"/tv/t-tv/d/{broken.document}/"].data
    world.faults.gone = {hash_of(write_index(imagined("item 1", segments=4)))}
    await world.render(NOW + 9 * SLOT)
    plan = plan_of(world)
    assert all(plan.on(slot).item is None for slot in range(slot_of(NOW), plan.end, 7))


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_render_when_done_again_gives_the_same_bytes_also_after_a_restart() -> None:
    world = await world_of(13, 28, 45)
    for step in range(5):
        now = NOW + step * dt.timedelta(hours=7)
        first = await world.render(now)
        assert await world.render(now) == first
    assert encode(plan_of(world)) == world.tree[PLAN].data


async def test_plan_when_days_pass_remembers_seven_and_looks_ahead() -> None:
    world = await world_of(50, 80)
    for day in range(12):
        await world.render(NOW + dt.timedelta(days=day))
    now = NOW + dt.timedelta(days=11)
    plan = plan_of(world)
    oldest, newest = slot_of(day_start(now) - BACK), slot_of(day_start(now) + AHEAD)
    assert oldest - 80 < plan.start <= oldest
    assert newest <= plan.end < newest + 80
    assert plan.end - plan.start < 12 * DAY_SLOTS
    assert sum(run.count for run in plan.runs) == plan.end - plan.start


async def test_channel_whose_core_was_away_for_a_week_goes_on_with_the_slate_and_then_with_items() -> None:
    world = await world_of(10)
    later = NOW + dt.timedelta(days=9)
    assert all("slate" in name for name in listed(await world.text("t-tv/720.m3u8", later)).values())
    await world.render(later)
    assert plan_of(world).on(slot_of(later) + 2).item is not None
    assert plan_of(world).on(slot_of(later) + 1).item is None


async def test_segment_when_sent_is_the_stored_one_with_two_numbers_changed() -> None:
    world = await world_of(6)
    item = next(iter(plan_of(world).items.values()))
    index = imagined("item 1", segments=6)
    slot = slot_of(NOW) + 4
    for name in TRACKS:
        track = index.tracks[name]
        start, length = track.segment(4)
        world.assets.held[track.sha256] = bytes(start) + moof(length)
        reply = await world.ask(f"t-tv/{name}/{slot}.m4s", time_of(slot))
        assert (reply.status, reply.releases) == (200, (item.release,))
        head = reply.parts[0]
        assert isinstance(head, bytes)
        assert sum(len(p) if isinstance(p, bytes) else p.length for p in reply.parts) == length
        assert head.index(struct.pack(">Q", slot * track.ticks)) > 0
        assert head.index(struct.pack(">I", slot)) > 0
        for part in reply.parts[1:]:
            assert part == Span(track.sha256, start + len(head), length - len(head))


@pytest.mark.parametrize("ahead", [2, 3, 100_000])
async def test_segment_of_the_future_is_not_there(ahead: int) -> None:
    world = await world_of(6)
    assert (await world.ask(f"t-tv/720/{slot_of(NOW) + ahead}.m4s", NOW)).status == 404
    assert (await world.ask(f"t-tv/720/slate-{slot_of(NOW) + ahead}.m4s", NOW)).status == 404


@pytest.mark.parametrize(
    "path",
    ["t-tv/720/1.m4s", "t-tv/999.m3u8", "other/720.m3u8", "t-tv/720/x.m4s", "t-tv/../x", "t-tv/720/init-none.mp4"],
)
async def test_nonsense_when_asked_for_is_not_there(path: str) -> None:
    world = await world_of(6)
    assert (await world.ask(path, NOW)).status == 404


async def test_list_when_asked_for_again_in_its_slot_is_not_sent_twice() -> None:
    world = await world_of(6)
    first = await world.ask("t-tv/720.m3u8", NOW)
    assert first.headers["ETag"].startswith(f'"{slot_of(NOW)}-')
    again = await world.ask("t-tv/720.m3u8", NOW, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status, again.parts) == (304, ())
    later = await world.ask("t-tv/720.m3u8", NOW + SLOT, headers={"if-none-match": first.headers["ETag"]})
    assert later.status == 200
    assert first.headers["Cache-Control"] == "public, max-age=1"


async def test_house_when_it_changes_is_announced_and_counted() -> None:
    world = await world_of(4)
    world.lecture(2, imagined("new build", segments=6, house="house-b"), at=NOW + HOUR)
    await world.render(NOW + SLOT)
    plan = plan_of(world)
    borders = [s for s in range(plan.start + 1, plan.start + 300) if plan.on(s).house != plan.on(s - 1).house]
    assert len(borders) > 10
    for slot in range(plan.start, plan.start + 100):
        text = await world.text("t-tv/720.m3u8", time_of(slot))
        first = slot - 5
        counted = re.findall(r"DISCONTINUITY-SEQUENCE:(\d+)", text)
        assert int(counted[0]) if counted else sum(border <= first for border in borders) == 0
        inside = [border for border in borders if first < border <= slot]
        assert text.count("#EXT-X-DISCONTINUITY\n") == len(inside)
        assert text.count("#EXT-X-MAP:") == len(inside) + 1


async def test_house_breaks_when_days_are_forgotten_are_still_counted() -> None:
    world = await world_of(40)
    world.lecture(2, imagined("new build", segments=60, house="house-b"), at=NOW + HOUR)
    await world.render(NOW)
    slot = slot_of(NOW + dt.timedelta(days=1))
    before = plan_of(world).discontinuity(slot)
    for day in range(1, 9):
        await world.render(NOW + dt.timedelta(days=day))
    plan = plan_of(world)
    assert plan.start > slot_of(NOW)
    assert plan.breaks > 0
    assert plan.discontinuity(slot) == before


async def test_houses_breaks_in_a_window_are_those_of_each_of_its_slots() -> None:
    world = await world_of(*([5] * 12))
    world.lecture(13, imagined("new build", segments=7, house="house-b"), at=NOW + 20 * SLOT)
    await world.render(NOW)
    plan = plan_of(world)
    found = 0
    for first in range(plan.start, plan.start + 300):
        count, changes = plan.discontinuities(range(first, first + 6))
        assert count == plan.discontinuity(first)[0]
        assert changes == tuple(slot for slot in range(first, first + 6) if plan.discontinuity(slot)[1])
        found += len(changes)
    assert found


async def test_recording_when_asked_for_lists_what_was_on() -> None:
    world = await world_of(5, 9)
    now = NOW + 100 * SLOT
    begin = int((NOW + 10 * SLOT).timestamp())
    master = await world.text(f"t-tv/catchup.m3u8?begin={begin}&end={begin + 60}", now)
    assert "catchup-720.m3u8?begin=" in master
    text = await world.text(f"t-tv/catchup-720.m3u8?begin={begin}&end={begin + 60}", now)
    plan = plan_of(world)
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert all(name == f"720/{slot}.m4s" for slot, name in listed(text).items() if plan.on(slot).item)
    local = (NOW + 10 * SLOT).astimezone(dt.timezone(dt.timedelta(hours=8))).strftime("%Y%m%d%H%M%S")
    other = (NOW + 10 * SLOT + dt.timedelta(seconds=60)).strftime("%Y%m%d%H%M%SGMT")
    same = await world.text(f"t-tv/catchup-720.m3u8?begin={local}&end={other}", now)
    assert listed(same) == listed(text)
    assert (await world.ask("t-tv/catchup.m3u8?begin=yesterday", now)).status == 400
    assert (await world.ask(f"t-tv/catchup.m3u8?begin={begin + 9000}&end={begin + 9060}", now)).status == 400


async def test_now_when_asked_for_is_what_is_on_and_what_comes() -> None:
    world = await world_of(3, 4)
    told = json.loads(await world.text("t-tv/now.json", NOW + 4 * SLOT))
    first, second = told["programmes"][:2]
    newest, older = sorted(world.live.values(), key=lambda p: p.published_at, reverse=True)
    assert (first["title"], second["title"]) == (older.title, newest.title)
    assert first["end"] == second["start"]
    assert first["start"] <= told["now"] < first["end"]
    assert first["start"] % SLOT_MS == 0


async def test_days_list_when_asked_for_shows_past_present_and_future() -> None:
    world = await world_of(200, 300)
    now = NOW + dt.timedelta(hours=5)
    text = await world.text("t-tv/day/", now)
    assert "直播" in text
    assert "回看" in text
    assert "预告" in text
    assert "今天" in text
    for query in ("?on=2026-11-21", "?on=1999-01-01", "?on=x&p=9999", "?p=0"):
        assert (await world.ask(f"t-tv/day/{query}", now)).status == 200


async def test_hole_in_the_guide_is_named() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    assert HOLE in await world.text("epg.xml", NOW)


async def test_recalled_edition_of_the_past_is_not_in_catch_up() -> None:
    world = await world_of(5)
    piece: Piece = next(iter(world.live.values()))
    world.tombstones.add(piece.release)
    begin = int(NOW.timestamp())
    text = await world.text(f"t-tv/catchup-720.m3u8?begin={begin}&end={begin + 60}", NOW + 50 * SLOT)
    assert all("slate" in name for name in listed(text).values())
