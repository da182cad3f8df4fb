"""An office, opened and furnished, once on SQLite and once on PostgreSQL."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.publishing.tree_reader import TreeReader
from cms.publishing.worker import Worker
from cms.publishing.workshop import Workshop
from media.store import Store
from tests.integration.publishing import office
from tests.integration.publishing.office import PaperGuard, StoreManifests


@dataclasses.dataclass
class Office:
    """What a test works with; the clock stands until it is moved."""

    database: Database
    store: Store
    clock: FixedClock
    guard: PaperGuard
    shop: Workshop
    site: TreeReader
    street: StoreManifests

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    def later(self, **by: float) -> dt.datetime:
        return self.clock.advance(dt.timedelta(**by))

    async def work(self, worker: Worker | None = None) -> int:
        """Does all that is due, and reads the tree."""
        count = await (worker or office.worker_of(self.shop)).step()
        await self.site.refresh()
        return count

    async def page(self, path: str) -> str | None:
        """The page's text, None when it is gone or never was."""
        await self.site.refresh()
        entry = self.site.get(path)
        return None if entry is None or entry.gone else (await self.store.get(entry.sha256)).decode()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


@pytest.fixture
async def place(database: Database, store: Store) -> Office:
    async with database.write() as session:
        await office.furnish(session)
    clock, guard, street = FixedClock(office.T0), PaperGuard(), StoreManifests(store)
    shop = office.shop_of(database, clock, store, guard=guard, screens=street)
    return Office(database, store, clock, guard, shop, TreeReader(store), street)
