"""A day of the loaded demo world in virtual time: posted, reviewed by the platforms, corrected, and taken back."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import itertools
import tempfile
import tomllib
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import func, select

from cms.content.draft import draft_of
from cms.content.editing import save
from cms.content.editions import correct
from cms.content.models import Document, Edition, Revision
from cms.contract import Ask, Services, Target
from cms.kernel.db import Database
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import as_contract
from cms.publishing.accounts import resume
from cms.publishing.hints import look_now
from cms.publishing.models import Delivery, Receipt
from cms.publishing.proofs import Proof
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.services.account import Account
from cms.publishing.services.studio import StoreStudio
from cms.publishing.states import OPEN
from cms.publishing.tasks import confirm, open_tasks
from cms.publishing.workshop import Workshop
from cms.review.submit import submit
from deploy.demo import load, platforms, world as demo_world
from deploy.demo.hands import DemoParts, People, approve
from deploy.demo.ports import APP, DOUYIN, PORTS, WECHAT
from deploy.guarding import GuardedKeys
from deploy.press import press_of
from media.sandbox import Grade, Sandbox
from renderers.wxnotice.message import cut
from tests.fakes.cityapp.app import App
from tests.fakes.douyin.simulator import App as DouyinApp, Douyin
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.faults import Kind as Fault
from tests.fakes.stage.simulator import Simulator
from tests.fakes.wechat.simulator import Account as WeChatAccount, Mailbox, WeChat
from tests.faults.channels import CHANNELS
from tests.faults.post_world import StoryClock
from tests.integration.desk.house import House, open_house
from tests.integration.publishing import office
from tests.integration.publishing.wires import Wire, next_at, work

START: Final = dt.datetime(2026, 11, 26, 0, 0, tzinfo=dt.UTC)
POSTS: Final = ("cityapp", "douyin", "wechat", "wxnotice")
FIXED: Final = "更正：周末防冻提示的服务时段"
REWRITTEN: Final = "候鸟来了：东太湖的三位新客人"
HUB: Final = "http://hub.example.cn"
_OPEN: Final = [state.value for state in OPEN]
_MINUTE: Final = dt.timedelta(minutes=1)


def _quiet(what: str, done: int, total: int) -> None:
    """Nobody listens."""


@dataclasses.dataclass(slots=True)
class Day:
    """The demo world, its platforms and one clock for all of them."""

    house: House
    clock: Clock
    wechat: WeChat
    douyin: Douyin
    app: App
    people: People = dataclasses.field(default_factory=People)
    rows: dict[str, TargetRow] = dataclasses.field(default_factory=dict)
    parts: Any = None
    world: Any = None

    @classmethod
    @contextlib.asynccontextmanager
    async def dawn(cls, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["Day"]:
        """The demo as `deploy.demo.load` makes it: its district, people, columns, channels and accounts."""
        clock, known = Clock(START), _credentials()
        async with open_house(database, folder, StoryClock(clock)) as house:
            mailbox = Mailbox(f"{HUB}/hooks/wechat/wechat/", known.wechat_token, known.wechat_aes_key)
            account = WeChatAccount(known.wechat_appid, known.wechat_secret)
            base = f"http://127.0.0.1:{PORTS[WECHAT]}"
            wechat = WeChat(clock, account=account, mailbox=mailbox, base=base)
            app = DouyinApp(known.douyin_client_key, known.douyin_client_secret)
            app.scopes -= {"h5.share"}
            hook = f"{HUB}/hooks/douyin/douyin/"
            douyin, city = Douyin(clock, app=app, callback=hook), App(clock, secret=known.app_secret)
            day = cls(house, clock, wechat, douyin, city)
            day.douyin.oauth.adopt()
            await day._load(known, folder, monkeypatch)
            yield day

    @property
    def database(self) -> Database:
        return self.house.deps.db

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    @property
    def simulators(self) -> Mapping[str, Simulator]:
        return {APP: self.app, DOUYIN: self.douyin, WECHAT: self.wechat}

    async def _load(self, known: platforms.Credentials, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        deps, keys = self.house.deps, GuardedKeys(self.house.guard)
        assert deps.site is not None
        monkeypatch.setattr(load, "Passwords", lambda: deps.passwords)
        # Small films: nobody looks at them.
        tiny = {"width": 72, "card_seconds": 0.2}
        real = platforms.settings_of
        monkeypatch.setattr(
            platforms, "settings_of", lambda row, given: real(row, given) | (tiny if row["kind"] == DOUYIN else {})
        )
        press = press_of(deps.channels, deps.site, domain="wujiang.example", epoch=await keys.epoch())
        clock, keeper = StoryClock(self.clock), folder / "keeper.json"
        self.parts = DemoParts(
            self.database, clock, keys, deps.workshop, press, deps.channels, keeper, self.services, known
        )
        self.world = await asyncio.to_thread(demo_world)
        secret = await deps.first_run_secret()
        _, self.people = await load.furnish(self.parts, self.world, secret=secret, say=_quiet)
        async with self.database.read() as session:
            query = select(TargetRow).where(TargetRow.code.in_(POSTS))
            self.rows = {row.code: row for row in (await session.scalars(query)).all()}

    def services(self, target: Target) -> Services:
        """What a channel is given, dialled to the simulators."""
        deps, clock = self.house.deps, StoryClock(self.clock)
        store, site = deps.workshop.store, deps.site
        assert site is not None
        plain = office.services_of(self.database, clock, store, target)
        wire = Wire({PORTS[name]: simulator for name, simulator in self.simulators.items()})
        folder = Path(tempfile.gettempdir())
        studio = StoreStudio(Account(target.code, self.database, clock), store, Sandbox(Grade.limits_only), folder)
        return dataclasses.replace(plain, site=site, outbound=wire, studio=studio, now=clock.now)

    @property
    def shop(self) -> Workshop:
        plain = office.shop_of(
            self.database,
            StoryClock(self.clock),
            self.house.deps.workshop.store,
            guard=self.house.deps.guard,
            channels=CHANNELS,
        )
        return dataclasses.replace(plain, services=self.services)

    # the newsroom

    async def load_piece(self, row: Mapping[str, Any]) -> str:
        """A piece of the demo, written, reviewed, signed and published as the demo does it; its title."""
        self.clock.advance(_MINUTE)
        await load.publish_piece(self.parts, self.people, row, self.world, at=self.now)
        return str(row["title"])

    async def edition(self, title: str) -> Edition:
        """The newest edition that bore this title."""
        async with self.database.read() as session:
            query = select(Edition).join(Revision, Edition.revision_id == Revision.id).where(Revision.title == title)
            return (await session.scalars(query.order_by(Edition.number.desc()).limit(1))).one()

    async def corrected(self, title: str, new: str, targets: list[str]) -> None:
        """The next edition under a new title, out at once where a person orders it."""
        author, old = self.people.with_role(Role.EDITOR), await self.edition(title)
        async with self.database.write() as session:
            made = await correct(session, author, old.document_id, now=self.now)
            revision = await session.get_one(Revision, made.revision_id)
            draft = dataclasses.replace(draft_of(revision), title=new)
            await save(session, author, made.id, draft, base=made.revision_id, now=self.now)
        async with self.database.write() as session:
            await submit(session, author, made.id, press=self.parts.press, now=self.now)
        for role in (Role.REVIEWER, Role.CHIEF):
            await approve(self.parts, self.people, self.people.with_role(role), made.id)
        async with self.database.write() as session:
            publisher = self.people.with_role(Role.PUBLISHER)
            await publish_now(session, publisher, made.id, targets=targets, now=self.now)

    async def take_back(self, title: str) -> None:
        document, publisher = (await self.edition(title)).document_id, self.people.with_role(Role.CHIEF)
        guard = self.house.deps.guard
        await recall(self.database, guard, publisher, document, reason="时段有误", now=self.now)

    async def do_tasks(self, act: Mapping[str, Any]) -> list[str]:
        """A person does at the platforms what waits for one, says so, and shows a picture where one is asked for."""
        person = self.people.with_role(Role.OPERATOR)
        async with self.database.read() as session:
            tasks = await open_tasks(session, person, now=self.now)
        for task in tasks:
            url = act[task.line.target](task) if task.line.target in act else ""
            async with self.database.write() as session:
                proof = Proof("f" * 64, "image/webp")
                await confirm(session, person, task.line.delivery, url=url, proof=proof, now=self.now)
        return sorted(task.line.target for task in tasks)

    # time

    async def until(self, hour: float) -> None:
        """Everything that falls due at the accounts before then, in its order."""
        end = START + dt.timedelta(hours=hour)
        while True:
            await self._work()
            due = await self._next()
            if due is None or due >= end:
                break
            self.clock.advance(max(due - self.now, dt.timedelta(seconds=1)))
        self.clock.advance(max(end - self.now, dt.timedelta(0)))
        await self._work()

    async def _work(self) -> None:
        for code, simulator in self.simulators.items():
            simulator.settle()
            await self._ring(code, simulator)
        await work(self.shop, _ids(self))

    async def _ring(self, code: str, simulator: Simulator) -> None:
        """What a platform says by itself, as the web role hands it in."""
        callback = CHANNELS[code].callback if code in CHANNELS else None
        if callback is None:
            return
        target = as_contract(self.rows[code])

        async def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            query = dict(parse_qsl(urlsplit(url).query))
            named = {name.lower(): value for name, value in headers.items()}
            reply = await callback(Ask(method, "/", query, named, body, self.now), target, self.services(target))
            if reply.hint:
                async with self.database.write() as session:
                    await look_now(session, code, now=self.now)
            return reply.status, b"".join(part for part in reply.parts if isinstance(part, bytes))

        await simulator.outbox.deliver(self.now, send)

    async def _next(self) -> dt.datetime | None:
        found = [await next_at(self.shop, _ids(self))]
        found += [simulator.agenda.next_at() for simulator in self.simulators.values()]
        return min((one for one in found if one is not None), default=None)

    # what followers see

    def seen(self, title: str) -> tuple[int, int, int, int]:
        """In the App, at Douyin, as an article, and as a notice to the reader who got most."""
        told = [one["touser"] for one in self.wechat.templates if one["data"]["thing1"]["value"] == cut(title)]
        notices = max((len(list(same)) for _, same in itertools.groupby(sorted(told))), default=0)
        return self.app.visible(title), self.douyin.visible(title), self.wechat.visible(title), notices


def _credentials() -> platforms.Credentials:
    names = platforms.Credentials.__dataclass_fields__
    return platforms.Credentials(**{name: f"demo-{name}" for name in names} | {"wechat_aes_key": "b" * 42 + "A"})


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """The pieces that the demo posts but for the lecture, whose film another test makes."""
    found: list[dict[str, Any]] = tomllib.loads((load.HERE / "pieces.toml").read_text("utf-8"))["pieces"]
    return [row for row in found if row.get("also") and row.get("kind") != "lecture"]


@pytest.mark.timeout(240)
async def test_day_of_the_loaded_demo_ends_with_each_piece_where_it_belongs(
    sqlite: Database, tmp_path: Path, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Day.dawn(sqlite, tmp_path, monkeypatch) as day:
        assert set(day.rows) == set(POSTS)
        day.wechat.publishing.plan.delay, day.douyin.posts.review.delay = 20.0, 60.0
        # Morning: what the demo posts goes out. The answer to the first submit is lost, the third piece is refused.
        day.wechat.faults.plan("/cgi-bin/freepublish/submit", Fault.CUT_AFTER)
        day.wechat.publishing.plan.results = [0, 0, 4]
        titles = []
        for row in rows[:3]:
            titles.append(await day.load_piece(row))
            await day.until((day.now - START) / dt.timedelta(hours=1) + 0.05)
        await day.until(3)
        titles.append(await day.load_piece(rows[3]))
        await day.until(5)
        assert [day.seen(title) for title in titles] == [(1, 0, 1, 0), (1, 0, 1, 0), (1, 0, 0, 0), (1, 1, 1, 1)]
        # Noon: what was refused is written anew and goes out; the notice is corrected, on Douyin by hand.
        await day.corrected(titles[2], REWRITTEN, ["cityapp", "wechat"])
        await day.corrected(titles[3], FIXED, list(POSTS))
        await day.until(7)

        def repost(task: Any) -> str:
            old = next(one for one in day.douyin.posts.newest() if one.item_id in task.line.places)
            day.douyin.posts.delete(old.item_id)
            made = day.douyin.posts.create_elsewhere(task.title, "", pictures=False)
            day.douyin.posts.settle_review(made, passed=True)
            return str(made.share_url)

        assert await day.do_tasks({"douyin": repost}) == ["douyin", "wxnotice"]
        assert day.seen(FIXED) == (1, 1, 1, 0)
        # Afternoon: the secret is frozen; what falls due waits, with one alarm, and goes on afterwards.
        day.wechat.tokens.kill()
        day.wechat.account.frozen = True
        late = await day.load_piece({**_plain(), "also": ["wechat", "cityapp"]})
        await day.until(9)
        async with sqlite.read() as session:
            paused = await session.get_one(TargetRow, day.rows["wechat"].id)
        assert paused.paused_code == "wechat.setup.secret_frozen"
        assert day.seen(late) == (1, 0, 0, 0)
        day.wechat.account.frozen = False
        async with sqlite.write() as session:
            await resume(session, day.people.with_role(Role.OPERATOR), "wechat", now=day.now)
        await day.until(11)
        # Evening: the notice is taken back everywhere.
        await day.take_back(FIXED)
        await day.until(12)

        def take_down(_: Any) -> str:
            for one in day.douyin.posts.newest():
                day.douyin.posts.delete(one.item_id)
            return ""

        assert await day.do_tasks({"douyin": take_down}) == ["douyin", "wxnotice"]
        await day.until(24)

        for title in (titles[0], titles[1], REWRITTEN, late):
            assert day.seen(title) == (1, 0, 1, 0)
        assert [day.seen(title)[:3] for title in (titles[2], titles[3], FIXED)] == [(0, 0, 0)] * 3
        assert day.wechat.journal.counters["publications"] == 6
        assert day.wechat.drafts.box == {}
        await _settled(day)


def _plain() -> dict[str, Any]:
    found: list[dict[str, Any]] = tomllib.loads((load.HERE / "pieces.toml").read_text("utf-8"))["pieces"]
    return next(row for row in found if not row.get("also") and row.get("kind") is None)


async def _settled(day: Day) -> None:
    """Nothing is open, one post failed and says why, everything else has its receipt."""
    mine = Delivery.target_id.in_([row.id for row in day.rows.values()])
    async with day.database.read() as session:
        states = (await session.scalars(select(Delivery.state).where(mine))).all()
        proofs = await session.scalar(select(func.count()).select_from(Receipt).where(Receipt.target_id.in_(_ids(day))))
        documents = await session.scalar(select(func.count()).select_from(Document))
    assert not set(states) & set(_OPEN)
    assert set(states) <= {"live", "gone", "failed", "cancelled"}
    assert states.count("failed") == 1
    assert (proofs or 0) >= len(states) - 1
    assert documents == 5


def _ids(day: Day) -> list[uuid.UUID]:
    return [row.id for row in day.rows.values()]
