"""A running guard with four enrolled people, for the tests of this folder."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cms.guard.authority import Grant
from cms.guard.client import GuardClient
from cms.guard.core import GuardSettings
from cms.guard.drafts import Draft
from cms.guard.errors import GuardRefused
from cms.guard.keyring import Cost
from cms.guard.main import run
from cms.trust.approval import Bundle, bundle
from cms.trust.manifest import Show, Slot
from cms.trust.signed import Signed, text_of
from tests.vectors import world
from tests.vectors.world import DAY, T0, uuid_of

CHEAP = Cost(passes=1, memory=8)
ALL = ("news", "lecture", "notice", "newspaper", "activity", "urgent")


@dataclass
class Clock:
    """Milliseconds that move when a test says so."""

    at: int = T0

    def __call__(self) -> int:
        return self.at


@dataclass
class Office:
    settings: GuardSettings
    client: GuardClient
    clock: Clock
    secret: str
    keys: dict[str, str] = field(default_factory=dict)

    async def opened(self) -> None:
        """zheng administers; qian, sun approve and recall; li the same in one town."""
        for name in ("zheng", "qian", "sun", "li"):
            self.keys[name] = await self.client.enrol(uuid_of(name), password(name))
        await self.client.delegate(
            [
                self.grant("zheng", rights=("delegate", "recall"), classes=()),
                self.grant("qian"),
                self.grant("sun"),
                self.grant("li", unit=world.TOWN),
            ],
            secret=self.secret,
        )

    def grant(
        self,
        name: str,
        *,
        unit: str = world.DISTRICT,
        rights: Sequence[str] = ("approve", "recall"),
        classes: Sequence[str] = ALL,
    ) -> Grant:
        return Grant(uuid_of(name), name, unit, tuple(classes), tuple(rights), (self.keys[name],))

    async def approved(self, name: str, **changes: object) -> Bundle:
        text = text_of(world.release(name, **changes))
        approvals = [await self.client.approve(uuid_of(who), password(who), text) for who in ("qian", "sun")]
        return bundle(text, approvals)

    async def shown(self, *bundles: Bundle, audience: str = "street") -> Signed:
        wires = {one.file: one.wire() for one in bundles}
        return await self.client.sign_manifest(draft(*bundles, audience=audience), wires)


def password(name: str) -> str:
    return f"correct horse of {name}"


def draft(*bundles: Bundle, audience: str = "street") -> Draft:
    loop = tuple(Show(one.release, 10_000) for one in bundles)
    return Draft(audience, T0 + 30 * DAY, tuple(one.file for one in bundles), (Slot(T0, T0 + DAY, loop),))


def settings_in(directory: Path) -> GuardSettings:
    home = directory / "guard"
    return GuardSettings(home, world.DOMAIN, home / "socket", cost=CHEAP, reserve=64 * 1024)


@asynccontextmanager
async def guard_in(settings: GuardSettings, clock: Clock) -> AsyncIterator[GuardClient]:
    stop = asyncio.Event()
    running = asyncio.create_task(run(settings, clock, stop))
    client = GuardClient(settings.socket)
    try:
        await answering(client, running)
        yield client
    finally:
        await client.close()
        stop.set()
        await running


async def answering(client: GuardClient, running: asyncio.Task[None]) -> None:
    while not running.done():
        try:
            await client.state()
        except GuardRefused:
            await asyncio.sleep(0.01)
        else:
            return
    await running
