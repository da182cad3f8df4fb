"""The kit's fifty schedules at an operator, and what a person of the office sees of each way an order can go."""

import datetime as dt

from cms.contract import Channel, Outcome, Piece, Receipt, Sent
from renderers.conformance import Platform, check_post
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.iptv.post import IptvPost
from tests.contract.iptv_world import Dial, FilmedPost, dialled, filmed

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
PIECE = filmed(make_piece(1, at=NOW))
POST = IptvPost()


async def sent(dial: Dial, piece: Piece = PIECE, attempt: str = "a1") -> Outcome:
    world = dial.world
    prepared = await POST.prepare(piece, world.target, world.services)
    return await POST.send(prepared, attempt, world.target, world.services)


async def looked(dial: Dial, attempt: str = "a1") -> Outcome:
    return await POST.reconcile(attempt, dial.world.target, dial.world.services)


async def recalled(dial: Dial, post: str) -> Receipt:
    return await POST.recall(post, dial.world.target, dial.world.services)


async def test_fifty_schedules_show_a_piece_exactly_once() -> None:
    def make() -> tuple[Platform, World]:
        dial = dialled(repeat_minutes=0)
        return dial.operator, dial.world

    assert [str(one) for one in await check_post(Channel("iptv", post=FilmedPost()), make, now=NOW)] == []


async def test_order_with_one_piece_is_confirmed_and_stands_in_the_category() -> None:
    dial = dialled()
    outcome = await sent(dial)
    assert isinstance(outcome, Sent)
    assert dial.operator.visible(PIECE.title) == 1
    library = dial.operator.library
    assert sorted(one.kind for one in library.things.values()) == ["Movie", "Picture", "Program"]
    assert ("1001", outcome.post) in library.mappings
    programme = library.things[outcome.post].properties
    assert "来源：吴江发布" in programme["Description"]
    assert programme["LicensingWindowStart"] == "20261126090000"
    assert dial.hub.hints == 1
    receipt = await recalled(dial, outcome.post)
    assert receipt.state == "gone"
    assert library.things == {}
    assert library.mappings == {}
    assert library.categories == {"1001", "1002"}
