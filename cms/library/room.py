"""What a leased worker of the library works with, and how it learns that its work is somebody else's now."""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.metrics import Metrics
from cms.library.states import ENCODE
from cms.library.upload import Workshop

# Which of these assets somebody counts on soon: they jump the queue.
Soon = Callable[[AsyncSession, Collection[uuid.UUID], dt.datetime], Awaitable[Collection[uuid.UUID]]]


POISON: Final = {"error_code": "library.encode_poisoned", "error_params": {}}


class LeaseLostError(Exception):
    """Somebody else has the job: whatever was made is dropped."""


@dataclass(frozen=True, slots=True)
class EncodeRoom:
    """What an encoder works with; `tick` is the least time between two writes of progress, `soon` says what hurries."""

    database: Database
    clock: Clock
    workshop: Workshop
    owner: str
    metrics: Metrics | None = None
    rules: leases.LeaseRules = ENCODE
    tick: float = 1.0
    soon: Soon | None = None


@contextlib.asynccontextmanager
async def kept_lease(
    room: EncodeRoom, table: type[leases.Leased], rules: leases.LeaseRules, held: leases.Claim
) -> AsyncIterator[None]:
    """Prolongs a lease while something is done that says nothing on its way; the end asks whether it was lost."""
    keeping = asyncio.create_task(_keep(room, table, rules, held))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(room: EncodeRoom, table: type[leases.Leased], rules: leases.LeaseRules, held: leases.Claim) -> None:
    while True:
        await asyncio.sleep(rules.lease.total_seconds() / 3)
        with contextlib.suppress(SQLAlchemyError):
            async with room.database.write() as session:
                await leases.renew(session, table, rules, held, now=room.clock.now())
