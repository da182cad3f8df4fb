"""The fleet's watchman of a worker: outages every few seconds, and the ledger's and proof's old rows once an hour."""

import asyncio
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from deploy.installation import Installation
from screens.ledger import join_steps, prune
from screens.proofs import prune_proofs
from screens.watching import watch

# With an outage decided after 60 s of silence, an alarm stands within 65.
_LOOK: Final = 5.0
_TIDY: Final = 600.0

log = logger("deploy")


async def watch_screens(here: Installation) -> None:
    """Looks until cancelled; a database that is away is waited for."""
    while True:
        try:
            async with here.db.write() as session:
                found = await watch(session, now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
        else:
            here.metrics.gauge("yunping_screens_silent", found.silent)
            here.metrics.gauge("yunping_outages_open", found.open)
        await asyncio.sleep(_LOOK)


async def tidy_screens(here: Installation) -> None:
    """Joins steps that have come to rest and forgets what was kept long enough, until cancelled."""
    while True:
        try:
            async with here.db.write() as session:
                busy = await join_steps(session, now=here.clock.now())
                await prune(session, now=here.clock.now())
                await prune_proofs(session, now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
            busy = 0
        await asyncio.sleep(1 if busy else _TIDY)
