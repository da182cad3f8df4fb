"""The role that sends channels: one thread for every UDP output, one ``ffmpeg -c copy`` for every push.

Database, store and plan are asked in the loop; what was made lies ready before its slot begins. With the database or
the store away it goes on with what it holds: the plan in memory reaches days ahead.
"""

import asyncio
import contextlib
import os
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.contract import ContractError
from cms.kernel.clock import to_ms
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.outlets.holding import Held, Said, hold, let_go
from cms.outlets.models import account_of
from cms.outlets.rules import OutletKind, may_send
from cms.outlets.settings import URL
from cms.publishing.published import TreePublished
from cms.publishing.services.account import Account
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.vault import SealedVault
from cms.publishing.tree_reader import TreeReader
from deploy.installation import Installation, opened as installation
from deploy.services_maker import vault_key
from deploy.serving import ServingAssets
from deploy.settings import Settings
from media.errors import MediaRefused
from renderers.tv.serve import clean
from renderers.tv.ts.making import Maker, Stream
from renderers.tv.ts.pushing import Push
from renderers.tv.ts.sending import Sender, Wire, opened
from renderers.tv.ts.wiring import Wired, fill
from schedules.linear import slot_at

_TURN: Final = 0.25
_ASK: Final = 3.0  # seconds between two looks at the rows
_REFRESH: Final = 0.5

log = logger("tv-out")


@dataclass(slots=True)
class Sent:
    """A UDP output that is held."""

    held: Held
    wired: Wired


@dataclass(slots=True)
class Pushed:
    """A push that is held; `last` is the slot its program was given last."""

    held: Held
    push: Push
    task: asyncio.Task[None]
    last: int = 0


@dataclass(slots=True)
class Air:
    """Everything this process sends."""

    here: Installation
    maker: Maker
    sender: Sender
    key: bytes
    owner: str
    wires: dict[uuid.UUID, Sent] = field(default_factory=dict)
    pushes: dict[uuid.UUID, Pushed] = field(default_factory=dict)
    refused: dict[uuid.UUID, Said] = field(default_factory=dict)

    async def ask(self) -> None:
        """Says how everything goes, and takes up and leaves off what the rows say."""
        said = dict(self.refused)
        said |= {key: _said(one) for key, one in self.wires.items()}
        said |= {key: _said(one) for key, one in self.pushes.items()}
        async with self.here.db.write() as session:
            held = await hold(session, self.owner, said, now=self.here.clock.now())
        wanted = {one.id: one for one in held}
        for key in [key for key, one in self.wires.items() if wanted.get(key) != one.held]:
            self._leave(self.wires.pop(key))
        for key in [key for key, one in self.pushes.items() if wanted.get(key) != one.held]:
            await _ended(self.pushes.pop(key))
        self.refused = {key: one for key, one in self.refused.items() if key in wanted}
        for key, one in wanted.items():
            if key not in self.wires and key not in self.pushes:
                await self._take(one)
        self.sender.put(tuple(one.wired.line for one in self.wires.values()))
        self._tell()

    async def make(self) -> None:
        """What is wanted by now."""
        now = to_ms(self.here.clock.now())
        await fill(self.maker, [one.wired for one in self.wires.values()], now)
        for push in [*self.pushes.values()]:
            await self._push(push, slot_at(now))

    async def close(self) -> None:
        for one in self.pushes.values():
            await _ended(one)
        await asyncio.to_thread(self.sender.stop)
        for wire in self.wires.values():
            wire.wired.line.socket.close()
        with contextlib.suppress(SQLAlchemyError):
            async with self.here.db.write() as session:
                await let_go(session, self.owner, now=self.here.clock.now())

    async def _take(self, held: Held) -> None:
        try:
            if held.kind == OutletKind.PUSH:
                vault = SealedVault(Account(account_of(held.id), self.here.db, self.here.clock), self.key)
                push = Push(await vault.get(URL) or "", held.url)
                self.pushes[held.id] = Pushed(held, push, asyncio.create_task(push.run()))
            elif not may_send(held.address, anywhere=self.here.settings.tv_out_anywhere):
                self._refuse(held, "address")
            else:
                line = opened(Wire(held.address, held.port, held.ttl, held.interface), held.rate)
                stream = Stream(held.code, held.rung, held.rate, held.service)
                self.wires[held.id] = Sent(held, Wired(stream, line))
        except OSError as error:
            self._refuse(held, error.strerror or type(error).__name__)
        except DomainError as error:  # a vault that was sealed with another key
            self._refuse(held, error.code)

    def _refuse(self, held: Held, why: str) -> None:
        self.refused[held.id] = Said(0, 0, 0, 1, 0, 0, why)
        log.warning("an output cannot be opened", output=str(held.id), error=why)

    def _leave(self, one: Sent) -> None:
        self.sender.put(tuple(other.wired.line for other in self.wires.values()))
        one.wired.line.socket.close()

    async def _push(self, one: Pushed, slot: int) -> None:
        if one.last >= slot:
            return
        data = await self.maker.segment(one.held.code, one.held.rung, slot)
        if data is not None:
            one.push.offer(slot, data)
        one.last = slot

    def _tell(self) -> None:
        metrics = self.here.metrics
        metrics.gauge("yunping_tv_outputs", len(self.wires), kind="udp")
        metrics.gauge("yunping_tv_outputs", len(self.pushes), kind="push")
        late = max((one.wired.line.pace.late_ns for one in self.wires.values()), default=0)
        metrics.gauge("yunping_tv_output_late_ms", late / 1e6)
        for name, count in self._totals().items():
            metrics.gauge(name, count)

    def _totals(self) -> Mapping[str, int]:
        lines = [one.wired.line for one in self.wires.values()]
        return {
            "yunping_tv_output_missing_datagrams": sum(line.counts.missing + line.pace.skipped for line in lines),
            "yunping_tv_output_errors": sum(line.counts.errors for line in lines) + len(self.refused),
            "yunping_tv_output_short_slots": sum(one.wired.short for one in self.wires.values()),
            "yunping_tv_output_restarts": sum(one.push.counts.restarts for one in self.pushes.values()),
        }


