"""The clock of review in a worker: tells of steps whose deadline passed, beside the deliveries."""

import asyncio
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from cms.review.deadlines import escalate_due
from deploy.installation import Installation

# Deadlines are whole hours: a quarter of a minute late is on time.
_POLL: Final = 15.0

log = logger("deploy")


async def tell_of_deadlines(here: Installation, owner: str) -> None:
    """Looks now and then until cancelled; several workers share the rows."""
    while True:
        try:
            told = await escalate_due(here.db, owner=f"{owner}:review", now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
        else:
            if told:
                here.metrics.count("yunping_review_deadlines_total", told)
        await asyncio.sleep(_POLL)
