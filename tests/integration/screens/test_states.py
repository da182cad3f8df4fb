"""The rows between publishing and gateways: newest wins, nobody is moved for nothing, no change is missed."""

import asyncio
import contextlib
import datetime as dt
import uuid
from dataclasses import replace

from sqlalchemy import select

from cms.contract import ManifestDraft, Slot
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.wake import Wake
from cms.trust.keys import SigningKey
from cms.trust.manifest import read_manifest
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed
from screens.district import District
from screens.manifest import manifest_body
from screens.source import StoredStates
from screens.states import AudienceMember, ScreenState, next_change, next_version, store_state
from screens.tables import Screen
from tests.integration.screens.conftest import CLOCK

SCREENS = [uuid.UUID(int=number) for number in range(1, 5)]


async def signed(district: District, version: int, audience: str = "street") -> Signed:
    now = CLOCK.now()
    slots = (Slot(now, now + dt.timedelta(days=1), ()),)
    draft = ManifestDraft(audience, (), slots, {})
    return await district.sign_manifest(manifest_body(draft, version=version, trust=await district.trust(), now=now))


async def store(database: Database, manifest: Signed, receivers: list[uuid.UUID]) -> bool:
    async with database.write() as session:
        return await store_state(session, manifest, receivers=receivers, now=CLOCK.now())


async def members(database: Database) -> dict[uuid.UUID, str]:
    async with database.read() as session:
        return {row.screen: row.audience for row in await session.scalars(select(AudienceMember))}


async def test_state_when_older_than_the_stored_one_changes_nothing(database: Database, district: District) -> None:
    newer, older = await signed(district, 7), await signed(district, 6)
    assert await store(database, newer, SCREENS[:2])
    assert not await store(database, older, SCREENS[2:])
    async with database.read() as session:
        row = await session.get(ScreenState, "street")
        assert row is not None
        assert (row.version, row.file) == (7, newer.file)
    assert set(await members(database)) == set(SCREENS[:2])


async def test_state_of_a_new_epoch_takes_the_place_of_any_number_of_the_old(
    database: Database, district: District
) -> None:
    older = await signed(district, 7)
    newer = await district.sign_manifest(replace(read_manifest(older.text), epoch=2, version=1))
    assert await store(database, older, SCREENS[:2])
    async with database.write() as session:
        facts = {"name": "屏", "unit": "/320509/", "paired_at": CLOCK.now(), "paired_by": SCREENS[0], "change": 1}
        session.add(Screen(id=SCREENS[0], public="s000000000", key="k" * 43, shown=7, cached=7, received=7, **facts))
    assert await store(database, newer, SCREENS[:2])
    assert not await store(database, older, SCREENS[:2])
    assert await store(database, newer, SCREENS)
    async with database.read() as session:
        row = await session.get(ScreenState, "street")
        screen = await session.get(Screen, SCREENS[0])
    assert row is not None
    assert (row.version, row.file) == (1, newer.file)
    assert screen is not None
    # What it showed of the old epoch is nothing that it shows of the new one, whatever the numbers.
    assert (screen.epoch, screen.received, screen.cached, screen.shown) == (2, 0, 0, 0)


async def test_state_when_stored_again_takes_in_a_new_receiver(database: Database, district: District) -> None:
    manifest = await signed(district, 7)
    assert await store(database, manifest, SCREENS[:1])
    assert await store(database, manifest, SCREENS[:2])
    assert await members(database) == dict.fromkeys(SCREENS[:2], "street")
    assert not await store(database, await signed(district, 7), SCREENS[:1])  # another text of the same version


async def test_screen_when_named_by_another_audience_moves_there(database: Database, district: District) -> None:
    await store(database, await signed(district, 1), SCREENS)
    await store(database, await signed(district, 2, "square"), SCREENS[:1])
    assert await members(database) == {**dict.fromkeys(SCREENS, "street"), SCREENS[0]: "square"}


async def test_versions_when_taken_by_many_at_once_are_all_different(database: Database) -> None:
    async def take() -> int:
        async with database.write() as session:
            return await next_version(session)

    assert sorted(await asyncio.gather(*(take() for _ in range(20)))) == list(range(1, 21))


async def test_reader_when_many_write_at_once_misses_nothing(database: Database, district: District) -> None:
    source = StoredStates(database, Wake(database))
    reading = True

    async def read() -> None:
        while reading:
            await source.refresh()

    async def write(place: int) -> None:
        for version in range(place * 100 + 1, place * 100 + 6):
            await store(database, await signed(district, version, f"a-{place}"), [SCREENS[place % 4]])

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(place) for place in range(6)))
    reading = False
    with contextlib.suppress(asyncio.CancelledError):
        await reader
    await source.refresh()
    async with database.read() as session:
        rows = {row.audience: row.version for row in await session.scalars(select(ScreenState))}
    assert {name: getattr(source.state_of(name), "version", 0) for name in rows} == rows
    assert {screen: source.audience_now(screen) for screen in SCREENS} == await members(database)


async def test_screen_whose_facts_cannot_be_read_is_known_without_them_and_the_others_with_theirs(
    database: Database, district: District
) -> None:
    trust = await district.trust()
    keys = [SigningKey(bytes([place]) * 32).public.text for place in range(3)]
    facts = [
        await district.sign_screen(
            ScreenFacts(trust.domain, trust.epoch, str(screen), key, "/320509/", (), 1, to_ms(CLOCK.now()))
        )
        for screen, key in zip(SCREENS, keys, strict=False)
    ]
    async with database.write() as session:
        for place, (screen, key) in enumerate(zip(SCREENS, keys, strict=False)):
            row = Screen(id=screen, public=f"s{place:09}", key=key, name="屏", unit="/320509/", change=1)
            row.paired_at, row.paired_by, row.facts_version = CLOCK.now(), SCREENS[0], 1
            row.facts = "{" if place == 1 else facts[place].wire()
            session.add(row)
        await next_change(session)
    source = StoredStates(database, Wake(database))
    await source.refresh()
    known = [source.screen(screen) for screen in SCREENS[:3]]
    assert [one and one.facts for one in known] == [facts[0], None, facts[2]]
