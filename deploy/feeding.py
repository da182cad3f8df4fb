"""The poller of a worker: one feed at a time, beside the deliveries."""

import asyncio
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.content.importing.polling import FeedRoom, poll_next
from cms.kernel.log import logger
from cms.kernel.wake import CALM
from cms.library.upload import Workshop
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from deploy.installation import Installation

# Between two looks at what is due when nothing rang; feeds are due by the quarter of an hour.
_POLL: Final = 10.0
_AGAIN: Final = 10.0

log = logger("deploy")


async def poll_feeds(here: Installation, room: Workshop, owner: str) -> None:
    """Looks at feeds that are due until cancelled; a look that is broken off is taken over when its lease ends."""
    outbound = GuardedOutbound(Policy(exceptions=here.settings.exceptions))
    # Turns of its own in the sandbox, so that a slow feed never keeps an editor's upload waiting.
    sandbox = room.sandbox.apart()
    poller = FeedRoom(here.db, here.clock, outbound, sandbox, room.work, f"{owner}:feeds", here.metrics)
    while True:
        rung = here.wake.count
        try:
            busy = await poll_next(poller)
        except SQLAlchemyError:
            log.exception("the database is away")
            await asyncio.sleep(_AGAIN)
            continue
        except Exception:  # the edge of the worker: its lease runs out, and the row says so in the end
            log.exception("a feed could not be looked at")
            await asyncio.sleep(_AGAIN)
            continue
        if not busy:
            await here.wake.after(rung, within=_POLL, calm=CALM)
