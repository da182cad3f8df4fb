"""A day of the demo world's newsroom in virtual time: posted, reviewed by the platforms, corrected, and taken back."""

import dataclasses
import datetime as dt
import tomllib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from cms.content.draft import BylineDraft
from cms.content.editing import create, save
from cms.content.editions import correct
from cms.content.kinds import Kind
from cms.content.models import Edition
from cms.contract import Channel, Target
from cms.kernel.db import Database
from cms.planning.models import Occurrence, Target as TargetRow
from cms.planning.occurrences import OPEN as PROMISED
from cms.planning.schedule import schedule
from cms.planning.targets import add_target
from cms.publishing.accounts import resume
from cms.publishing.models import Delivery, Receipt
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.services.account import Account
from cms.publishing.states import OPEN
from cms.publishing.tasks import confirm, open_tasks
from cms.review.release import Press
from cms.review.submit import submit
from deploy.demo.text import blocks_of
from media.store import Store
from renderers import wxnotice
from renderers.wxnotice.message import cut
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.faults import Kind as Fault
from tests.faults.mortal import Fate, MortalWire
from tests.faults.post_world import CHANNELS, LU, CityAppFake, DouyinFake, Fake, Room, StoryClock, WeChatFake
from tests.integration.publishing import office
from tests.integration.publishing.office import QIAN, SITE, SUN, T0, ZHAO, world

PIECES: Final = Path(__file__).parents[3] / "deploy" / "demo" / "pieces.toml"
KINDS: Final[Mapping[str, Channel]] = {**CHANNELS, "wxnotice": wxnotice.channel()}
EVERYWHERE: Final = ("app", "douyin", "notice", "wechat")
FIXED: Final = "更正：织造车间开放日的预约方式"
REWRITTEN: Final = "夜读时间：书场里的小小说书人"
READERS: Final = ("oReader1", "oReader2")
MINUTE: Final = dt.timedelta(minutes=1)
_OPEN: Final = [state.value for state in OPEN]


