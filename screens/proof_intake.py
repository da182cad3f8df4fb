"""Proof of play as it arrives: gathered, written once a second, and only then answered: nothing told is lost."""

import asyncio
import uuid
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from screens.messages import Proved, Shown, Unproved
from screens.proof import Batch, Row
from screens.proofs import Answer, Sent, keep
from screens.registry import Registry

EVERY: Final = 1.0
# Batches that wait for the next writing; a device whose batch was passed over sends it again.
MOST: Final = 2_000

log = logger("screens")


class Intake:
    """The batches of this gateway's screens; at most one of each waits, as a device sends one at a time."""

    def __init__(self, database: Database, clock: Clock, registry: Registry, metrics: Metrics) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._metrics = metrics
        self._waiting: dict[tuple[uuid.UUID, str, int], Batch] = {}
        self._is_away = False

    def take(self, screen: uuid.UUID, proof: Shown) -> None:
        """Keeps what was sent for the next writing; nothing is answered yet."""
        if len(self._waiting) < MOST and all(0 <= row[0] < len(proof.releases) for row in proof.rows):
            rows = tuple(Row(proof.releases[place], start, ms) for place, start, ms in proof.rows)
            self._waiting[screen, proof.chain, proof.first] = Batch(proof.first, proof.prev, proof.head, rows)

    async def run(self) -> None:
        """Writes once a second until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        """Writes what has gathered and answers it; while the database is away nobody is answered."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        sent = [Sent(screen, chain, batch) for (screen, chain, _), batch in waiting.items()]
        try:
            async with self._database.write() as session:
                answers = await keep(session, sent, now=self._clock.now())
        except (SQLAlchemyError, OSError) as problem:
            if not self._is_away:
                log.warning("proof of play not written, devices keep it", error=str(problem))
            self._is_away = True
            return
        self._is_away = False
        self._metrics.count("yunping_proof_rows_total", sum(len(one.batch.rows) for one in sent), state="taken")
        self._metrics.count("yunping_proof_rows_total", sum(len(one.refusals) for one in answers), state="refused")
        for answer in answers:
            self._tell(answer)

    def _tell(self, answer: Answer) -> None:
        connection = self._registry.get(answer.screen)
        if connection is not None:
            refused = tuple(Unproved(one.seq, one.code) for one in answer.refusals)
            connection.push(Proved(answer.chain, answer.upto, refused))
