"""The desk with everything real behind it: database, store, sandbox, a guard with keys on disk, and a worker."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select
from yarl import URL

from cms.api.app import PREFIX as API, build_api
from cms.contract import Channel, Site
from cms.desk.app import PREFIX, build_desk
from cms.desk.deps import DeskDeps
from cms.desk.middleware.sessions import session_cookie
from cms.guard.client import GuardClient
from cms.kernel.clock import Clock, to_ms
from cms.kernel.db import Database
from cms.kernel.messages import Catalogue
from cms.library.fetching import PictureSource
from cms.library.tools import Tools
from cms.library.upload import Workshop
from cms.people.accounts import add_person
from cms.people.first_run import issue_set_up_code, set_up as first_run
from cms.people.login import Origin
from cms.people.models import Unit
from cms.people.own_password import set_password
from cms.people.passwords import Passwords
from cms.people.roles import RIGHTS, Role
from cms.people.sealing import Sealer
from cms.people.sessions import actor_of, csrf_token, open_session
from cms.publishing.guarding import ClientGuard
from cms.publishing.registry import load_channels
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.vault import SealedVault
from deploy.guarding import GuardedFeeds, GuardedHands, GuardedKeys
from deploy.handing import BoxFiles
from deploy.press import press_of
from media.sandbox import Sandbox
from media.store import Store
from screens.pages import RESOURCES, sections
from tests.integration.guard.office import guard_in, settings_in
from tests.integration.publishing.office import services_of

PASSWORD = "晚霞照在运河上，船慢慢走"
CATALOGUE = Catalogue.load()
CHANNELS = load_channels()
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Browser:
    """A browser without scripts: cookies, redirects, and the page's own token on each form."""

    session: ClientSession
    base: URL
    page: str = ""
    at: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, *, status: int = 200) -> str:
        return await self._take(await self.session.get(self.base.join(URL(path)), headers=self.headers), status)

    async def post(self, path: str, fields: Mapping[str, Any] | None = None, *, status: int = 200) -> str:
        """Submits a form as the last page's browser would; follows redirects."""
        sent = [("csrf", self.token)]
        for name, value in (fields or {}).items():
            sent += [(name, one) for one in value] if isinstance(value, list) else [(name, value)]
        answer = await self.session.post(self.base.join(URL(path)), data=sent, headers=self.headers)
        return await self._take(answer, status)

    async def script(self, method: str, path: str, **more: Any) -> ClientResponse:
        """A request of the page's scripts."""
        headers = {"Accept": "application/json", "X-CSRF-Token": self.token, **more.pop("headers", {})}
        return await self.session.request(method, self.base.join(URL(path)), headers=headers, **more)

    async def _take(self, answer: ClientResponse, status: int) -> str:
        self.page, self.at = await answer.text(), answer.url.path
        assert answer.status == status, f"{answer.status} at {answer.url}: {_words(self.page)}"
        found = _CSRF.search(self.page)
        self.token = found[1] if found else self.token
        return self.page


@dataclass
class House:
    """A running installation's desk, and a way in for each browser."""

    deps: DeskDeps
    server: TestServer
    guard: GuardClient
    app: web.Application
    api: web.Application
    browsers: list[Browser] = field(default_factory=list)
    logins: dict[str, Browser] = field(default_factory=dict)
    admin: uuid.UUID = field(default_factory=uuid.uuid4)  # until the first run

    def browser(self) -> Browser:
        made = Browser(ClientSession(cookie_jar=CookieJar(unsafe=True)), self.server.make_url("/"))
        self.browsers.append(made)
        return made

    async def set_up(self) -> Browser:
        """The first run, without its pages."""
        deps, now = self.deps, self.deps.now()
        async with deps.db.write() as session:
            code = await issue_set_up_code(session, now=now)
        signed = await first_run(
            deps.db,
            code=code,
            unit_code="320509",
            unit_name="吴江区融媒体中心",
            level="centre",
            name="郑管理",
            login="admin",
            password=PASSWORD,
            origin=Origin("127.0.0.1", ""),
            passwords=deps.passwords,
            signer=deps.keys,
            now=now,
        )
        await deps.keys.delegate(deps.db, secret=await deps.first_run_secret())
        self.admin = signed.person
        return self._enter("admin", signed.token)

    async def add(self, login: str, name: str, *roles: str) -> Browser:
        """A new person of the administrator's, who set a password; the key is confirmed."""
        (browser,) = await self.add_all((login, name, *roles))
        return browser

    async def add_all(self, *people: tuple[str, ...]) -> list[Browser]:
        """Login, name and roles of each; what the pages do, without them."""
        deps, now = self.deps, self.deps.now()
        async with deps.db.write() as session:
            admin = await actor_of(session, self.admin)
            unit = (await session.scalars(select(Unit.id).where(Unit.parent_id.is_(None)))).one()
            made = [
                (await add_person(session, admin, login=login, name=name, unit=unit, roles=_roles(roles), now=now))[0]
                for login, name, *roles in people
            ]
            actors = [await actor_of(session, person.id) for person in made]
        for actor in actors:
            given = {"password": PASSWORD, "passwords": deps.passwords, "signer": deps.keys, "now": now}
            await set_password(deps.db, actor, **given)  # type: ignore[arg-type]
        if any(RIGHTS[role] for _, _, *roles in people for role in _roles(roles)):
            await deps.keys.delegate(deps.db, by=self.admin, password=PASSWORD)
        async with deps.db.write() as session:
            opened = [await open_session(session, one.id, ip="127.0.0.1", agent="", now=now) for one in made]
        return [self._enter(login, token) for (login, *_), (token, _) in zip(people, opened, strict=True)]

    def _enter(self, login: str, token: str) -> Browser:
        browser = self.browser()
        browser.session.cookie_jar.update_cookies({session_cookie(secure=False): token}, browser.base)
        browser.token = csrf_token(token)
        self.logins[login] = browser
        return browser

    async def set_up_on_pages(self) -> Browser:
        """The first run, as the person who started the product does it."""
        async with self.deps.db.write() as session:
            code = await issue_set_up_code(session, now=self.deps.now())
        admin = self.browser()
        await admin.get("/desk/first-run")
        values = {"code": code, "district": "吴江区融媒体中心", "unit_code": "320509", "person": "郑管理"}
        await admin.post("/desk/first-run", {**values, "name": "admin", "password": PASSWORD})
        assert admin.at == "/desk/"
        self.logins["admin"] = admin
        return admin

    async def add_on_pages(self, login: str, name: str, *roles: str) -> Browser:
        """A new person by the administrator's hands: added, signed in by code, password set, key confirmed."""
        admin = self.logins["admin"]
        page = await admin.get("/desk/people/")
        unit = re.search(r'data-value="([0-9a-f-]{36})"', page)
        assert unit is not None
        fields = {"name": name, "login": login, "unit": unit[1], "role": list(roles), "own_password": PASSWORD}
        page = await admin.post("/desk/people/", fields)
        code = re.search(r'once-code">([^<]+)<', page)
        assert code is not None, _words(page)
        browser = self.browser()
        await browser.get("/desk/login?by=code")
        await browser.post("/desk/login", {"code": code[1]})
        assert browser.at == "/desk/password"
        await browser.post("/desk/password", {"password": PASSWORD, "again": PASSWORD})
        assert browser.at == "/desk/"
        page = await admin.get("/desk/people/")
        if "/desk/people/keys" in page and "banner-wait" in page:
            await admin.post("/desk/people/keys", {"own_password": PASSWORD})
        self.logins[login] = browser
        return browser


