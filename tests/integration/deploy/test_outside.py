"""The worker's two errands outside, over real sockets: a feed comes in, and another system is told, signed."""

import asyncio
import hashlib
import hmac
import shutil
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import func, select

from cms.content.importing.models import FeedSource, PoolItem
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.library.upload import Workshop
from cms.publishing.services.account import Account
from cms.publishing.services.vault import SealedVault
from cms.webhooks.events import new_secret
from cms.webhooks.models import Webhook, WebhookAttempt, WebhookCall, account_of
from cms.webhooks.settings import SECRET
from deploy.feeding import poll_feeds
from deploy.hooking import tell_others
from deploy.installation import Installation
from deploy.services_maker import vault_key
from media.sandbox import Sandbox
from media.store import Store
from tests.integration.desk.test_imports import FEED
from tests.office import CENTRE, make_office


class Neighbour:
    """A site with a feed, which also listens."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def feed(self, _request: web.Request) -> web.Response:
        return web.Response(text=FEED.format(title="夜市开市"), content_type="application/rss+xml")

    async def listen(self, request: web.Request) -> web.Response:
        await self.heard.put(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=204)


@pytest.fixture
async def database(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    await asyncio.to_thread(shutil.copy, _sqlite_template, tmp_path / "y.sqlite")
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'y.sqlite'}")
    yield opened
    await opened.close()


class Bell:
    """Rings all the time, so that nothing waits for a poll."""

    count = 0

    async def after(self, count: int, *, within: float) -> int:
        await asyncio.sleep(0.02)
        return count


async def test_worker_when_it_goes_outside_brings_a_feed_and_tells_a_neighbour(
    database: Database, tmp_path: Path
) -> None:
    neighbour, app, clock = Neighbour(), web.Application(), SystemClock()
    app.router.add_get("/rss", neighbour.feed)
    app.router.add_post("/in", neighbour.listen)
    server = TestServer(app)
    await server.start_server()
    office, now = await make_office(database), clock.now()
    (tmp_path / "work").mkdir()
    settings = SimpleNamespace(data=tmp_path, exceptions=frozenset({("127.0.0.1", server.port)}))
    here = cast("Installation", SimpleNamespace(db=database, clock=clock, settings=settings, wake=Bell(), metrics=None))
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    room = Workshop(store, await Sandbox.detect(allow_unsandboxed=False), tmp_path / "work")
    by, secret = office.people["chief"], new_secret()
    common = {"unit_path": CENTRE, "created_by": by, "created_at": now}
    feed = {"name": "苏州发布", "licence": "白名单", "every_minutes": 60, "not_before": now}
    async with database.write() as session:
        session.add(FeedSource(id=uuid7(now), url=str(server.make_url("/rss")), **feed, **common))
        hook = Webhook(id=uuid7(now), name="市平台", url=str(server.make_url("/in")), events=["pieces"], **common)
        session.add(hook)
        await session.flush()
        call = {"event": "webhook.test", "body": "{}", "created_at": now, "not_before": now}
        session.add(WebhookCall(id=uuid7(now), hook_id=hook.id, **call))
    key = await asyncio.to_thread(vault_key, tmp_path / "keys" / "vault.key")
    await SealedVault(Account(account_of(hook.id), database, clock), key).put(SECRET, secret)

    errands = [asyncio.create_task(poll_feeds(here, room, "w")), asyncio.create_task(tell_others(here, "w"))]
    headers, body = await asyncio.wait_for(neighbour.heard.get(), 30)
    async with asyncio.timeout(30):
        while not (await _count(database, PoolItem) and await _count(database, WebhookAttempt)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    for errand in errands:
        errand.cancel()
    await asyncio.gather(*errands, return_exceptions=True)
    await server.close()

    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(b64decode(secret.removeprefix("whsec_")), said, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{b64encode(mac).decode()}"
    async with database.read() as session:
        item = (await session.scalars(select(PoolItem))).one()
        sent = (await session.scalars(select(WebhookCall))).one()
    assert (item.title, item.origin, sent.state) == ("夜市开市", "苏州发布", "sent")


async def _count(database: Database, table: type[PoolItem | WebhookAttempt]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0
