"""A channel's logo as rows: who may set it, what is asked for, made once for channels that agree, shown and let go."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.contract import Target
from cms.kernel.errors import DomainError
from cms.library.models import PICTURE, Asset
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import add_target
from cms.publishing.models import Delivery
from cms.publishing.onair.jobs import READY, AirRoom, Tell, make_next
from cms.publishing.onair.logos import (
    KEPT,
    RATE,
    LogoWish,
    Pace,
    Wanted,
    drop_films,
    end_logo,
    logo_of,
    pace,
    set_logo,
    show_logos,
    spare_parts,
    standings,
    want_films,
    worn,
)
from cms.publishing.onair.models import LOGO, AirJob
from media.errors import MediaRefused
from media.house import SEGMENT_MS
from media.logo import Corner, Place
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import world

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHANNELS = [Target(code, "tv", code) for code in ("channel-a", "channel-b")]
KEEPER = Actor(office.SUN.person, "sun", world.DISTRICT, (Grant(Role.PUBLISHER, world.DISTRICT),))
TURN = 0.25  # minutes that a part is at work
FILMS = [Wanted("ab" * 32, 10), Wanted("cd" * 32, 2)]


def picture(tv: Office, number: int, **values: Any) -> Asset:
    plain = {
        "id": uuid.UUID(int=number),
        "kind": PICTURE,
        "name": f"台标 {number}.png",
        "sha256": f"{number:064}",
        "size": 9,
        "media_type": "image/png",
        "width": 300,
        "height": 120,
        "dominant": "#ffffff",
        "placeholder": b"",
        "unit_path": world.DISTRICT,
        "created_by": KEEPER.person,
        "created_at": tv.now,
    }
    return Asset(**{**plain, **values})


@pytest.fixture
async def tv(place: Office) -> Office:
    """The office with two television channels and pictures: two logos, a film, one without rights, one in the trash."""
    async with place.database.write() as session:
        for one in CHANNELS:
            await add_target(session, None, code=one.code, kind="tv", name=one.name, unit=world.DISTRICT, now=place.now)
        session.add_all([picture(place, 1), picture(place, 2), picture(place, 3, media_type="image/webp")])
        session.add_all([picture(place, 4, valid_until=place.now), picture(place, 5, deleted_at=place.now)])
    return place


async def put(tv: Office, code: str, number: int = 1, *, who: Actor = KEEPER, place: Place | None = None) -> uuid.UUID:
    async with tv.database.write() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == code))).one()
        return (await set_logo(session, who, target, LogoWish(uuid.UUID(int=number), place or Place()), now=tv.now)).id


async def looks(tv: Office, channel: Target) -> Mapping[str, str]:
    line_ups = tv.shop.services(channel).line_ups
    return (await line_ups.line_up(channel, start=tv.now, end=tv.now + dt.timedelta(hours=1))).looks


async def asked(tv: Office, code: str) -> int:
    async with tv.database.write() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == code))).one()
        row = await logo_of(session, target.id)
        assert row is not None
        return await want_films(session, row, FILMS, now=tv.now)


async def test_logo_that_cannot_be_one_is_refused_with_the_reason(tv: Office) -> None:
    for number, code in ((3, "logo_form"), (4, "logo_rights"), (5, "asset_unknown"), (9, "asset_unknown")):
        with pytest.raises(DomainError, match=code):
            await put(tv, "channel-a", number)
    for wrong in (Place(margin=11), Place(size=3), Place(opacity=10)):
        with pytest.raises(DomainError, match="logo_place"):
            await put(tv, "channel-a", place=wrong)
    editor = dataclasses.replace(KEEPER, grants=(Grant(Role.EDITOR, world.DISTRICT),))
    with pytest.raises(DomainError, match="denied"):
        await put(tv, "channel-a", who=editor)


async def test_film_is_made_once_for_channels_that_agree_and_shown_on_both_when_it_is_whole(tv: Office) -> None:
    first = await put(tv, "channel-a")
    assert await put(tv, "channel-a") == first, "the same again changes nothing"
    await put(tv, "channel-b")
    assert [await asked(tv, code) for code in ("channel-a", "channel-b")] == [2, 0]
    async with tv.database.read() as session:
        assert await pace(session) == Pace(RATE, 0), "assumed, while nothing was made"
    seen: list[tuple[str, int]] = []

    async def make(_kind: str, spec: Mapping[str, Any], tell: Tell) -> str:
        seen.append((spec["film"], len(spec[READY])))
        tv.later(minutes=TURN)
        await tell(16, 32, (0, 16, "", 0, "ef" * 32))
        assert await looks(tv, CHANNELS[0]) == {}, "a part is not shown"
        if len(seen) == 1:
            raise MediaRefused("media.store_failed", reason="x")
        return "12" * 32

    room = AirRoom(tv.database, tv.clock, "w", make, show_logos)
    assert not await make_next(room), "what cuts in is never behind a logo"
    assert await make_next(room, kinds=(LOGO,))
    tv.later(minutes=10)
    assert await make_next(room, kinds=(LOGO,))
    assert seen == [(FILMS[1].film, 0), (FILMS[1].film, 1)], "the soonest first, with what was ready"
    for channel in CHANNELS:
        assert await looks(tv, channel) == {FILMS[1].film: "12" * 32}
    async with tv.database.read() as session:
        # What the second try took up was not made again, and counts once.
        assert await pace(session) == Pace(TURN * 60_000 / (16 * SEGMENT_MS), 1), "as measured from now on"
        row = await logo_of(
            session, (await session.scalars(select(TargetRow.id).where(TargetRow.code == "channel-a"))).one()
        )
        assert row is not None
        found = await standings(session, row.look, [one.film for one in FILMS])
        assert {film: one.state for film, one in found.items()} == {FILMS[0].film: "waiting", FILMS[1].film: "ready"}
        ordered = set((await session.scalars(select(Delivery.target_id))).all())
    assert len(ordered) >= 2, "both channels are planned anew"


async def test_logo_that_changes_leaves_what_had_the_other_to_the_recordings_and_then_lets_it_go(tv: Office) -> None:
    await put(tv, "channel-a")
    await asked(tv, "channel-a")
    async with tv.database.write() as session:
        for job in (await session.scalars(select(AirJob))).all():
            job.state, job.sha256, job.parts = "ready", job.film[::-1], [[0, 16, "", 0, "ef" * 32]]
    assert len(await looks(tv, CHANNELS[0])) == 2
    await put(tv, "channel-a", 2, place=Place(Corner.BOTTOM_RIGHT))
    assert await looks(tv, CHANNELS[0]) == {}, "plain until it is made"
    kept = frozenset(one.film for one in FILMS)
    async with tv.database.write() as session:
        assert sorted(await spare_parts(session)) == ["ef" * 32] * 2
        assert await drop_films(session, kept, now=tv.now) == []
        assert dict(await worn(session, [uuid.UUID(int=1), uuid.UUID(int=2)])) == {uuid.UUID(int=2): 1}
    tv.later(minutes=1 + KEPT // dt.timedelta(minutes=1))
    async with tv.database.write() as session:
        assert len(await drop_films(session, kept, now=tv.now)) == 2
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == "channel-a"))).one()
        await end_logo(session, KEEPER, target, now=tv.now)
    async with tv.database.read() as session:
        acts = (await session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("logo.")))).all()
    assert sorted(acts) == ["logo.end", "logo.set", "logo.set"]
