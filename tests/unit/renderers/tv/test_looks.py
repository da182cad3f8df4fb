"""The logo of a channel: shown from a slot nobody was promised, kept as it was shown, and never a reason to stop."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given, settings, strategies as st

from cms.contract import LineUp, Piece, Target
from media.house import INDEX, HouseIndex, write_index
from media.logo import Corner, Place, box
from renderers.tv.looks import Look, dressed
from renderers.tv.plan import Item, Plan, decode
from tests.fakes.channel import NOW, SLOT, ChannelWorld, moof, slot_of
from tests.fakes.house_files import imagined

K = slot_of(NOW)
PLAIN = Item("1.1", "d1", "r1", "一", "", "", "m", "plain", 7, 0, (3, 2, 1))
LOOKS = {name: Look(name, 7, (4, 1, 1)) for name in ("with a", "with b")}


class Logos(ChannelWorld):
    """A channel with a logo; `looks` is what was made for it."""

    looks: dict[str, str]

    async def line_up(self, target: Target, *, start: dt.datetime, end: dt.datetime) -> LineUp:
        found = await super().line_up(target, start=start, end=end)
        return dataclasses.replace(found, looks=self.looks)


async def logos(segments: int = 9) -> tuple[Logos, Piece, HouseIndex]:
    world = Logos()
    world.looks = {}
    index = imagined("film", segments=segments)
    piece = world.lecture(1, index)
    await world.render(NOW)
    return world, piece, index


def plan_of(world: ChannelWorld) -> Plan:
    return decode(world.tree["/tv/t-tv/plan.json"].data)


def made(world: Logos, piece: Piece, segments: int = 9, house: str = "house-of-tests") -> str:
    """A film with the logo, ready."""
    index = imagined("with the logo", segments=segments, house=house)
    sha256 = world.hold(write_index(index))
    plain = next(file for file in piece.assets if file.rendition == INDEX)
    world.looks = {plain.sha256: sha256}
    return sha256


@given(st.lists(st.tuples(st.sampled_from(["", "with a", "with b"]), st.integers(0, 6)), max_size=12))
@settings(max_examples=200)
def test_slot_that_was_promised_keeps_its_picture_whatever_is_set_later(acts: list[tuple[str, int]]) -> None:
    item, now = PLAIN, 100
    seen: dict[int, str] = {}
    for name, later in acts:
        now += later
        looks = {"plain": LOOKS[name]} if name else {}
        item = dressed(item, looks, since=0, edge=now + 2)
        assert dressed(item, looks, since=0, edge=now + 2) == item, "again is the same"
        for slot in range(90, now + 2):
            assert seen.setdefault(slot, item.shown_in(slot).index) == item.shown_in(slot).index
        assert item.shown_in(now + 2).index == (name or "plain")
    short = dressed(item, {}, since=now + 10, edge=now + 20)
    assert [short.shown_in(slot).index for slot in (now + 10, now + 30)] == [item.shown_in(now + 9).index, "plain"]
    assert len(short.looks) <= 2, "what is forgotten takes no room"


async def test_film_plays_plain_until_its_logo_is_made_and_with_it_from_two_slots_later() -> None:
    world, piece, _ = await logos()
    before = await world.text("t-tv/720.m3u8", NOW)
    sha256 = made(world, piece)
    at = NOW + 20 * SLOT
    await world.render(at)
    plan, edge = plan_of(world), slot_of(at) + 2
    assert [plan.on(slot).item.index == sha256 for slot in range(edge - 3, edge + 3)] == [False] * 3 + [True] * 3  # type: ignore[union-attr]
    assert await world.text("t-tv/720.m3u8", NOW) == before
    later = at + 10 * SLOT
    lists = await world.text("t-tv/720.m3u8", later)
    assert "DISCONTINUITY" not in lists
    world.looks = {}
    await world.render(later)
    plan = plan_of(world)
    shown = [plan.on(slot).item for slot in (edge - 1, edge, slot_of(later) + 1, slot_of(later) + 2)]
    assert [item is not None and item.index == sha256 for item in shown] == [False, True, True, False]
    assert plan.items["1.1"].index != sha256, "the film itself is the same everywhere else"


@pytest.mark.parametrize(("segments", "house"), [(8, "house-of-tests"), (9, "another-house")])
async def test_film_with_a_logo_that_would_not_join_is_never_shown(segments: int, house: str) -> None:
    world, piece, _ = await logos()
    made(world, piece, segments, house)
    await world.render(NOW)
    assert all(not item.looks for item in plan_of(world).items.values())


async def test_plain_film_is_sent_while_that_with_the_logo_cannot_be_read_and_none_after_a_recall() -> None:
    world, piece, index = await logos()
    sha256 = made(world, piece)
    await world.render(NOW)
    at = NOW + 5 * SLOT
    plan = plan_of(world)
    on = plan.on(K + 5)
    assert on.item is not None
    assert on.item.index == sha256
    url = f"t-tv/720/{K + 5}.m4s"
    data = world.assets.held.pop(sha256)
    track = index.tracks["720"]
    world.assets.held[track.sha256] = bytes(track.init) + b"".join(moof(1000) for _ in track.ends)
    assert (await world.ask(url, at)).status == 200, "plain"
    world.assets.held[sha256] = data
    assert (await world.ask(url, at)).status == 410, "its own pictures are not there"
    world.tombstones.add(piece.release)
    assert (await world.ask(url, at)).status == 410


@pytest.mark.parametrize("corner", Corner)
@pytest.mark.parametrize("size", [4, 30])
def test_logo_stands_inside_its_corner_on_every_rung(corner: Corner, size: int) -> None:
    for width, height in ((1920, 1080), (854, 480)):
        here = box(Place(corner, 4, size, 90), width, height)
        margin = width * 4 // 100
        assert here.x in {margin, width - margin - here.width}
        assert (here.x == margin) == corner.is_left
        assert (here.y == margin) == corner.is_top
        assert here.x + here.width <= width
        assert here.y + here.height <= height
