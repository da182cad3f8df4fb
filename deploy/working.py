"""The worker role: everything it works with, put together once."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cms import contract
from cms.kernel.db import Database
from cms.kernel.metrics import Metrics
from cms.library.queries import encodes_waiting
from cms.library.upload import Workshop as PictureRoom
from cms.publishing.guarding import ClientGuard
from cms.publishing.line_ups import RowLineUps
from cms.publishing.models import Delivery
from cms.publishing.registry import load_channels
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.lease import RowLease
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.search import RowSearch
from cms.publishing.services.state import RowState
from cms.publishing.services.studio import StoreStudio
from cms.publishing.services.vault import SealedVault
from cms.publishing.states import OPEN
from cms.publishing.tree_writer import TreeWriter
from cms.publishing.worker import Worker, WorkerSettings
from cms.publishing.workshop import Workshop
from deploy.dropping import watch_drops
from deploy.encoding import encode_videos
from deploy.installation import Installation, open_workshop, opened
from deploy.manifests import ManifestWriter
from deploy.settings import Settings
from screens.tables import Screen

_KEY_BYTES: Final = 32
_COUNT_EVERY: Final = 5.0


async def run_worker(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Works until `stop` is set; what it was doing is done again by the next worker."""
    channels = load_channels()
    async with opened(settings, channels, metrics) as here:
        room = await open_workshop(here)
        shop = await asyncio.to_thread(make_workshop, here, room)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        worker = Worker(shop, WorkerSettings(owner=owner), here.wake)
        await worker.plan()
        working = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        counting = asyncio.create_task(_count_waiting(here))
        # A loop of its own: an encode of an hour must not take a turn of the deliveries.
        encoding = asyncio.create_task(encode_videos(here, room, owner))
        dropping = asyncio.create_task(watch_drops(here, room))
        await asyncio.wait({working, encoding, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (tasks := (working, encoding, dropping, stopping, counting)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _count_waiting(here: Installation) -> None:
    """Keeps the gauges of what is due and not finished, as an operator's alarms want them."""
    states = [state.value for state in sorted(OPEN)]
    while True:
        # A database that is away is the worker's own complaint; here the last number stands.
        with contextlib.suppress(SQLAlchemyError):
            async with here.db.read() as session:
                due = Delivery.state.in_(states) & (Delivery.not_before <= here.clock.now())
                count = await session.scalar(select(func.count()).select_from(Delivery).where(due))
                videos = await encodes_waiting(session)
            here.metrics.gauge("yunping_deliveries_waiting", count or 0)
            here.metrics.gauge("yunping_encodes_waiting", videos)
        await asyncio.sleep(_COUNT_EVERY)


def make_workshop(here: Installation, room: PictureRoom) -> Workshop:
    """Blocking: reads or makes the key of the vault."""
    tree = TreeWriter(here.store)
    return Workshop(
        database=here.db,
        clock=here.clock,
        store=here.store,
        channels=here.channels,
        services=ServicesMaker(here, room, vault_key(here.settings.data.resolve() / "keys" / "vault.key")),
        tree=tree,
        screens=ManifestWriter(here.db, here.store, tree, here.guard),
        guard=ClientGuard(here.guard),
        metrics=here.metrics,
    )


class ServicesMaker:
    """Makes what a renderer is given for a target: one account a target, one line-up for all."""

    def __init__(self, here: Installation, room: PictureRoom, key: bytes) -> None:
        self._here = here
        self._room = room
        self._key = key
        self._line_ups = RowLineUps(here.db, here.clock, receivers_of(here.db))
        self._search = RowSearch(here.db, here.clock)
        self._assets = StoreAssets(here.store, here.tombstones.asset_gone)
        self._outbound = GuardedOutbound(Policy())

    def __call__(self, target: contract.Target) -> contract.Services:
        account = Account(target.code, self._here.db, self._here.clock)
        return contract.Services(
            site=self._here.site,
            line_ups=self._line_ups,
            assets=self._assets,
            search=self._search,
            vault=SealedVault(account, self._key),
            state=RowState(account),
            lease=RowLease(account),
            budget=RowBudget(account),
            journal=RowJournal(account),
            outbound=self._outbound,
            studio=StoreStudio(account, self._here.store, self._room.sandbox, self._room.work),
        )


def receivers_of(db: Database) -> Callable[[str], Awaitable[Sequence[contract.Receiver]]]:
    """The devices of a channel kind: paired screens that were not revoked."""

    async def receivers(kind: str) -> Sequence[contract.Receiver]:
        if kind != "screen":
            return ()
        async with db.read() as session:
            query = select(Screen.id, Screen.unit, Screen.tags).where(Screen.revoked_at.is_(None)).order_by(Screen.id)
            rows = (await session.execute(query)).all()
        return [contract.Receiver(str(row.id), row.unit, frozenset(row.tags)) for row in rows]

    return receivers


def vault_key(path: Path) -> bytes:
    """The key that seals account secrets: 32 random bytes in a file that only the owner reads (blocking)."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(_KEY_BYTES))
        # link, not rename: of two processes that start together one makes the key and both read it.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink(missing_ok=True)
    return path.read_bytes()
