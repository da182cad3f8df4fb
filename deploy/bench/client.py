"""The desk as it is served, with people who are signed in, and a client that takes the time of what it asks for."""

import asyncio
import contextlib
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import ClientSession, CookieJar, web
from sqlalchemy import select
from yarl import URL

from cms.content.models import Document, Edition
from cms.content.states import EditionState
from cms.contract import Site
from cms.desk.app import PREFIX, build_desk
from cms.desk.deps import DeskDeps, Keys
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.messages import Catalogue
from cms.people.passwords import Passwords
from cms.people.sessions import csrf_token, open_session
from cms.publishing.registry import load_channels
from deploy.press import press_of
from screens.pages import sections

_DRAFTS = 50
_REVISION = re.compile(r'name="revision" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds by the clock, and of this process' processor: on a busy machine only the second says something."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Time":
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: "Time") -> "Time":
        return Time(self.wall - other.wall, self.cpu - other.cpu)


@dataclass
class Client:
    """A browser of one person; `csrf` goes with every form."""

    session: ClientSession
    csrf: str


@dataclass
class Desk:
    """A served desk, its clients from the widest reach to the narrowest, and drafts that may be written on."""

    db: Database
    clients: Sequence[Client]
    drafts: Sequence[str]

    async def timed(self, client: Client, path: str) -> Time:
        """From asking to the last byte. Raises ClientResponseError for anything but a page."""
        began = Time.now()
        async with client.session.get(path, raise_for_status=True) as answer:
            await answer.read()
        return Time.now() - began

    async def save(self, client: Client, public: str, title: str) -> Time:
        """The time of saving a piece as a revision with another title."""
        url = f"/desk/documents/{public}/edit"
        async with client.session.get(url, raise_for_status=True) as answer:
            revision = _REVISION.search(await answer.text())
        if revision is None:
            raise LookupError(url)
        text = [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": title * 60}]}]
        body = json.dumps({"schema": 1, "blocks": text}, ensure_ascii=False)
        fields = {"csrf": client.csrf, "revision": revision[1], "version": "0", "title": title, "column": "news"}
        fields |= {"source": "吴江区融媒体中心", "reporter": "沈静怡", "editor": "陆明", "sponsor": "区委宣传部"}
        fields |= {"date": "2026-11-24T09:00", "offline": "7", "channel": "web", "body": body}
        began = Time.now()
        async with client.session.post(url, data=fields, allow_redirects=False) as answer:
            await answer.read()
            if answer.status != 303:
                raise LookupError(f"{answer.status} at {url}")
        return Time.now() - began


class _NoKeys:
    """No page that is measured signs anything."""

    async def epoch(self) -> int:
        return 1


@contextlib.asynccontextmanager
async def opened(url: str, people: Sequence[uuid.UUID]) -> AsyncIterator[Desk]:
    """Serves the desk over a filled database until the block ends."""
    db, clock = Database(url), SystemClock()
    deps = await asyncio.to_thread(_deps, db, clock)
    app = web.Application()
    app.add_subapp(PREFIX, await asyncio.to_thread(build_desk, deps, sections()))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(db.close)
        stack.push_async_callback(runner.cleanup)
        clients = [await stack.enter_async_context(_signed_in(db, clock, port, person)) for person in people]
        yield Desk(db, clients, await _drafts(db))


@contextlib.asynccontextmanager
async def _signed_in(db: Database, clock: SystemClock, port: int, person: uuid.UUID) -> AsyncIterator[Client]:
    async with db.write() as session:
        token, _ = await open_session(session, person, ip="127.0.0.1", agent="bench", now=clock.now())
    base = URL(f"http://127.0.0.1:{port}")
    jar = CookieJar(unsafe=True)
    jar.update_cookies({"yp": token}, base)
    async with ClientSession(base, cookie_jar=jar) as session:
        yield Client(session, csrf_token(token))


async def _drafts(db: Database) -> list[str]:
    query = select(Document.public_id).join(Edition, Edition.document_id == Document.id)
    query = query.where(Edition.is_current, Edition.state == EditionState.DRAFT.value).limit(_DRAFTS)
    async with db.read() as session:
        return list((await session.execute(query)).scalars())


def _deps(db: Database, clock: SystemClock) -> DeskDeps:
    """The wiring of the web role, without what no measured page touches: store, guard, vault."""
    channels = load_channels()
    site = Site("吴江发布", "区委宣传部", "http://127.0.0.1:8080", "http://127.0.0.1:8080")

    async def nothing() -> str:
        return ""

    return DeskDeps(
        db=db,
        clock=clock,
        workshop=cast("Any", None),
        keys=cast("Keys", _NoKeys()),
        guard=cast("Any", None),
        press=lambda epoch: press_of(channels, site, domain="bench.example", epoch=epoch),
        first_run_secret=nothing,
        passwords=Passwords(),
        channels=channels,
        vault=cast("Any", None),
        sealer=cast("Any", None),
        pictures=cast("Any", None),
        services=cast("Any", None),
        site=site,
        catalogue=Catalogue.load(),
        secure=False,
    )
