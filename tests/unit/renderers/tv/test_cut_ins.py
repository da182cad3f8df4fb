"""Inserts and emergencies on a channel: lists, segments, guide and catch-up, and no drift behind them."""

import dataclasses
import datetime as dt
import itertools

import pytest

from cms.contract import CutIn, Laid, Piece
from media.house import TRACKS, HouseIndex, write_index
from renderers.conformance.samples import make_piece
from renderers.tv import crawl
from renderers.tv.guide import programmes
from renderers.tv.over import Kind
from renderers.tv.plan import Plan, decode
from renderers.tv.programme import edges
from schedules.linear import SLOT_MS
from tests.fakes.channel import NOW, SLOT, ChannelWorld, moof, slot_of, time_of
from tests.fakes.house_files import imagined

HOUR = dt.timedelta(hours=1)
K = slot_of(NOW)


def plan_of(world: ChannelWorld) -> Plan:
    return decode(world.tree["/tv/t-tv/plan.json"].data)


async def world_of(*segments: int) -> tuple[ChannelWorld, list[Piece]]:
    world = ChannelWorld()
    pieces = [
        world.lecture(number, imagined(f"item {number}", segments=count), at=NOW - number * HOUR)
        for number, count in enumerate(segments, start=1)
    ]
    await world.render(NOW)
    return world, pieces


def urgent(world: ChannelWorld, index: HouseIndex | None = None, number: int = 70) -> Piece:
    """An emergency's piece; with its picture ready when an index is given."""
    piece = dataclasses.replace(make_piece(number, at=NOW), kind="urgent", title="暴雨红色预警")
    world.publish(piece)
    if index is not None:
        world.hold(write_index(index))
    return piece


def key(world: ChannelWorld, index: HouseIndex) -> str:
    return world.hold(write_index(index))


async def test_emergency_is_on_air_at_the_next_slot_and_the_channel_returns_where_it_would_be() -> None:
    world, _ = await world_of(7, 5)
    planned = plan_of(world)
    slate = imagined("emergency", segments=1)
    piece = urgent(world)
    at = NOW + 10 * SLOT + dt.timedelta(seconds=1)
    world.cut_ins = [CutIn("c1", "emergency", piece, at, at + 10 * SLOT, key(world, slate))]
    await world.render(at)
    now = slot_of(at)
    listed = await world.text("t-tv/720.m3u8", at + SLOT)
    assert listed.rstrip().endswith(f"720/over-1-{now + 1}.m4s")
    assert (await world.ask(f"t-tv/720/over-1-{now + 2}.m4s", at)).status == 404, "of the future"
    plan = plan_of(world)
    end = slot_of(at + 11 * SLOT - dt.timedelta(milliseconds=1))
    assert [plan.on(slot).over is not None for slot in (now, now + 1, end - 1, end)] == [False, True, True, False]
    for slot in (*range(K, now + 1), *range(end, now + 500)):
        assert (plan.on(slot).item, plan.on(slot).segment) == (planned.on(slot).item, planned.on(slot).segment)
    assert plan.on(now + 5).segment == 0
    told = [(p.start, p.end, p.title) for p in programmes(plan, now - 2, now + 20)]
    assert (now + 1, end, "暴雨红色预警") in told
    assert all(a[1] == b[0] for a, b in itertools.pairwise(told))


def test_emergency_never_waits_longer_than_a_slot_whenever_it_begins() -> None:
    for offset in range(SLOT_MS):
        now = NOW + dt.timedelta(milliseconds=offset)
        first = edges(now)[Kind.EMERGENCY]
        waits = (time_of(first) - now) / dt.timedelta(milliseconds=1)
        assert 0 < waits <= SLOT_MS, offset
        assert min(edges(now).values()) == first


