"""One source at work: what comes in, what is seen of it, and while it is on air the encoder that makes its slots."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cms.kernel.clock import Clock, to_ms
from cms.kernel.log import logger
from cms.live.rules import SourceState
from deploy.live_tape import Tape
from media.errors import MediaRefused
from media.live import LATE_RUN, LOST_MS, Grid, Made, Measured, Power, is_ahead, is_in_time
from media.live_encoding import LiveEncoder, Signal, loudness_of, signal_of, still_of
from media.live_sight import Sight
from media.logo import Worn
from media.loudness import UNHEARD, Loudness, live_gain
from media.package import House
from media.sandbox import Sandbox

# Of what came in last: enough for a look at it, whatever its rate.
_KEPT: Final = 3 << 20
_ENOUGH: Final = 200_000
_STILL_EVERY: Final = 8.0
_LOOK_EVERY: Final = 1.0
_PACE: Final = 0.2

# A slot of an order: the channel's slot, what was made, and how many rungs of it.
Keep = Callable[[uuid.UUID, int, Made, int], Awaitable[bool]]

log = logger("live-in")


@dataclass(slots=True)
class Studio:
    """Where signals are looked at and encoded, and what that costs this machine by the last measurement."""

    clock: Clock
    sandbox: Sandbox
    work: Path
    house: House
    measured: Measured


@dataclass(slots=True)
class Inlet:
    """A source. `hear` takes what its receiver brings; `look` is called a few times a second and waits for nothing."""

    studio: Studio
    keep: Keep
    tape: Tape
    state: SourceState = SourceState.WAITING
    since: dt.datetime | None = None
    signal: Signal | None = None
    still: bytes | None = None
    sight: Sight = field(default_factory=Sight)
    slot: int = 0
    late: int = 0
    losses: int = 0
    refused: str = ""
    logo: Worn | None = None
    loudness: Loudness = UNHEARD
    _parts: deque[bytes] = field(default_factory=deque)
    _size: int = 0
    _heard_ms: int = 0
    _looked: float = 0.0
    _encoder: LiveEncoder | None = None
    _encoding: asyncio.Task[None] | None = None
    _order: uuid.UUID | None = None
    _late_run: int = 0
    _spoiled: tuple[uuid.UUID, Worn] | None = None
    _looking: asyncio.Task[None] | None = None

    async def hear(self, block: bytes) -> None:
        """The next bytes; waits while a source is faster than time."""
        self.tape.hear(block)
        self._heard_ms = to_ms(self.studio.clock.now())
        self._parts.append(block)
        self._size += len(block)
        while self._size > _KEPT:
            self._size -= len(self._parts.popleft())
        encoder = self._encoder
        if encoder is None:
            return
        while self._encoder is encoder and is_ahead(self.slot, to_ms(self.studio.clock.now())):  # noqa: ASYNC110 - time
            await asyncio.sleep(_PACE)
        self._heard_ms = to_ms(self.studio.clock.now())
        await encoder.feed(block)

    def power(self, *, recorded: bool) -> Power:
        """What this machine makes of the signal: its channel's logo has a price, and so has a recording."""
        return self.studio.measured.power(logo=self.logo is not None, recorded=recorded)

    @property
    def spent(self) -> float:
        """How fast it is encoded now, alone on this machine; 0 while it is not."""
        return self.power(recorded=self.tape.order is not None).factor if self._encoding is not None else 0.0

    def look(self, order: uuid.UUID | None, *, may_encode: bool = True, record: bool = False) -> None:
        """What is to be done now: begin or end the encoder and the recording, look at what comes in, say how it is."""
        now = self.studio.clock.now()
        lost = to_ms(now) - self._heard_ms > LOST_MS
        self.tape.want(order if record else None)
        if lost:
            self.tape.cut()
        if lost and self.state in {SourceState.RECEIVING, SourceState.ENCODING}:
            self.losses += 1
            self._parts.clear()
            self._size, self.signal, self.loudness, self.sight = 0, None, UNHEARD, Sight()
        broken = self._encoding is not None and self._encoding.done()
        if self._encoding is not None and (broken or lost or order != self._order or self._late_run >= LATE_RUN):
            self._end()
        if order is not None and may_encode and self.signal is not None and not lost and self._encoding is None:
            self._begin(order, self.signal)
        if not lost and (self._looking is None or self._looking.done()):
            loop = asyncio.get_running_loop()
            every = _LOOK_EVERY if self.signal is None else _STILL_EVERY
            if self._size >= _ENOUGH and loop.time() - self._looked >= every:
                self._looked = loop.time()
                self._looking = asyncio.create_task(self._see(b"".join(self._parts)))
        self._be(self._now_is(lost=lost), now)

    async def close(self) -> None:
        tasks = [task for task in (self._encoding, self._looking) if task is not None]
        self._end()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self.tape.close(), return_exceptions=True)

    def _now_is(self, *, lost: bool) -> SourceState:
        if lost:
            return SourceState.LOST if self._heard_ms else SourceState.WAITING
        if self._encoding is not None:
            return SourceState.ENCODING
        return SourceState.WAITING if self.signal is None else SourceState.RECEIVING

    def _be(self, state: SourceState, now: dt.datetime) -> None:
        if state is not self.state:
            self.state, self.since = state, now
            log.info("a live source changed", state=state.value)

    async def _see(self, data: bytes) -> None:
        studio = self.studio
        try:
            if self.signal is None:
                self.signal = await signal_of(data, sandbox=studio.sandbox, work=studio.work)
            if self.signal is not None and self.signal.has_sound:
                self.loudness = await loudness_of(data, sandbox=studio.sandbox, work=studio.work)
            seen = await still_of(data, sandbox=studio.sandbox, work=studio.work)
            if seen is not None:
                self.still, cells = seen
                self.sight = self.sight.then(cells, to_ms(studio.clock.now()))
        except (MediaRefused, OSError) as error:
            log.warning("a live source could not be looked at", error=str(error))

    def _begin(self, order: uuid.UUID, signal: Signal) -> None:
        self._order, self._late_run, self.slot = order, 0, 0
        self._encoding = asyncio.create_task(self._encode(order, signal))

    def _end(self) -> None:
        if self._encoding is not None:
            self._encoding.cancel()
        self._encoding = self._encoder = self._order = None
        self._late_run = 0

    async def _encode(self, order: uuid.UUID, signal: Signal) -> None:
        studio = self.studio
        # What the logo is now stays in this run: a filter cannot be given another picture, and a new run costs slots.
        logo = self.wears(order)
        rungs = self.power(recorded=self.tape.order is not None).rungs
        grid = Grid.at(to_ms(studio.clock.now()))

        async def take(segment: int, made: Made) -> None:
            slot = grid.slot(segment)
            kept = is_in_time(slot, to_ms(studio.clock.now())) and await self.keep(order, slot, made, len(rungs))
            self.late += not kept
            self._late_run = 0 if kept else self._late_run + 1
            self.slot = slot

        encoder = LiveEncoder(grid, rungs, signal, studio.house, take, live_gain(self.loudness), logo)
        try:
            async with encoder.running(studio.sandbox, studio.work) as task:
                self._encoder = encoder
                await task
            self.doubt(order, logo, made=encoder.made)
            self.refused = encoder.said
        except MediaRefused as refused:
            self.doubt(order, logo, made=encoder.made)
            self.refused = refused.code
            log.warning("the encoder of a live source ended", code=refused.code)
        finally:
            if self._encoder is encoder:
                self._encoder = None

    def wears(self, order: uuid.UUID) -> Worn | None:
        """The logo of a run of this order that begins now."""
        return None if (order, self.logo) == self._spoiled else self.logo

    def doubt(self, order: uuid.UUID, logo: Worn | None, *, made: int) -> None:
        """A run that ended before its first slot may have done so for its logo: the next of this order goes without."""
        if logo is not None and made == 0:
            self._spoiled = (order, logo)


async def ended(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks and waits until they are gone."""
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