def _roles(names: Sequence[str]) -> list[Role]:
    return [Role(name) for name in names]


def _words(page: str) -> str:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)[:600]


def make_deps(
    database: Database,
    store: Store,
    sandbox: Sandbox,
    guard: GuardClient,
    clock: Clock,
    folder: Path,
    *,
    channels: Mapping[str, Channel] = CHANNELS,
    tools: Tools = Tools(),  # noqa: B008 - frozen
    pictures: PictureSource | None = None,
) -> DeskDeps:
    """The wiring of a process, with passwords that cost little."""
    site = Site("吴江发布", "区委宣传部", "http://127.0.0.1:8080", "http://127.0.0.1:8080")
    first_run = folder / "guard" / "first-run"

    async def secret() -> str:
        return await asyncio.to_thread(lambda: first_run.read_text("utf-8") if first_run.exists() else "")

    return DeskDeps(
        db=database,
        clock=clock,
        workshop=Workshop(store, sandbox, folder / "work", tools=tools),
        keys=GuardedKeys(guard),
        guard=ClientGuard(guard),
        press=lambda epoch: press_of(channels, site, domain="wujiang.example", epoch=epoch),
        first_run_secret=secret,
        passwords=Passwords(memory_kib=64, passes=1),
        channels=channels,
        pictures=pictures or PictureSource(GuardedOutbound(Policy())),
        vault=lambda name: SealedVault(Account(name, database, clock), bytes(32)),
        sealer=Sealer(bytes(32)),
        archive=folder / "audit",
        services=lambda target: services_of(database, clock, store, target),
        site=site,
        catalogue=CATALOGUE,
        secure=False,
        hands=GuardedHands(guard),
        feeds=GuardedFeeds(guard),
    )


@asynccontextmanager
async def open_house(
    database: Database,
    folder: Path,
    clock: Clock,
    more: Mapping[str, Channel] | None = None,
    *,
    tools: Tools = Tools(),  # noqa: B008 - frozen
    pictures: PictureSource | None = None,
) -> AsyncIterator[House]:
    """Serves the desk until the block ends; `more` are channels beside the installed ones."""
    settings = settings_in(folder)
    store = await asyncio.to_thread(Store.open, f"file://{folder}/store", min_free_bytes=0)
    await asyncio.to_thread((folder / "work").mkdir)
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    async with guard_in(settings, lambda: to_ms(clock.now())) as guard:  # type: ignore[arg-type]
        channels = {**CHANNELS, **(more or {})}
        more_deps = {"channels": channels, "tools": tools, "pictures": pictures}
        deps = make_deps(database, store, sandbox, guard, clock, folder, **more_deps)  # type: ignore[arg-type]
        desk = await asyncio.to_thread(build_desk, deps, sections())
        root = web.Application()
        root.add_subapp(PREFIX, desk)
        api = await asyncio.to_thread(build_api, deps, RESOURCES, sections())
        root.add_subapp(API, api)
        root.add_routes(BoxFiles(deps.db, deps.clock, deps.workshop).routes())
        server = TestServer(root)
        await server.start_server()
        house = House(deps, server, guard, desk, api)
        try:
            yield house
        finally:
            for browser in house.browsers:
                await browser.session.close()
            await server.close()