@pytest.mark.parametrize("offset", [0, 1, 1920, 3589, 3590, 3591, 3838, 3839])
async def test_emergency_stands_in_the_lists_of_the_next_slot_at_any_moment(offset: int) -> None:
    world, _ = await world_of(7, 5)
    at = NOW + 3 * SLOT + dt.timedelta(milliseconds=offset)
    border = time_of(slot_of(at) + 1)
    world.cut_ins = [CutIn("c1", "emergency", urgent(world), at, at + HOUR, key(world, imagined("e", segments=1)))]
    await world.render(at)
    assert border - at <= SLOT
    for rung in ("1080", "480", "audio"):
        assert (await world.text(f"t-tv/{rung}.m3u8", border)).rstrip().endswith(f"{rung}/over-1-{slot_of(border)}.m4s")
    before = await world.text("t-tv/720.m3u8", border - dt.timedelta(milliseconds=1))
    assert "over-" not in before, "nothing that was listed changes"


async def test_recalled_emergency_is_gone_at_once_and_the_plan_stands_there() -> None:
    world, _ = await world_of(7)
    piece = urgent(world)
    world.cut_ins = [CutIn("c1", "emergency", piece, NOW, NOW + HOUR, key(world, imagined("e", segments=1)))]
    await world.render(NOW)
    later = NOW + 5 * SLOT
    assert "over-1-" in await world.text("t-tv/480.m3u8", later)
    world.tombstones.add(piece.release)
    assert "over-" not in await world.text("t-tv/480.m3u8", later)
    assert (await world.ask(f"t-tv/480/over-1-{K + 5}.m4s", later)).status == 410
    assert f"480/{K + 5}.m4s" in await world.text("t-tv/480.m3u8", later)
    assert piece.title not in await world.text("t-tv/now.json", later)


async def test_insert_plays_a_piece_once_and_is_in_the_catch_up_afterwards() -> None:
    world, pieces = await world_of(40, 3)
    world.cut_ins = [CutIn("c1", "insert", pieces[1], NOW + 4 * SLOT)]
    await world.render(NOW)
    plan = plan_of(world)
    over = [slot for slot in range(K, K + 40) if plan.on(slot).over]
    assert len(over) == 3
    assert over[0] == slot_of(NOW + 4 * SLOT) + (time_of(slot_of(NOW)) != NOW)
    assert [(on.item and on.item.title, on.segment) for on in map(plan.on, over)] == [
        (pieces[1].title, n) for n in range(3)
    ]
    # Ended and forgotten by everybody, it was still on air.
    world.cut_ins = [dataclasses.replace(world.cut_ins[0], ended=True)]
    later = NOW + HOUR
    await world.render(later)
    span = f"begin={int(time_of(over[0]).timestamp())}&end={int(time_of(over[-1]).timestamp()) + 3}"
    recorded = await world.text(f"t-tv/catchup-720.m3u8?{span}", later)
    assert recorded.count("720/over-1-") == 3
    index = imagined("item 2", segments=3)
    for name in TRACKS:
        track = index.tracks[name]
        start, length = track.segment(0)
        world.assets.held[track.sha256] = bytes(start) + moof(length)
        reply = await world.ask(f"t-tv/{name}/over-1-{over[0]}.m4s", later)
        assert (reply.status, reply.releases) == (200, (pieces[1].release,))


async def test_emergency_whose_picture_is_not_made_yet_waits_for_it() -> None:
    world, _ = await world_of(7)
    piece = urgent(world)
    world.cut_ins = [CutIn("c1", "emergency", piece, NOW, NOW + HOUR)]
    await world.render(NOW)
    assert plan_of(world).overrides == ()
    ready = NOW + 3 * SLOT
    world.cut_ins = [dataclasses.replace(world.cut_ins[0], index=key(world, imagined("e", segments=1)))]
    await world.render(ready)
    assert [over.start for over in plan_of(world).overrides] == [slot_of(ready) + 1]


async def test_emergency_of_another_house_is_a_break_that_is_counted() -> None:
    world, _ = await world_of(7)
    piece = urgent(world)
    slate = imagined("e", segments=1, house="house-of-tomorrow")
    world.cut_ins = [CutIn("c1", "emergency", piece, NOW, NOW + 3 * SLOT, key(world, slate))]
    await world.render(NOW)
    text = await world.text("t-tv/720.m3u8", NOW + 5 * SLOT)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 2
    assert 'URI="720/init-house-of-tomorrow.mp4"' in text
    assert "DISCONTINUITY-SEQUENCE:2" in await world.text("t-tv/720.m3u8", NOW + 20 * SLOT)


