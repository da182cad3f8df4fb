"""The display of the screens: concrete for days ahead, the same all day, one manifest an audience."""

import dataclasses
import datetime as dt

from hypothesis import given, strategies as st

from cms.contract import Manifests, Receiver
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.screen.render import BEIJING, HORIZON, ScreenDisplay, day_start
from tests.unit.renderers.articles import AT


def world_of(count: int) -> World:
    world = World("screen")
    for number in range(1, count + 1):
        world.publish(make_piece(number, at=AT))
    return world


async def render(world: World, now: dt.datetime = AT) -> Manifests:
    return await ScreenDisplay().render(world.everything(), world.services, now)


async def test_manifests_when_rendered_at_any_hour_of_a_day_are_the_same() -> None:
    world = world_of(3)
    midnight = dt.datetime(2026, 11, 20, tzinfo=BEIJING)
    first = await render(world, midnight)
    assert first == await render(world, midnight + dt.timedelta(hours=23, minutes=59))
    assert first != await render(world, midnight + dt.timedelta(days=1))


async def test_manifests_when_rendered_cover_the_days_ahead() -> None:
    (draft,) = (await render(world_of(3))).drafts
    assert draft.slots[0].start <= AT
    assert draft.slots[-1].end - AT >= HORIZON - dt.timedelta(days=1) >= dt.timedelta(days=7)


async def test_piece_when_it_is_for_one_station_makes_a_second_audience() -> None:
    world = world_of(2)
    before = {r: draft.audience for draft in (await render(world)).drafts for r in draft.receivers}
    local = dataclasses.replace(make_piece(7, at=AT), units=("/1/02/",))
    world.publish(local)
    made = (await render(world)).drafts
    after = {r: draft.audience for draft in made for r in draft.receivers}
    meant = {receiver.id for receiver in world.devices if receiver.unit.startswith("/1/02/")}
    assert {r for r in after if after[r] != before[r]} == meant
    assert {r for draft in made if local.release in draft.bundles for r in draft.receivers} == meant


async def test_screen_when_it_stands_outside_every_target_has_the_slate() -> None:
    world = world_of(2)
    world.devices.append(Receiver("far", "/9/"))
    (draft,) = [draft for draft in (await render(world)).drafts if "far" in draft.receivers]
    assert draft.receivers == ("far",)
    assert [slot.loop for slot in draft.slots] == [()]


@given(st.datetimes(min_value=dt.datetime(1995, 1, 1), max_value=dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_day_when_it_starts_is_beijing_midnight_before(at: dt.datetime) -> None:
    start = day_start(at)
    assert start.tzinfo is dt.UTC
    assert start <= at < start + dt.timedelta(days=1)
    assert start.astimezone(BEIJING).time() == dt.time()
