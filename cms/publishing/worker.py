"""The worker: finds what is due, does it, and writes down what became of it. All its memory is in the rows.

It may be killed at any instruction: a claimed row's lease runs out and the next worker takes it. Several may run.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from cms.kernel import leases
from cms.kernel.log import logger
from cms.kernel.wake import Wake
from cms.planning.embargo import free_of_embargo
from cms.planning.models import Occurrence
from cms.planning.occurrences import RULES
from cms.publishing.due import run_occurrence
from cms.publishing.lanes import LONGS, RECALLS, Lane, lanes
from cms.publishing.models import Delivery
from cms.publishing.refresh import plan_roll_over
from cms.publishing.sending import Sending
from cms.publishing.states import DELIVERY
from cms.publishing.workshop import Workshop

POISON: Final = {"error_code": "publishing.poisoned", "error_params": {}}
_AGAIN: Final = 1.0

log = logger("publishing.worker")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker works: its name in leases, deliveries at once, and the longest idle wait.

    Attributes:
        recalls: places beside `at_once` that only what takes off may have.
        long_at_once: of `at_once`, how many may be of one channel that needs more than `LONG` seconds; one place is
            never theirs: encodes of minutes keep no notice waiting, and no post of another channel.
        seconds: for each delivery, instead of what its channel asks for.
    """

    owner: str
    at_once: int = 4
    recalls: int = 1
    long_at_once: int = 1
    seconds: float | None = None
    poll: float = 0.2
    occurrences: leases.LeaseRules = RULES
    deliveries: leases.LeaseRules = DELIVERY


class Worker:
    """Runs until cancelled; `step` does what is due now and returns, for tests and for running by hand."""

    def __init__(self, shop: Workshop, settings: WorkerSettings, wake: Wake | None = None) -> None:
        self._shop = shop
        self._settings = settings
        self._wake = wake
        self._lanes = lanes(shop.channels)
        self._posts = frozenset(kind for kind, channel in shop.channels.items() if channel.display is None)
        self._running: dict[asyncio.Task[None], str] = {}

    async def run(self) -> None:
        """Works until cancelled, then lets go of what it holds; a database that is away is waited for."""
        try:
            while True:
                rung = self._wake.count if self._wake else 0
                try:
                    busy = await self._begin_all()
                except SQLAlchemyError:
                    log.exception("the database is away")
                    await asyncio.sleep(_AGAIN)
                    continue
                if not busy:
                    await self._idle(rung)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def step(self) -> int:
        """Does everything that is due, one round after another; returns how many pieces of work were begun."""
        count = 0
        while begun := await self._begin_all():
            count += begun
            await asyncio.gather(*self._running)
        return count

    async def plan(self) -> None:
        """Makes sure that the daily roll-over is planned; call it once at start."""
        async with self._shop.database.write() as session:
            await plan_roll_over(session, now=self._shop.clock.now())

    async def _begin_all(self) -> int:
        begun = 0
        settings = self._settings
        free = (free_of_embargo(self._shop.clock.now()),)
        occurs, due = await self._due(free)
        if occurs:
            for held in await self._claim(Occurrence, settings.occurrences, self._free, free):
                now = self._shop.clock.now()
                work = run_occurrence(self._shop.database, held, settings.occurrences, now=now, posts=self._posts)
                self._start(work, "occurrence")
                begun += 1
        for lane in due:
            for held in await self._claim(Delivery, settings.deliveries, self._free_in(lane), lane.where):
                self._start(Sending(self._shop, held, settings.deliveries, seconds=settings.seconds).run(), lane.name)
                begun += 1
        return begun

    async def _due(self, free: Sequence[ColumnElement[bool]]) -> tuple[bool, Sequence[Lane]]:
        """Whether an occurrence can be claimed, and the lanes with a delivery that can: one reading for all of them.

        A worker looks after every commit, and a reading for each lane kept the delivery waiting that was just ordered.
        """
        now, settings = self._shop.clock.now(), self._settings
        async with self._shop.database.read() as session:
            occurs = await leases.is_due(session, Occurrence, settings.occurrences, now=now, where=free)
            if not await leases.is_due(session, Delivery, settings.deliveries, now=now):
                return occurs, ()
            found = [
                lane
                for lane in self._lanes
                if await leases.is_due(session, Delivery, settings.deliveries, now=now, where=lane.where)
            ]
        return occurs, found

    async def _claim(
        self,
        table: type[Occurrence] | type[Delivery],
        rules: leases.LeaseRules,
        free: int,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> list[leases.Claim]:
        if free <= 0:
            return []
        owner, now = self._settings.owner, self._shop.clock.now()
        try:
            async with self._shop.database.write() as session:
                return await leases.claim(
                    session, table, rules, owner=owner, now=now, limit=free, poison=POISON, where=where
                )
        except IntegrityError:
            # Two workers took two deliveries of one target at the same moment; the database let one of them.
            return []

    def _start(self, work: Coroutine[Any, Any, None], lane: str) -> None:
        task = asyncio.create_task(_logged(work))
        self._running[task] = lane
        task.add_done_callback(self._running.pop)

    @property
    def _free(self) -> int:
        return self._settings.at_once - len(self._running)

    def _free_in(self, lane: Lane) -> int:
        if lane.name == RECALLS:
            return self._free + self._settings.recalls
        if not lane.name.startswith(LONGS):
            return self._free
        running = list(self._running.values())
        of_all = max(1, self._settings.at_once - 1) - sum(name.startswith(LONGS) for name in running)
        return min(self._free, of_all, self._settings.long_at_once - running.count(lane.name))

    async def _idle(self, rung: int) -> None:
        """Until something is committed anywhere, a piece of work ends, or the poll interval is over."""
        waits: set[asyncio.Future[Any]] = set(self._running) if self._is_full else set()
        sleep = self._wake.after(rung, within=self._settings.poll) if self._wake else asyncio.sleep(self._settings.poll)
        waits.add(asyncio.ensure_future(sleep))
        _, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for future in left - self._running.keys():
            future.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await future

    @property
    def _is_full(self) -> bool:
        return self._free <= 0


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # the edge of a piece of work: its lease runs out and it is done again
        log.exception("a piece of work broke off")
