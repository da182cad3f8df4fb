"""One approved piece and an account a story, each with a platform of its own: the core is whole, the weather is not."""

import contextlib
import dataclasses
import datetime as dt
import random
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select

from cms.content.editing import create
from cms.content.kinds import Kind
from cms.contract import Ask, Channel, Piece, Target
from cms.kernel.db import Database
from cms.people.actor import Actor, Grant
from cms.people.models import Membership, Person
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import add_target, as_contract
from cms.publishing.hints import look_now
from cms.publishing.models import Delivery
from cms.publishing.publish import publish_now
from cms.publishing.services.account import Account
from cms.publishing.services.state import RowState
from cms.publishing.services.studio import StoreStudio
from cms.publishing.services.vault import SealedVault
from cms.publishing.workshop import Workshop
from cms.review.release import Press
from cms.review.submit import submit
from media.sandbox import Grade, Sandbox
from media.store import Store
from renderers import cityapp, douyin, wechat
from renderers.douyin.tokens import after_grant
from tests.fakes.cityapp.app import PATH, App
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.simulator import Simulator
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.faults.mortal import Fate, MortalDatabase, MortalWire
from tests.integration.publishing import office
from tests.integration.publishing.office import SITE, SUN, T0, ZHAO, world

LU: Final = Actor(uuid.UUID(world.uuid_of("lu")), "lu", world.DISTRICT, (Grant(Role.OPERATOR, world.DISTRICT),))
TITLE: Final = "湖边新建十里步道"
NEXT: Final = "三处活动室今日开放"
CHANNELS: Final[Mapping[str, Channel]] = {
    one.kind: one for one in (cityapp.channel(), douyin.channel(), wechat.channel())
}
_BASE: Final = "http://127.0.0.1:9072"
_KEY: Final = bytes(32)
_SCOPE: Final = "user_info,video.create.bind,video.data.bind,video.list.bind,renew_refresh_token"


class Fake(Protocol):
    """What a story needs of a platform beside its calls."""

    kind: str
    effects: tuple[str, ...]
    """The side effects that count: the last is what a follower would see twice."""

    @property
    def simulator(self) -> Simulator: ...

    async def furnish(self, account: Account) -> dict[str, object]:
        """Puts the account's secrets in place and gives its settings."""
        ...

    def kill_tokens(self) -> None: ...

    def reasons(self) -> set[str]:
        """Why, by what the platform itself knows, nothing may be out."""
        ...

    def left_behind(self) -> int:
        """What would stay there for ever without anybody knowing."""
        ...


class WeChatFake:
    """A service account."""

    kind = "wechat"
    effects: tuple[str, ...] = ("drafts", "submits", "publications")

    def __init__(self, code: str, seed: int) -> None:
        box = Mailbox(f"https://hub.example.cn/hooks/wechat/{code}/", "hub-token", None)
        self.simulator = WeChat(Clock(T0), seed=str(seed), mailbox=box)

    async def furnish(self, account: Account) -> dict[str, object]:
        vault = SealedVault(account, _KEY)
        await vault.put("app_secret", self.simulator.account.secret)
        await vault.put("callback_token", "hub-token")
        return {"appid": self.simulator.account.appid, "callback_mode": "plain"}

    def kill_tokens(self) -> None:
        self.simulator.tokens.kill()

    def reasons(self) -> set[str]:
        sim = self.simulator
        found = {"wechat.submit_lost", "wechat.publish_vanished"} if sim.journal.counters["submits"] else set()
        ends = {2: "wechat.status_original", 3: "wechat.status_failed", 4: "wechat.status_review"}
        found |= {ends[job.status] for job in sim.publishing.jobs.values() if job.status in ends}
        codes = {fault.code for _, fault in sim.faults.met}
        found |= {"wechat.bad_content"} if 53503 in codes else set()
        return found | ({"wechat.task.publish"} if codes & {53504, 53505} else set())

    def left_behind(self) -> int:
        return len(self.simulator.drafts.box)


class DouyinFake:
    """An account whose owner consented."""

    kind = "douyin"
    effects: tuple[str, ...] = ("videos", "creates")

    def __init__(self, code: str, seed: int) -> None:
        hook = f"https://hub.example.cn/hooks/douyin/{code}/"
        self.simulator = Douyin(Clock(T0), seed=str(seed), callback=hook)

    async def furnish(self, account: Account) -> dict[str, object]:
        platform, app = self.simulator, self.simulator.app
        form = {"client_key": app.client_key, "client_secret": app.client_secret, "grant_type": "authorization_code"}
        grant = platform.oauth.access_token({**form, "code": platform.oauth.consent(_SCOPE)})
        vault = SealedVault(account, _KEY)
        await vault.put("client_secret", app.client_secret)
        await vault.put("access_token", grant["access_token"])
        await vault.put("refresh_token", grant["refresh_token"])
        await RowState(account).put("tokens", after_grant(grant, platform.clock.now()), version=0)
        tiny: dict[str, object] = {"width": 72, "card_seconds": 0.2, "topics": ["吴江"]}
        return {"client_key": app.client_key, "open_id": app.open_id, "base_url": _BASE, **tiny}

    def kill_tokens(self) -> None:
        """The access token alone: a dead consent is another story."""
        for grant in self.simulator.oauth.grants:
            grant.old_access.append(grant.access)
            grant.access = self.simulator.identity("dead")

    def reasons(self) -> set[str]:
        sim = self.simulator
        found = {"douyin.review_refused"} if sim.journal.counters["reviews_refused"] else set()
        was_withdrawn = any(entry.code in {2190004, 28001056, 2100007, 28001018} for entry in sim.journal.entries)
        return found | ({"douyin.task.post"} if was_withdrawn else set())

    def left_behind(self) -> int:
        return 0