async def test_words_lie_over_their_slots_and_nowhere_else() -> None:
    world, (lecture,) = await world_of(40)
    notice = dataclasses.replace(make_piece(71, at=NOW), kind="notice", title="停水通知")
    world.publish(notice)
    item = next(iter(plan_of(world).items))
    part = Laid(K + 10, 4, item, 10, key(world, imagined("laid", segments=4)))
    wrong = Laid(K + 20, 2, item, 3, key(world, imagined("laid for another plan", segments=2)))
    world.cut_ins = [CutIn("c1", "text", notice, NOW, NOW + HOUR, laid=(part, wrong))]
    await world.render(NOW)
    plan = plan_of(world)
    over = {slot: plan.on(slot).segment for slot in range(K, K + 40) if plan.on(slot).over}
    assert over == {K + 10: 0, K + 11: 1, K + 12: 2, K + 13: 3}
    assert plan.on(K + 20).item == plan.items[item], "made for what is not planned there"
    titles = {programme.title for programme in programmes(plan, K, K + 40)}
    assert titles == {lecture.title}, "the guide names what the words lie over"
    # The lecture is taken back: what was encoded from it goes with it, though the notice stands.
    world.tombstones.add(lecture.release)
    assert "over-" not in await world.text("t-tv/720.m3u8", NOW + 13 * SLOT)
    world.tombstones = {notice.release}
    assert f"720/{K + 12}.m4s" in await world.text("t-tv/720.m3u8", NOW + 13 * SLOT)


async def test_words_lie_over_fillers_and_over_the_slate_where_nothing_is_planned() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    plan = plan_of(world)
    start, end = (K + 10) * SLOT_MS, (K + 19) * SLOT_MS
    wanted = list(crawl.stretches(plan, start, end))
    assert [(one.start, one.count, one.item) for one in wanted] == [(K + 10, 4, ""), (K + 14, 4, ""), (K + 18, 1, "")]
    assert [one.first for one in wanted] == [(K + n) % 2 for n in (10, 14, 18)], "the slate has two segments"
    notice = dataclasses.replace(make_piece(71, at=NOW), kind="notice", title="停水通知")
    world.publish(notice)
    index = imagined("laid over the slate", segments=4)
    laid = tuple(Laid(one.start, one.count, "", one.first, key(world, index)) for one in wanted[:2])
    wrong = Laid(K + 18, 1, "", (K + 19) % 2, key(world, index))
    world.cut_ins = [CutIn("c1", "text", notice, NOW, NOW + HOUR, laid=(*laid, wrong))]
    await world.render(NOW)
    plan = plan_of(world)
    assert [slot for slot in range(K, K + 30) if plan.on(slot).over] == list(range(K + 10, K + 18))
    assert [p.title for p in programmes(plan, K, K + 30)] == ["精彩内容即将播出"]
    # A lecture comes: what is planned now is shown without words that were made for the slate.
    world.lecture(1, imagined("item", segments=7))
    await world.render(NOW)
    assert not any(plan_of(world).on(slot).over for slot in range(K + 10, K + 18))


async def test_words_that_are_ready_late_stand_in_what_is_left_of_their_slots() -> None:
    world, _ = await world_of(40)
    notice = dataclasses.replace(make_piece(71, at=NOW), kind="notice", title="停水通知")
    world.publish(notice)
    item = next(iter(plan_of(world).items))
    part = Laid(K + 10, 4, item, 10, key(world, imagined("laid", segments=4)))
    world.cut_ins = [CutIn("c1", "text", notice, NOW, NOW + HOUR, laid=(part,))]
    await world.render(time_of(K + 10))
    plan = plan_of(world)
    over = {slot: plan.on(slot).segment for slot in range(K, K + 40) if plan.on(slot).over}
    assert over == {K + 12: 2, K + 13: 3}
