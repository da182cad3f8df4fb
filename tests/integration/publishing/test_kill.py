"""kill -9 of the worker again and again: nothing acknowledged is lost, and the site is what it would have been."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import os
import random
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cms import contract
from cms.content.models import Document, Edition
from cms.contract import Delta, Target
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.planning.schedule import schedule
from cms.publishing.deliveries import waiting
from cms.publishing.models import Delivery, Receipt, Showing
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.refresh import request_refresh
from cms.publishing.tree_reader import TreeReader
from media.store import Store
from renderers.web.render import WebDisplay
from tests.integration.publishing import office
from tests.integration.publishing.forks import Launcher
from tests.integration.publishing.office import PaperGuard, StoreManifests

HITS = 3
"""So many of the kills must have met a delivery half done; a slow machine may need more kills for that."""
PIECES = 8
CLOCK = SystemClock()


class Killer:
    """Starts a worker, kills it in the middle of something, starts the next."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self.kills = 0
        self.asked = 10

    async def run(self, database: Database) -> None:
        """So many lives or more, until enough of them ended within a delivery; and a last one that may live on."""
        while self.kills < self.asked or (self.kills < 4 * self.asked and await hits(database) < HITS):
            child = await self._launcher.start(f"w{self.kills}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.6):
                    await self._at_work(database, f"w{self.kills}")
            await asyncio.sleep(random.uniform(0, 0.12))
            os.kill(child, signal.SIGKILL)
            self.kills += 1
        await self._launcher.start(f"w{self.kills}")

    async def _at_work(self, database: Database, owner: str) -> None:
        while True:
            async with database.read() as session:
                if await session.scalar(select(Delivery.id).where(Delivery.lease_owner == owner).limit(1)) is not None:
                    return
            await asyncio.sleep(0.01)


@pytest.fixture
async def killer(database_url: str, tmp_path: Path) -> AsyncIterator[Killer]:
    launcher = await Launcher.of("tests.integration.publishing.worker_process", database_url, str(tmp_path / "store"))
    yield Killer(launcher)
    await launcher.close()


async def hits(database: Database) -> int:
    """How many deliveries had to be begun again."""
    async with database.read() as session:
        attempts = (await session.scalars(select(Delivery.attempt).where(Delivery.state != "cancelled"))).all()
    return sum(max(0, attempt - 1) for attempt in attempts)


async def prepare(database: Database) -> list[uuid.UUID]:
    now = CLOCK.now()
    async with database.write() as session:
        await office.furnish(session, now=now)
    return [await office.approved(database, now, f"题目{number}") for number in range(PIECES)]


async def happen(database: Database, editions: list[uuid.UUID], guard: PaperGuard) -> dict[str, str | None]:
    """What people do meanwhile; gives the title each document must show in the end, None when recalled."""
    expected: dict[str, str | None] = {}
    for number, edition in enumerate(editions):
        document = (await office.document_of(database, edition)).public_id
        now = CLOCK.now()
        async with database.write() as session:
            if number % 3 == 2:
                at = now + dt.timedelta(seconds=1)
                await schedule(session, office.SUN, edition, at=at, targets=["site", "street"], now=now)
            else:
                await publish_now(session, office.SUN, edition, targets=["site", "street"], now=now)
        expected[document] = f"题目{number}"
        await asyncio.sleep(random.uniform(0.1, 0.6))
    for number, edition in enumerate(editions[:4]):
        document = (await office.document_of(database, edition)).public_id
        if number % 2:
            key = await id_of(database, document)
            await recall(database, guard, office.SUN, key, reason="误", now=CLOCK.now())
            expected[document] = None
        elif number != 2:
            new = await office.corrected(database, edition, f"更正{number}", CLOCK.now())
            async with database.write() as session:
                await publish_now(session, office.SUN, new, targets=["site", "street"], now=CLOCK.now())
            expected[document] = f"更正{number}"
        await asyncio.sleep(random.uniform(0.1, 0.4))
    return expected


async def id_of(database: Database, public: str) -> uuid.UUID:
    async with database.read() as session:
        return (await session.scalars(select(Document.id).where(Document.public_id == public))).one()


async def quiet(database: Database) -> None:
    """Until everything that was ordered is settled."""
    async with asyncio.timeout(60):
        while True:
            async with database.read() as session:
                scheduled = select(Edition.id).where(Edition.state == "scheduled")
                if not await waiting(session) and not (await session.scalars(scheduled)).all():
                    return
            await asyncio.sleep(0.1)


async def rendered(database: Database, store: Store) -> dict[str, str]:
    """The whole site as one render without any trouble makes it: hashes by path."""
    site = Target("site", "web", "门户网站")
    services = office.services_of(database, CLOCK, store, site)
    files = await WebDisplay().render(Delta(site, full=True), services, CLOCK.now())
    assert isinstance(files, contract.Files)
    return {file.path: hashlib.sha256(file.data).hexdigest() for file in files.write}


@pytest.mark.parametrize("kills", [10, pytest.param(40, marks=pytest.mark.faults)])
async def test_a_worker_killed_again_and_again_loses_nothing_and_renders_the_same_bytes(
    database: Database, store: Store, killer: Killer, kills: int
) -> None:
    killer.asked = kills
    editions, guard = await prepare(database), PaperGuard()
    killing = asyncio.create_task(killer.run(database))
    expected = await happen(database, editions, guard)
    while not killing.done():
        async with database.write() as session:
            await request_refresh(session, kind=random.choice(["web", "screen"]), reason="test", now=CLOCK.now())
        await asyncio.sleep(0.1)
    await killing
    await quiet(database)
    assert killer.kills >= kills
    async with database.read() as session:
        rows = (await session.scalars(select(Delivery))).all()
        receipts = (await session.scalars(select(Receipt))).all()
        shown = (await session.scalars(select(Showing.release).where(Showing.removed_at.is_(None)))).all()
    assert await hits(database) >= HITS, "too few kills met a delivery half done"
    assert {row.state for row in rows} <= {"live", "gone", "cancelled"}
    assert {r.delivery_id for r in receipts} == {row.id for row in rows if row.state != "cancelled"}
    assert len(receipts) == len({r.delivery_id for r in receipts})
    reader = TreeReader(store)
    await reader.refresh()
    pages = {path: entry for path, entry in reader.tree.entries.items() if not path.startswith("/a/")}
    home = (await store.get(pages["/"].sha256)).decode()
    for document, title in expected.items():
        entry = pages.get(f"/d/{document}/")
        # A piece that was recalled before it was ever rendered has no page at all.
        assert (entry is None or entry.gone) == (title is None)
        if title is not None and entry is not None:
            assert title in (await store.get(entry.sha256)).decode()
            assert title in home
    assert {p: e.sha256 for p, e in pages.items() if not e.gone} == await rendered(database, store)
    assert await StoreManifests(store).shown() == set(shown)
