"""The role that receives live signals: a receiver for each source that is switched on, an encoder for one on air.

Which sources, and which are on air, the rows say; slots go to the store and beside the plan, so that a channel on air
goes on while the database is away.
"""

import asyncio
import contextlib
import datetime as dt
import os
import socket
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.clock import from_ms, to_ms
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.library.upload import Workshop
from cms.live.holding import HeldSource, SaidOfSource, hold, let_go
from cms.live.keeping import keep_next, kept_bytes, tidy
from cms.live.models import LivePart, LiveSlot, account_of
from cms.live.rules import SourceKind, SourceState
from cms.live.sources import SECRET, any_source
from cms.publishing.published import TreePublished, volatile_name
from cms.publishing.services.account import Account
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.vault import SealedVault
from cms.publishing.tree_reader import TreeReader
from deploy.installation import Installation, open_workshop, opened as installation
from deploy.live_inlet import Inlet, Studio, ended
from deploy.live_logos import Logos
from deploy.live_tape import MOST_BYTES, Heard, Tape, has_room
from deploy.services_maker import vault_key
from deploy.settings import Settings
from media.errors import MediaRefused
from media.house import write_index
from media.live import Made, Measured, fits, is_in_time, room_for
from media.live_encoding import measured
from media.live_receiving import Receiver, listener
from media.package import house_of
from media.sandbox import Effort
from renderers.tv import paths
from renderers.tv.live import Line, block_of, decode, encode, kept
from renderers.tv.plan import decode as plan_of
from renderers.tv.ts.pushing import unsaid
from schedules.linear import slot_at

_TURN: Final = 0.5
_ASK: Final = 1.0
_KEEP: Final = 5.0
_TIDY: Final = 3_600.0
# A machine that was busy when it was measured is measured again, as long as nothing is on air.
_MEASURE_AGAIN: Final = 120.0

log = logger("live-in")


@dataclass(slots=True)
class Received:
    """A source that is held, with what works for it."""

    held: HeldSource
    inlet: Inlet
    receiver: Receiver
    task: asyncio.Task[None]