@dataclasses.dataclass(slots=True)
class Day:
    """One clock for the newsroom and its platforms; the accounts by the code of their target."""

    room: Room
    clock: Clock
    fakes: Mapping[str, Fake]
    rows: dict[str, TargetRow] = dataclasses.field(default_factory=dict)

    @classmethod
    async def dawn(cls, database: Database, store: Store) -> "Day":
        clock = Clock(T0)
        fakes: dict[str, Fake] = {"app": CityAppFake("app", 1), "douyin": DouyinFake("douyin", 2)}
        fakes |= {"notice": WeChatFake("notice", 3), "wechat": WeChatFake("wechat", 4)}
        for fake in fakes.values():
            fake.simulator.clock = clock
        day = cls(await Room.opened(database, store), clock, fakes)
        day._one_time()
        for code in sorted(fakes):
            day.rows[code] = await day._account(code)
        return day

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    @property
    def wechat(self) -> Any:
        return self.fakes["wechat"].simulator

    @property
    def douyin(self) -> Any:
        return self.fakes["douyin"].simulator

    def _one_time(self) -> None:
        """Parts of a simulator keep the clock they were made with."""
        for fake in self.fakes.values():
            for part in vars(fake.simulator).values():
                if hasattr(part, "clock"):
                    part.clock = self.clock

    async def _account(self, code: str) -> TargetRow:
        fake, kind = self.fakes[code], "wxnotice" if code == "notice" else self.fakes[code].kind
        settings = await fake.furnish(Account(code, self.room.database, StoryClock(self.clock)))
        if kind == "wxnotice":
            settings = {"appid": settings["appid"], "template_id": "tpl-1", "readers": list(READERS)}
        async with self.room.database.write() as session:
            return await add_target(
                session, None, code=code, kind=kind, name=code, unit=world.DISTRICT, settings=settings, now=T0
            )

    # the newsroom

    async def signed(self, row: Mapping[str, Any]) -> uuid.UUID:
        """A piece of the demo world, written, passed and signed."""
        draft = self.draft(row)
        unit = uuid.UUID(world.uuid_of("unit"))
        async with self.room.database.write() as session:
            made = await create(session, ZHAO, kind=Kind.NEWS, unit=unit, draft=draft, now=self.now)
        await self.approved(made.id)
        return made.id

    def draft(self, row: Mapping[str, Any], title: str = "") -> Any:
        plain = office.draft(title or row["title"], T0)
        byline = BylineDraft("吴江发布", row["reporter"], row["editor"], "区委宣传部", T0)
        body = {"schema": 1, "blocks": blocks_of(row["body"], picture=None)}
        channels = tuple(sorted(KINDS))
        return dataclasses.replace(plain, summary=row["summary"], byline=byline, body=body, channels=channels)

    async def approved(self, edition: uuid.UUID) -> None:
        press = Press(world.DOMAIN, 1, dict.fromkeys(KINDS, ()), _form)
        async with self.room.database.write() as session:
            await submit(session, ZHAO, edition, press=press, now=self.now)
        for person in (QIAN, SUN):
            await office.signed_by(self.room.database, person, edition, self.now)

    async def corrected(self, edition: uuid.UUID, row: Mapping[str, Any], title: str) -> uuid.UUID:
        """The next edition, out at once."""
        document = await self.document(edition)
        async with self.room.database.write() as session:
            made = await correct(session, ZHAO, document, now=self.now)
            await save(session, ZHAO, made.id, self.draft(row, title), base=made.revision_id, now=self.now)
        await self.approved(made.id)
        async with self.room.database.write() as session:
            await publish_now(session, SUN, made.id, targets=["app", "wechat"], now=self.now)
        return made.id

    async def document(self, edition: uuid.UUID) -> uuid.UUID:
        async with self.room.database.read() as session:
            return (await session.get_one(Edition, edition)).document_id

    async def take_back(self, edition: uuid.UUID) -> None:
        document = await self.document(edition)
        await recall(self.room.database, self.room.guard, SUN, document, reason="地名有误", now=self.now)

    async def do_tasks(self, act: Mapping[str, Any]) -> int:
        """A person does at the platforms what waits for one, and says so; how many."""
        async with self.room.database.read() as session:
            tasks = await open_tasks(session, SUN, now=self.now)
        for task in tasks:
            url = act[task.line.target](task) if task.line.target in act else ""
            async with self.room.database.write() as session:
                await confirm(session, SUN, task.line.delivery, url=url, now=self.now)
        return len(tasks)

    # time

    async def until(self, hour: float) -> None:
        """Everything that falls due before then, in its order."""
        end = T0 + dt.timedelta(hours=hour)
        while True:
            await self._work()
            due = await self._next()
            if due is None or due >= end:
                break
            self.clock.advance(max(due - self.now, dt.timedelta(seconds=1)))
        self.clock.advance(max(end - self.now, dt.timedelta(0)))
        await self._work()

    async def _work(self) -> None:
        for code, fake in self.fakes.items():
            fake.simulator.settle()
            if fake.simulator.outbox.waiting and KINDS[self.rows[code].kind].callback is not None:
                await self.room.ring(fake, self.rows[code], self.shop)
        await office.worker_of(self.shop).step()

    @property
    def shop(self) -> Any:
        """The worker's room: each account dialled to its platform."""
        plain = self.room.shop(self.fakes["app"], Fate(), _lost)
        wires = {code: MortalWire(fake.simulator, Fate(), dict, _lost) for code, fake in self.fakes.items()}

        def services(target: Target) -> office.contract.Services:
            return dataclasses.replace(plain.services(target), outbound=wires[target.code])

        return dataclasses.replace(plain, services=services, channels=KINDS)

    async def _next(self) -> dt.datetime | None:
        async with self.room.database.read() as session:
            delivery = select(func.min(Delivery.not_before)).where(Delivery.state.in_(_OPEN))
            promise = select(func.min(Occurrence.at)).where(Occurrence.state.in_(PROMISED))
            found = [await session.scalar(delivery), await session.scalar(promise)]
        found += [fake.simulator.agenda.next_at() for fake in self.fakes.values()]
        return min((one for one in found if one is not None), default=None)


def _form(kind: str, piece: office.contract.Piece) -> bytes | None:
    make = KINDS[kind].form
    return None if make is None else make(piece, SITE)