class CityAppFake:
    """An App."""

    kind = "cityapp"
    effects: tuple[str, ...] = ("publish",)

    def __init__(self, code: str, seed: int) -> None:
        self.simulator = App(Clock(T0), seed=str(seed))

    async def furnish(self, account: Account) -> dict[str, object]:
        await SealedVault(account, _KEY).put("signing_secret", self.simulator.secret)
        return {"url": f"https://app.example.cn{PATH}"}

    def kill_tokens(self) -> None:
        """An App has none."""

    def reasons(self) -> set[str]:
        return {"cityapp.dead_letter"} if self.simulator.faults.met else set()

    def left_behind(self) -> int:
        return 0


@dataclasses.dataclass(slots=True)
class StoryClock:
    """The time of a platform, for the core."""

    clock: Clock

    def now(self) -> dt.datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return (self.clock.now() - T0).total_seconds()


@dataclasses.dataclass(slots=True)
class Room:
    """What all stories of a run share."""

    database: Database
    store: Store
    guard: office.PaperGuard = dataclasses.field(default_factory=office.PaperGuard)

    @classmethod
    async def opened(cls, database: Database, store: Store) -> "Room":
        async with database.write() as session:
            await office.furnish(session, screens=False)
            # Somebody who is told of a paused account.
            unit, key = uuid.UUID(world.uuid_of("unit")), LU.person
            session.add(Person(id=key, login="lu", name="lu", unit_id=unit, created_at=T0, must_set_password=False))
            await session.flush()
            session.add(Membership(id=key, person_id=key, unit_id=unit, role=Role.OPERATOR.value, granted_at=T0))
        return cls(database, store)

    async def document(self, title: str = TITLE) -> uuid.UUID:
        """An approved edition for all channels."""
        draft = dataclasses.replace(office.draft(title), channels=tuple(sorted(CHANNELS)))
        unit = uuid.UUID(world.uuid_of("unit"))
        async with self.database.write() as session:
            made = await create(session, ZHAO, kind=Kind.NEWS, unit=unit, draft=draft, now=T0)
        async with self.database.write() as session:
            await submit(session, ZHAO, made.id, press=Press(world.DOMAIN, 1, _NONE, _form), now=T0)
        await office.signed_by(self.database, office.QIAN, made.id)
        await office.signed_by(self.database, SUN, made.id)
        return made.id

    async def account(self, fake: Fake, code: str) -> TargetRow:
        """A target for the platform, its secrets in place."""
        account = Account(code, self.database, StoryClock(fake.simulator.clock))
        settings = await fake.furnish(account)
        async with self.database.write() as session:
            return await add_target(
                session, None, code=code, kind=fake.kind, name=code, unit=world.DISTRICT, settings=settings, now=T0
            )

    async def publish(self, edition: uuid.UUID, targets: list[str], *, now: dt.datetime = T0) -> None:
        async with self.database.write() as session:
            await publish_now(session, SUN, edition, targets=targets, now=now)

    async def row(self, target: TargetRow) -> Delivery:
        """The newest order at an account."""
        async with self.database.read() as session:
            query = select(Delivery).where(Delivery.target_id == target.id)
            newest = query.order_by(Delivery.created_at.desc(), Delivery.priority.desc()).limit(1)
            return (await session.scalars(newest)).one()

    def shop(self, fake: Fake, fate: Fate, lost: Any) -> Workshop:
        """A worker's room for one life."""
        sim = fake.simulator
        database, clock = MortalDatabase(self.database, fate), StoryClock(sim.clock)
        shop = office.shop_of(database, clock, self.store, guard=self.guard, channels=CHANNELS)
        wire = MortalWire(sim, fate, lambda: {name: sim.journal.counters[name] for name in fake.effects}, lost)
        # One studio for all: films and covers depend on the piece alone, and making them is no step of a post.
        made = Account("studio", self.database, clock)
        folder = Path(tempfile.gettempdir())
        studio = StoreStudio(made, self.store, Sandbox(Grade.limits_only), folder)

        def services(target: Target) -> office.contract.Services:
            plain = office.services_of(database, clock, self.store, target)
            return dataclasses.replace(plain, outbound=wire, studio=studio, now=clock.now)

        return dataclasses.replace(shop, services=services)

    async def ring(self, fake: Fake, target: TargetRow, shop: Workshop) -> None:
        """The platform's messages that are due, to the channel as the web role hands them in."""
        callback = CHANNELS[fake.kind].callback
        if callback is None:
            return
        services = shop.services(as_contract(target))

        async def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            query = dict(parse_qsl(urlsplit(url).query))
            named = {name.lower(): value for name, value in headers.items()}
            now = fake.simulator.clock.now()
            reply = await callback(Ask(method, "/", query, named, body, now), as_contract(target), services)
            if reply.hint:
                async with self.database.write() as session:
                    await look_now(session, target.code, now=now)
            return reply.status, b"".join(part for part in reply.parts if isinstance(part, bytes))

        with contextlib.suppress(ConnectionError):
            await fake.simulator.outbox.deliver(fake.simulator.clock.now(), send)


def fake_of(kind: str, code: str, seed: int) -> Fake:
    fakes: dict[str, Callable[[str, int], Fake]] = {"wechat": WeChatFake, "douyin": DouyinFake, "cityapp": CityAppFake}
    return fakes[kind](code, seed)


def weather(fake: Fake, seed: int) -> random.Random:
    """A fault schedule; the same number gives the same one."""
    dice = random.Random(seed)
    fake.simulator.arrange(dice)
    return dice


_NONE: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(CHANNELS, ())


def _form(kind: str, piece: Piece) -> bytes | None:
    make = CHANNELS[kind].form
    return None if make is None else make(piece, SITE)