@dataclass(slots=True)
class Intake:
    """Everything this process receives."""

    here: Installation
    shop: Workshop
    studio: Studio
    published: TreePublished
    key: bytes
    owner: str
    logos: Logos
    sources: dict[uuid.UUID, Received] = field(default_factory=dict)
    on_air: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    recorded: frozenset[uuid.UUID] = frozenset()
    refused: dict[uuid.UUID, str] = field(default_factory=dict)
    # Rows of parts that the database did not hear of yet.
    unheard: list[dict[str, Any]] = field(default_factory=list)
    _kept: dict[uuid.UUID, int] = field(default_factory=dict)
    _blocks: dict[tuple[str, int], tuple[Line, ...]] = field(default_factory=dict)

    async def ask(self) -> None:
        """Says how everything goes, and takes up and leaves off what the rows say."""
        said = {key: self._said(one) for key, one in self.sources.items()}
        said |= {key: self._none(code) for key, code in self.refused.items()}
        async with self.here.db.write() as session:
            holding = await hold(session, self.owner, said, now=self.here.clock.now())
        wanted = {one.id: one for one in holding.sources}
        self.on_air, self.recorded = dict(holding.on_air), holding.recorded
        for key in [key for key, one in self.sources.items() if wanted.get(key) != one.held]:
            await self._leave(self.sources.pop(key))
        await self.logos.read(holding.logos)
        self.refused = {key: code for key, code in self.refused.items() if key in wanted}
        for key, held in wanted.items():
            if key not in self.sources:
                await self._take(held)
        for key, one in self.sources.items():
            one.inlet.logo = self.logos.worn.get(key)
        self._tell()
        await self._tell_parts()

    async def look(self) -> None:
        """Begins and ends what is wanted by now; no more encoders than the machine was measured for."""
        for key, one in self.sources.items():
            order = self.on_air.get(key)
            may = order is not None and await self._is_of_house(one)
            record = order in self.recorded
            power = one.inlet.power(recorded=record)
            beside = [other.inlet.spent for other in self.sources.values() if other is not one]
            may = may and bool(power.rungs) and fits(beside, power.factor)
            one.inlet.look(order, may_encode=may, record=record)

    async def keep(self, held: HeldSource, order: uuid.UUID, slot: int, made: Made, rungs: int) -> bool:
        """Puts a slot where every server finds it; False when it is too late for that by now."""
        store = self.here.store
        try:
            stored = await store.put(made.data, media_type="video/mp4")
            told = write_index(made.index(self.studio.house.name, stored.sha256))
            index = await store.put(told, media_type="application/json")
            if not is_in_time(slot, self._now_ms()):
                return False
            await self._line(held.code, Line(slot, index.sha256, rungs))
        except MediaRefused as refused:
            log.warning("a live slot could not be stored", code=refused.code)
            return False
        values = {"index": index.sha256, "sha256": stored.sha256, "size": stored.size, "rungs": rungs}
        # It is on air whether or not the database hears of it.
        with contextlib.suppress(SQLAlchemyError):
            async with self.here.db.write() as session:
                session.add(LiveSlot(target_id=held.target, slot=slot, cut_in_id=order, **values))
        self.here.metrics.count("yunping_live_slots_total")
        return True

    async def keep_part(self, heard: Heard) -> None:
        """Puts a part of a recording into the store, or writes down that it is missing."""
        order, size = heard.order, len(heard.data)
        sha256 = ""
        so_far = await self._kept_of(order)
        if size and so_far + size <= MOST_BYTES and await asyncio.to_thread(has_room, self.studio.work):
            try:
                sha256 = (await self.here.store.put(heard.data, media_type="video/mp2t")).sha256
            except MediaRefused as refused:
                log.warning("a part of a recording could not be stored", code=refused.code)
        self._kept = {order: so_far + size} if sha256 else {order: so_far}
        times = {"stretch": heard.stretch, "at": heard.at, "until": heard.until}
        self.unheard.append({"cut_in_id": order, "sha256": sha256, "size": size if sha256 else 0, **times})
        await self._tell_parts()

    async def _kept_of(self, order: uuid.UUID) -> int:
        """Bytes of a recording so far; of one that another process began by its rows."""
        if order not in self._kept:
            with contextlib.suppress(SQLAlchemyError):
                async with self.here.db.read() as session:
                    return await kept_bytes(session, order)
        return self._kept.get(order, 0)

    async def _tell_parts(self) -> None:
        """A part is of a recording once its row is there; rows wait while the database is away."""
        told, self.unheard = self.unheard, []
        if not told:
            return
        try:
            async with self.here.db.write() as session:
                for values in told:
                    await session.merge(LivePart(**values))
        except SQLAlchemyError:
            self.unheard = [*told, *self.unheard]

    async def close(self) -> None:
        for one in self.sources.values():
            await self._leave(one)
        with contextlib.suppress(SQLAlchemyError):
            async with self.here.db.write() as session:
                await let_go(session, self.owner, now=self.here.clock.now())

    async def _take(self, held: HeldSource) -> None:
        vault = SealedVault(Account(account_of(held.id), self.here.db, self.here.clock), self.key)
        try:
            secret = await vault.get(SECRET) or ""
        except DomainError as error:  # a vault that was sealed with another key
            self.refused[held.id] = error.code
            return
        url = listener(held.port, secret) if held.kind == SourceKind.LISTEN else secret

        async def keep(order: uuid.UUID, slot: int, made: Made, rungs: int) -> bool:
            return await self.keep(held, order, slot, made, rungs)

        inlet = Inlet(self.studio, keep, Tape(self.here.clock, self.keep_part))
        receiver = Receiver(url, inlet.hear, began=inlet.tape.cut)
        self.sources[held.id] = Received(held, inlet, receiver, asyncio.create_task(receiver.run()))

    async def _leave(self, one: Received) -> None:
        await ended(one.task)
        await one.inlet.close()

    async def _line(self, code: str, line: Line) -> None:
        """One more line of a block, which only this process writes while it holds the source."""
        number = block_of(line.slot)
        name = volatile_name(paths.signal(code, number))
        before = self._blocks.get((code, number))
        if before is None:
            try:
                before = decode(await self.here.store.get_named(name))
            except MediaRefused as refused:
                if refused.code != "media.not_found":
                    raise
                before = ()
        lines = kept(before, line)
        await self.here.store.put_named(name, encode(lines))
        self._blocks = {(code, number): lines} | {key: one for key, one in self._blocks.items() if key[0] != code}

    async def _is_of_house(self, one: Received) -> bool:
        """Whether what this machine encodes may stand in this channel; another encoder's would break its timeline."""
        data = await self.published.read(paths.plan(one.held.code))
        houses = [] if data is None else [house for house in plan_of(data).houses if house.since <= self._slot()]
        if not houses or houses[-1].slate.house == self.studio.house.name:
            return True
        one.inlet.refused = "media.house_mismatch"
        return False

    def _said(self, one: Received) -> SaidOfSource:
        inlet = one.inlet
        power, signal = inlet.power(recorded=False), inlet.signal
        size = f"{signal.width}×{signal.height}" if signal else ""
        error = inlet.refused or unsaid(one.receiver.error, one.receiver.url, one.held.masked)
        is_fine = inlet.state in {SourceState.RECEIVING, SourceState.ENCODING} and not inlet.refused
        still, inlet.still = inlet.still, None
        return SaidOfSource(
            state=inlet.state.value,
            since=inlet.since,
            factor=power.factor,
            rungs=len(power.rungs),
            room=room_for(power.factor),
            slot=inlet.slot,
            late=inlet.late,
            losses=inlet.losses,
            restarts=one.receiver.restarts,
            size=size,
            error="" if is_fine else error,
            still=still,
            recording=inlet.power(recorded=True).factor,
            loudness=inlet.loudness.integrated,
            peak=inlet.loudness.peak,
            black=_instant(inlet.sight.black_since),
            frozen=_instant(inlet.sight.frozen_since),
        )

    def _none(self, code: str) -> SaidOfSource:
        power = self.studio.measured.power(logo=False, recorded=False)
        return SaidOfSource("waiting", None, power.factor, len(power.rungs), 0, 0, 0, 0, 0, "", code)

    def _tell(self) -> None:
        metrics = self.here.metrics
        inlets = [one.inlet for one in self.sources.values()]
        for state in SourceState:
            metrics.gauge("yunping_live_sources", sum(one.state is state for one in inlets), state=state.value)
        for logo in (False, True):
            power = self.studio.measured.power(logo=logo, recorded=False)
            metrics.gauge("yunping_live_factor", power.factor, logo="yes" if logo else "no")
        metrics.gauge("yunping_live_late_slots", sum(one.late for one in inlets))
        metrics.gauge("yunping_live_losses", sum(one.losses for one in inlets))

    def _now_ms(self) -> int:
        return to_ms(self.here.clock.now())

    def _slot(self) -> int:
        return slot_at(self._now_ms())


