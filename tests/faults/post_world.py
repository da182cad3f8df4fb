"""One approved piece and an account a story, each with a platform of its own; the worker is a process that can die."""

import asyncio
import collections
import contextlib
import dataclasses
import datetime as dt
import json
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import select

from cms.content.editing import create
from cms.content.kinds import Kind
from cms.contract import Ask, Piece
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
from cms.publishing.workshop import Workshop
from cms.review.release import Press
from cms.review.submit import submit
from media.store import Store
from tests.fakes.stage.clock import Clock
from tests.faults.channels import CHANNELS
from tests.faults.mortal import Slate
from tests.faults.post_fakes import Fake
from tests.faults.post_life import HOST, client_of, shop_of
from tests.faults.post_stage import Stage, was_killed
from tests.integration.publishing import office
from tests.integration.publishing.forks import Launcher
from tests.integration.publishing.office import SITE, SUN, T0, ZHAO, world

LU: Final = Actor(uuid.UUID(world.uuid_of("lu")), "lu", world.DISTRICT, (Grant(Role.OPERATOR, world.DISTRICT),))
TITLE: Final = "湖边新建十里步道"
NEXT: Final = "三处活动室今日开放"


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
    stage: Stage
    launcher: Launcher
    guard: office.PaperGuard = dataclasses.field(default_factory=office.PaperGuard)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, database: Database, folder: Path) -> AsyncIterator["Room"]:
        async with database.write() as session:
            await office.furnish(session, screens=False)
            # Somebody who is told of a paused account.
            unit, key = uuid.UUID(world.uuid_of("unit")), LU.person
            session.add(Person(id=key, login="lu", name="lu", unit_id=unit, created_at=T0, must_set_password=False))
            await session.flush()
            session.add(Membership(id=key, person_id=key, unit_id=unit, role=Role.OPERATOR.value, granted_at=T0))
        page = folder / "slate"
        store = await asyncio.to_thread(Store.open, f"file://{folder}/store", min_free_bytes=0)
        slate = await asyncio.to_thread(Slate.at, page)
        launcher = await Launcher.of("tests.faults.post_life", database.url, f"{folder}/store", str(page))
        try:
            async with Stage.opened(slate) as stage:
                yield cls(database, store, stage, launcher)
        finally:
            await launcher.close()

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
        settings = await fake.furnish(account, f"http://{HOST}:{self.stage.port}")
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

    async def life(self, fake: Fake, target: TargetRow, *, at: int) -> tuple[bool, collections.Counter[str]]:
        """One life of a worker, killed at a step of its work (0: never): whether it was, and what answers it lost."""
        self.stage.begin(fake)
        asked = {"target": str(target.id), "at": at, "port": self.stage.port}
        end = await self.launcher.start(json.dumps(asked))
        return was_killed(end), self.stage.lost()

    def shop(self, fake: Fake) -> Workshop:
        """The room of the web role, which hears what the platform says by itself."""
        clock = StoryClock(fake.simulator.clock)
        return shop_of(self.database, self.database, clock, self.store, client_of(self.stage.port))

    async def ring(self, fake: Fake, target: TargetRow) -> None:
        """The platform's messages that are due, to the channel as the web role hands them in."""
        callback = CHANNELS[fake.kind].callback
        if callback is None:
            return
        services = self.shop(fake).services(as_contract(target))

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


def weather(fake: Fake, seed: int) -> random.Random:
    """A fault schedule; the same number gives the same one."""
    dice = random.Random(seed)
    fake.simulator.arrange(dice)
    fake.set_up(seed)
    return dice


_NONE: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(CHANNELS, ())


def _form(kind: str, piece: Piece) -> bytes | None:
    make = CHANNELS[kind].form
    return None if make is None else make(piece, SITE)