def _lost(name: str, count: int) -> None:
    """Nobody counts here."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(PIECES.read_text(encoding="utf-8"))["pieces"]
    return [row for row in found if row.get("kind") is None][:5]


def notices(day: Day, title: str) -> list[str]:
    """Who was told of it."""
    sent: list[dict[str, Any]] = day.fakes["notice"].simulator.templates  # type: ignore[attr-defined]
    return [one["touser"] for one in sent if one["data"]["thing1"]["value"] == cut(title)]


async def test_day_of_the_demo_world_ends_with_each_piece_where_it_belongs(
    sqlite: Database, store: Store, rows: list[dict[str, Any]]
) -> None:
    day = await Day.dawn(sqlite, store)
    day.wechat.publishing.plan.delay, day.douyin.posts.review.delay = 20.0, 60.0
    # Morning: five pieces are promised over the day, the second to every outlet, the others to App and WeChat.
    editions = [await day.signed(row) for row in rows]
    for number, edition in enumerate(editions):
        targets = EVERYWHERE if number == 1 else ("app", "wechat")
        at = T0 + dt.timedelta(hours=1 + 1.5 * number)
        async with sqlite.write() as session:
            await schedule(session, SUN, edition, at=at, targets=targets, now=day.now)
    # The first answer to a submit is lost, the third piece is refused by the platform's people.
    day.wechat.faults.plan("/cgi-bin/freepublish/submit", Fault.CUT_AFTER)
    day.wechat.publishing.plan.results = [0, 0, 4]
    await day.until(5.0)
    titles = [row["title"] for row in rows]
    assert [day.wechat.visible(title) for title in titles] == [1, 1, 0, 0, 0]
    assert [day.douyin.visible(title) for title in titles] == [0, 1, 0, 0, 0]
    assert [sorted(notices(day, title)) for title in titles[:3]] == [[], list(READERS), []]
    # Noon: what was refused is written anew and goes out; the second is corrected, on Douyin by hand.
    await day.corrected(editions[2], rows[2], REWRITTEN)
    await day.corrected(editions[1], rows[1], FIXED)
    await day.until(6.4)

    def repost(task: Any) -> str:
        old = next(one for one in day.douyin.posts.newest() if one.item_id in task.line.places)
        day.douyin.posts.delete(old.item_id)
        return str(day.douyin.posts.create_elsewhere(task.title, "", pictures=False).share_url)

    assert await day.do_tasks({"douyin": repost}) == 2
    # Afternoon: the secret is frozen for an hour; what falls due waits, with one alarm, and goes on afterwards.
    day.wechat.tokens.kill()
    day.wechat.account.frozen = True
    await day.until(7.8)
    async with sqlite.read() as session:
        paused = await session.get_one(TargetRow, day.rows["wechat"].id)
    assert paused.paused_code == "wechat.setup.secret_frozen"
    day.wechat.account.frozen = False
    async with sqlite.write() as session:
        await resume(session, LU, "wechat", now=day.now)
    await day.until(9.0)
    # Evening: the second piece is taken back everywhere.
    await day.take_back(editions[1])
    await day.until(12.0)

    def take_down(task: Any) -> str:
        for one in day.douyin.posts.newest():
            if FIXED in one.text or titles[1] in one.text:
                day.douyin.posts.delete(one.item_id)
        return ""

    assert await day.do_tasks({"douyin": take_down}) == 2
    await day.until(24.0)

    shown = [titles[0], REWRITTEN, *titles[3:]]
    app = day.fakes["app"].simulator
    for platform in (day.wechat, app):
        assert [platform.visible(title) for title in shown] == [1] * 4
        assert [platform.visible(title) for title in (titles[1], titles[2], FIXED)] == [0, 0, 0]
    assert [day.douyin.visible(title) for title in (titles[1], FIXED, REWRITTEN)] == [0, 0, 0]
    assert day.wechat.journal.counters["publications"] == 6
    assert day.wechat.drafts.box == {}
    async with sqlite.read() as session:
        left = (await session.scalars(select(Delivery.state).where(Delivery.state.in_(_OPEN)))).all()
        ends = (await session.scalars(select(Delivery.state))).all()
        proofs = await session.scalar(select(func.count()).select_from(Receipt))
    assert left == []
    assert set(ends) <= {"live", "gone", "failed", "cancelled"}
    assert ends.count("failed") == 1
    assert proofs is not None
    assert proofs >= len(ends) - 1
    assert max(notices(day, title).count(reader) for title in titles for reader in READERS) == 1