async def run_tv_out(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Sends until `stop` is set."""
    async with installation(settings, {}, metrics) as here:
        reader = TreeReader(here.store)
        await _refreshed(reader, fully=True)
        assets = ServingAssets(StoreAssets(here.store, here.tombstones.asset_gone), here.tombstones)
        maker = Maker(TreePublished(reader, here.store, here.tombstones), assets, clean)
        key = await asyncio.to_thread(vault_key, settings.data.resolve() / "keys" / "vault.key")
        owner = f"{socket.gethostname()}:{os.getpid()}"
        air = Air(here, maker, Sender(time.time_ns), key, owner)
        air.sender.start()
        try:
            await _work(air, reader, stop)
        finally:
            await air.close()


async def _work(air: Air, reader: TreeReader, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    asked = refreshed = -_ASK
    while not stop.is_set():
        if loop.time() - refreshed >= _REFRESH:
            refreshed = loop.time()
            await _refreshed(reader)
        if loop.time() - asked >= _ASK:
            asked = loop.time()
            try:
                await air.ask()
            except SQLAlchemyError:
                log.exception("the database is away, sending what is held")
        try:
            await air.make()
        except (ContractError, MediaRefused):
            log.exception("a slot could not be made")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TURN)


async def _refreshed(reader: TreeReader, *, fully: bool = False) -> None:
    try:
        await reader.refresh(fully=fully)
    except MediaRefused as refused:
        log.warning("the store does not answer, sending by what is known", code=refused.code)


def _said(one: Sent | Pushed) -> Said:
    if isinstance(one, Pushed):
        counts = one.push.counts
        return Said(counts.slot, 0, counts.missing, 0, 0, counts.restarts, counts.error)
    line = one.wired.line
    late, line.counts.worst_ns = line.counts.worst_ns // 1_000_000, 0
    missing = line.counts.missing + line.pace.skipped
    return Said(line.counts.slot, late, missing, line.counts.errors, one.wired.short, 0, line.counts.error)


async def _ended(one: Pushed) -> None:
    one.task.cancel()
    await asyncio.gather(one.task, return_exceptions=True)
