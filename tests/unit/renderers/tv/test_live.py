"""Live input in the slots of a channel: before its first segment the plan, where it is lost a filler."""

import random

import pytest

from cms.contract import CutIn, File
from renderers.tv import paths
from renderers.tv.live import BLOCK, Line, block_of, blocks, decode, encode, kept, lines_by_slot
from renderers.tv.over import Kind, Over
from renderers.tv.plan import House, Item, Plan
from tests.fakes.channel import NOW, SLOT, ChannelWorld, slot_of
from tests.fakes.house_files import imagined
from tests.unit.renderers.tv.test_cut_ins import HOUR, key, plan_of, urgent, world_of

K = slot_of(NOW)


def bring(world: ChannelWorld, *slots: int, rungs: int = 3) -> None:
    """Segments of a signal for these slots."""
    for number in {block_of(slot) for slot in slots}:
        path = paths.signal("t-tv", number)
        before = decode(world.tree[path].data) if path in world.tree else ()
        for slot in slots:
            index = key(world, imagined(f"live {slot}", segments=1))
            before = kept(before, Line(slot, index, rungs)) if block_of(slot) == number else before
        world.tree[path] = File(path, "application/json", encode(before), ())


async def on_air(*segments: int) -> ChannelWorld:
    world, pieces = await world_of(*segments)
    world.cut_ins = [CutIn("c1", "live", pieces[-1], NOW, NOW + HOUR)]
    await world.render(NOW)
    return world


async def test_signal_is_on_air_from_its_first_segment_and_a_slot_without_one_is_never_filled_later() -> None:
    world = await on_air(7, 3)
    at = NOW + 6 * SLOT
    assert "over-" not in await world.text("t-tv/720.m3u8", at), "before the signal, what was planned"
    bring(world, K + 4, K + 5, K + 7)
    listed = await world.text("t-tv/720.m3u8", NOW + 8 * SLOT)
    names = [line.rpartition("/")[2] for line in listed.splitlines() if line.endswith(".m4s")]
    assert names == [
        f"{K + 3}.m4s",
        f"over-1-{K + 4}.m4s",
        f"over-1-{K + 5}.m4s",
        f"slate-{K + 6}.m4s",
        f"over-1-{K + 7}.m4s",
        f"slate-{K + 8}.m4s",
    ], "lost, and back by itself"
    assert (await world.ask(f"t-tv/720/over-1-{K + 6}.m4s", NOW + 8 * SLOT)).status == 410
    assert "DISCONTINUITY" not in listed


async def test_order_of_what_goes_first_and_the_way_back() -> None:
    world = await on_air(40, 3)
    bring(world, *range(K + 3, K + 30))
    piece = urgent(world)
    at = NOW + 5 * SLOT
    emergency = CutIn("c2", "emergency", piece, at, at + 4 * SLOT, key(world, imagined("e", segments=1)))
    world.cut_ins = [*world.cut_ins, CutIn("c3", "insert", world.cut_ins[0].piece, at), emergency]
    await world.render(at)
    text = await world.text("t-tv/720.m3u8", at + 4 * SLOT)
    plan = plan_of(world)
    kinds = [one.kind for one in plan._layers.at(K + 8)]
    assert kinds == [Kind.EMERGENCY, Kind.LIVE, Kind.INSERT]
    assert f"over-{emergency_number(plan)}-{K + 8}.m4s" in text
    # Somebody takes it back: the plan stands there from the next slot that may change.
    world.cut_ins = []
    await world.render(at + 5 * SLOT)
    assert "over-" not in await world.text("t-tv/480.m3u8", at + 20 * SLOT)
    assert "over-1-" in await world.text(f"t-tv/catchup-480.m3u8?begin={begin(5)}&end={begin(9)}", at + 60 * SLOT)


def begin(slot: int) -> int:
    return int((NOW + slot * SLOT).timestamp())


