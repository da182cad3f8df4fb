"""A running gateway over a real database, a district that signs, and screens with keys of their own."""

import asyncio
import contextlib
import datetime as dt
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from cms.contract import ManifestDraft, Slot
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.ids import public_id, uuid7
from cms.kernel.wake import ring
from cms.people.actor import Actor, Grant
from cms.people.models import Unit
from cms.people.roles import Role
from cms.trust.keys import SigningKey
from screens.district import District
from screens.gateway import Gateway
from screens.main import GatewaySettings, run_gateway
from screens.manifest import manifest_body
from screens.messages import PATH, SUBPROTOCOLS, Bye, Have, encode, read_server
from screens.protocol import Reply, ScreenSide
from screens.simulator import SimulatedScreen
from screens.states import next_change, next_version, store_state
from screens.tables import Screen

UNIT = "/320509/04/"
CLOCK = SystemClock()


@dataclass
class Street:
    """One gateway and what a test needs around it."""

    database: Database
    district: District
    settings: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    gateway: Gateway | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    @property
    def live(self) -> Gateway:
        assert self.gateway is not None
        return self.gateway

    def __post_init__(self) -> None:
        self.port = free_port()

    async def start(self) -> None:
        host = f"127.0.0.1:{self.port}"
        given = {"hosts": (host,), "origins": (), "media": f"http://{host}", **self.settings}
        settings = GatewaySettings(host="127.0.0.1", port=self.port, **given)
        self._stop = asyncio.Event()
        ready = asyncio.Event()

        def note(gateway: Gateway, _port: int) -> None:
            self.gateway = gateway
            ready.set()

        self._task = asyncio.create_task(
            run_gateway(
                settings, database=self.database, signer=self.district, clock=CLOCK, stop=self._stop, ready=note
            )
        )
        waiter = asyncio.create_task(ready.wait())
        await asyncio.wait({waiter, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            waiter.cancel()
            await self._task

    async def stop(self) -> None:
        """The graceful way."""
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def enrol(self, count: int, **given: Any) -> list[SimulatedScreen]:
        """Screens paired earlier."""
        keys = [SigningKey.generate() for _ in range(count)]
        now = CLOCK.now()
        async with self.database.write() as session:
            change = await next_change(session)
            ids = [uuid7(now) for _ in keys]
            session.add_all(
                Screen(
                    id=one,
                    public=public_id(),
                    name=f"屏 {place}",
                    unit=UNIT,
                    key=key.public.text,
                    paired_at=now,
                    paired_by=uuid.uuid4(),
                    change=change,
                )
                for place, (one, key) in enumerate(zip(ids, keys, strict=True))
            )
            await ring(session, "screens")
        return [
            SimulatedScreen(self.url, key=key, screen=str(one), **given) for one, key in zip(ids, keys, strict=True)
        ]

    async def publish(
        self,
        screens: Sequence[SimulatedScreen],
        audience: str = "street",
        *,
        entries: int = 0,
        feeds: Sequence[str] = (),
    ) -> int:
        """A new state for these screens; its version."""
        now = CLOCK.now()
        async with self.database.write() as session:
            version = await next_version(session)
        receivers = [uuid.UUID(screen.screen) for screen in screens]
        slots = (Slot(now, now + dt.timedelta(days=8), ()),) if not entries else _many(now, entries)
        draft = ManifestDraft(audience, tuple(str(one) for one in receivers), slots, {})
        body = manifest_body(draft, version=version, trust=await self.district.trust(), now=now)
        signed = await self.district.sign_manifest(body)
        async with self.database.write() as session:
            assert await store_state(session, signed, receivers=receivers, feeds=feeds, now=now)
            await ring(session, "states")
        return version

    async def rows(self) -> list[Screen]:
        async with self.database.read() as session:
            return list((await session.scalars(select(Screen).order_by(Screen.id))).all())

    async def unit(self, path: str = UNIT) -> None:
        async with self.database.write() as session:
            now = CLOCK.now()
            session.add(
                Unit(
                    id=uuid.uuid4(),
                    code=path.split("/")[-2],
                    name="某街道",
                    level="institute",
                    path=path,
                    created_at=now,
                )
            )


def _many(start: dt.datetime, count: int) -> tuple[Slot, ...]:
    step = dt.timedelta(minutes=1)
    return tuple(Slot(start + step * n, start + step * (n + 1), ()) for n in range(count))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def operator(unit: str = "/320509/") -> Actor:
    return Actor(uuid.uuid4(), "操作员", unit, (Grant(Role.OPERATOR, unit),))


@pytest.fixture
def district() -> District:
    return District(CLOCK)


@pytest.fixture
async def street(database: Database, district: District) -> AsyncIterator[Street]:
    made = Street(database, district)
    await made.start()
    yield made
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            await made.stop()


async def talk(street: Street, **given: Any) -> ClientConnection:
    """A bare connection to the gateway; the caller closes it."""
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None, **given}
    return await connect(street.url, subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS], **options)


async def introduce(street: Street, socket: ClientConnection, key: SigningKey, screen: str | None) -> ScreenSide:
    """Says hello (or asks for a code) on a bare connection."""
    host = f"127.0.0.1:{street.port}"
    side = ScreenSide(key=key, screen=screen, host=host, have=Have(), player="test")
    reply = side.receive(await socket.recv())
    assert isinstance(reply, Reply)
    await socket.send(encode(reply.message))
    return side


async def farewell(socket: ClientConnection) -> Bye:
    """What the gateway says before it closes; states on the way are skipped."""
    async with asyncio.timeout(5):
        while True:
            message = read_server(await socket.recv())
            if isinstance(message, Bye):
                await socket.wait_closed()
                return message


async def eventually(check: Callable[[], Any], *, within: float = 5.0) -> None:
    """Returns when `check()` (or what it awaits) is true. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            found = check()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.02)
