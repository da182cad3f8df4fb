"""The plan as the desk sees it, what a viewer gets last, and that asking for a list is watching."""

import dataclasses
import datetime as dt
import itertools

from cms.contract import CutIn
from media.house import write_index
from renderers.tv.air import TvOnAir
from renderers.tv.plan import from_value, to_value
from tests.fakes.channel import NOW, SLOT, ChannelWorld, slot_of
from tests.fakes.house_files import imagined

AIR = TvOnAir()
MINUTE = dt.timedelta(minutes=1)


async def world_of(*lengths: int) -> ChannelWorld:
    world = ChannelWorld()
    for number, segments in enumerate(lengths, start=1):
        world.publish(world.lecture(number, imagined(f"item {number}", segments=segments), at=NOW - number * MINUTE))
    await world.render(NOW)
    return world


async def test_plan_is_told_without_gap_as_its_lists_show_it_and_open_behind_what_is_frozen() -> None:
    world = await world_of(7, 3)
    value, _ = await world.services.state.get(AIR.value)
    here = slot_of(NOW)
    found = AIR.aired(value, here - 5, here + 40, NOW + SLOT)
    plan = from_value(value)
    assert found.airings[0].start <= here - 5
    assert all(one.end == two.start for one, two in itertools.pairwise(found.airings))
    for one in found.airings:
        for slot in range(max(one.start, here), min(one.end, here + 40)):
            item = plan.on(slot).item
            assert one.document == ("" if item is None else item.document)
    assert found.open_from == here + 1 + max(2, plan.rule.frozen)
    assert found.ends == plan.end
    gone = dataclasses.replace(plan, items={})
    assert all(one.gone for one in AIR.aired(to_value(gone), here, here + 10, NOW).airings if not one.document)


async def test_stretch_of_a_film_says_which_of_its_segments_are_on_also_behind_what_lay_over_it() -> None:
    world = await world_of(40, 3)
    pieces = sorted(world.live.values(), key=lambda one: one.document)
    world.cut_ins = [CutIn("c1", "insert", pieces[1], NOW + 4 * SLOT)]
    urgent = world.hold(write_index(imagined("urgent", segments=2)))
    until = NOW + 27 * SLOT
    world.cut_ins.append(CutIn("c2", "emergency", pieces[0], NOW + 20 * SLOT, until, urgent))
    await world.render(NOW)
    value, _ = await world.services.state.get(AIR.value)
    here, plan = slot_of(NOW), from_value(value)
    found = AIR.aired(value, here, here + 60, NOW).airings
    films = [one for one in found if not one.is_still]
    assert len({one.start for one in films if one.document == pieces[0].document}) > 2, "cut in three"
    assert any(one.first for one in films)
    for one in films:
        for slot in range(one.start, one.end):
            assert one.segment(slot) == plan.on(slot).segment, (one, slot)


async def test_list_when_asked_for_says_whose_viewer_it_is_and_other_answers_do_not() -> None:
    world = await world_of(7)
    assert (await world.ask("t-tv/720.m3u8", NOW)).viewing == "t-tv"
    assert (await world.ask("t-tv/now.json", NOW)).viewing == ""


async def test_piece_takes_whole_slots_and_none_without_its_index() -> None:
    world = await world_of(7)
    (piece,) = world.live.values()
    # The sound's delay needs a slot of its own behind an item that fills its last one.
    assert AIR.slots_of(piece) == 8
    assert AIR.slots_of(dataclasses.replace(piece, assets=())) == 0


async def test_picture_of_a_channel_is_of_the_slot_on_air_and_never_of_what_was_taken_back() -> None:
    world = ChannelWorld()
    index = imagined("item", segments=5)
    piece = world.lecture(1, index)
    await world.render(NOW)
    track = index.tracks["480"]
    world.assets.held[track.sha256] = bytes(700) + b"".join(bytes([n]) * 1000 for n in range(1, 6))
    at = NOW + 3 * SLOT
    assert await TvOnAir().picture("t-tv", world, world.assets, at) == bytes(700) + b"\x04" * 1000
    world.tombstones.add(piece.release)
    assert await TvOnAir().picture("t-tv", world, world.assets, at) is None
    assert await TvOnAir().picture("t-none", world, world.assets, at) is None