def emergency_number(plan: Plan) -> int:
    return next(one.number for one in plan.overrides if one.kind is Kind.EMERGENCY)


async def test_filler_stands_where_the_signal_is_lost() -> None:
    world = await on_air(7, 3)
    bring(world, K + 3, K + 9)
    plan = plan_of(world)
    filler = next(item for item in plan.items.values() if item.segments == 7)
    over = plan.overrides[0]
    held = Plan(
        plan.code, plan.name, plan.start, 0, plan.houses, plan.items, plan.runs, plan.rule,
        (Over(over.number, over.order, over.kind, over.start, over.count, over.item, under=filler.id),),
        lines_by_slot([Line(K + 3, "a" * 64, 3), Line(K + 9, "b" * 64, 3)]),
    )  # fmt: skip
    shown = [held.on(slot).item for slot in range(K + 3, K + 10)]
    assert [item and item.index for item in (shown[0], shown[-1])] == ["a" * 64, "b" * 64]
    assert {item and item.id for item in shown[1:-1]} == {filler.id}
    assert held.on(K + 4).segment == (K + 4 - over.start) % 7


async def test_rungs_that_were_not_made_are_filled_from_the_lowest() -> None:
    world = await on_air(7, 3)
    bring(world, K + 4, K + 5, rungs=1)
    for rung, other in (("1080", True), ("720", True), ("480", False)):
        text = await world.text(f"t-tv/{rung}.m3u8", NOW + 5 * SLOT)
        assert f"480/over-1-{K + 5}.m4s" in text
        assert text.count("#EXT-X-MAP") == 1 + other
        assert "DISCONTINUITY" not in text


async def test_recall_of_its_piece_takes_live_input_off_at_once() -> None:
    world = await on_air(7, 3)
    bring(world, *range(K + 2, K + 12))
    piece = world.cut_ins[0].piece
    assert piece is not None
    assert "over-1-" in await world.text("t-tv/720.m3u8", NOW + 6 * SLOT)
    world.tombstones.add(piece.release)
    assert "over-" not in await world.text("t-tv/720.m3u8", NOW + 6 * SLOT)
    assert (await world.ask(f"t-tv/720/over-1-{K + 5}.m4s", NOW + 6 * SLOT)).status == 410


def test_lines_of_a_block_are_what_they_were_and_damage_is_nothing() -> None:
    lines = [Line(5, "a" * 64, 3), Line(6, "b" * 64, 1)]
    assert decode(encode(lines)) == tuple(lines)
    assert kept(lines, Line(5, "c" * 64, 3)) == tuple(lines)
    for data in (b"", b"{}", b"[1]", b"[[1,2]]", b"[" * 100_000, b"[[null,1,1]]"):
        assert decode(data) == ()
    overs = [Over(1, "a", Kind.LIVE, BLOCK - 2, 4, "1.1"), Over(2, "b", Kind.INSERT, 9 * BLOCK, 4, "1.1")]
    assert list(blocks(overs)) == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_slot_that_was_listed_never_changes_when_later_slots_come(seed: int) -> None:
    """Whatever comes for later slots, earlier ones stay: before the first, between two, behind the last."""
    dice = random.Random(seed)
    house = imagined("slate", segments=1)
    item = Item("1.1", "d", "r", "t", "", "", "m", "live:c", 1, 0, (1, 1, 1))
    over = Over(1, "c", Kind.LIVE, 10, 50, "1.1")
    lines: list[Line] = []
    before: list[str] = []
    for slot in range(5, 70):
        if dice.random() < 0.5:
            lines.append(Line(slot, f"{slot:064}", 3))
        houses = (House(1, house.house, 0, house),)
        plan = Plan("c", "n", 0, 0, houses, {"1.1": item}, (), overrides=(over,), live=lines_by_slot(lines))
        shown = [str(plan.on(one)) for one in range(slot + 1)]
        assert shown[: len(before)] == before
        before = shown