async def run_live_in(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Receives until `stop` is set."""
    async with installation(settings, {}, metrics) as here:
        shop = await open_workshop(here)
        # A signal on air comes before every encode that can wait.
        sandbox = shop.sandbox.apart(parallel=16, effort=Effort(0, 0))
        reader = TreeReader(here.store)
        key = await asyncio.to_thread(vault_key, settings.data.resolve() / "keys" / "vault.key")
        found = await _measured(here, shop, stop)
        if found is None:
            return
        studio = Studio(here.clock, sandbox, shop.work, await house_of(sandbox, shop.work), found)
        published = TreePublished(reader, here.store, here.tombstones)
        logos = Logos(StoreAssets(here.store, here.tombstones.asset_gone))
        intake = Intake(here, shop, studio, published, key, f"{socket.gethostname()}:{os.getpid()}", logos)
        keeping = asyncio.create_task(_keep(here, shop))
        measuring = asyncio.create_task(_measure_again(intake))
        try:
            await _work(intake, reader, stop)
        finally:
            await ended(keeping, measuring)
            await intake.close()


async def _measured(here: Installation, shop: Workshop, stop: asyncio.Event) -> Measured | None:
    """What this machine can, measured once somebody has a source: a house without any spends nothing on it."""
    while not stop.is_set():
        try:
            async with here.db.read() as session:
                wanted = await any_source(session)
            if wanted:
                found = await measured(
                    sandbox=shop.sandbox.apart(effort=Effort(0, 0)), work=shop.work, store=shop.store
                )
                _print(found)
                return found
        except (SQLAlchemyError, MediaRefused):
            log.exception("live encoding could not be measured")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _ASK * 3)
    return None


async def _measure_again(intake: Intake) -> None:
    while True:
        await asyncio.sleep(_MEASURE_AGAIN)
        studio = intake.studio
        if studio.measured.is_full or intake.on_air:
            continue
        with contextlib.suppress(MediaRefused):
            found = await measured(sandbox=studio.sandbox, work=studio.work, store=intake.here.store)
            if not intake.on_air:
                studio.measured = found
                _print(found)


def _print(found: Measured) -> None:
    plain, marked = (found.power(logo=logo, recorded=False) for logo in (False, True))
    log.info("live encoding was measured", factor=round(plain.factor, 2), rungs=len(plain.rungs))
    log.info("live encoding with a logo was measured", factor=round(marked.factor, 2), rungs=len(marked.rungs))


async def _work(intake: Intake, reader: TreeReader, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    asked = -_ASK
    while not stop.is_set():
        if loop.time() - asked >= _ASK:
            asked = loop.time()
            try:
                await reader.refresh()
                await intake.ask()
            except (SQLAlchemyError, MediaRefused):
                log.exception("database or store are away, receiving what is held")
        await intake.look()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TURN)


async def _keep(here: Installation, shop: Workshop) -> None:
    """Recordings and old files, in turns of their own, until cancelled."""
    tidied = float("-inf")
    while True:
        try:
            busy = await keep_next(here.db, shop, now=here.clock.now())
            if here.clock.monotonic() - tidied > _TIDY and not await tidy(here.db, here.store, now=here.clock.now()):
                tidied = here.clock.monotonic()
        except (SQLAlchemyError, MediaRefused, OSError):
            log.exception("a recording waits")
            busy = False
        await asyncio.sleep(0 if busy else _KEEP)


def _instant(ms: int) -> dt.datetime | None:
    return from_ms(ms) if ms else None
