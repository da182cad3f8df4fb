"""The encoder of a worker: one video at a time, beside the deliveries and below them."""

import asyncio
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from cms.library.encoding import EncodeRoom, encode_next
from cms.library.upload import Workshop
from deploy.installation import Installation

# Between two looks at the jobs when nothing rang.
_POLL: Final = 2.0
_AGAIN: Final = 5.0

log = logger("deploy")


async def encode_videos(here: Installation, room: Workshop, owner: str) -> None:
    """Encodes what is due until cancelled, then gives the job back."""
    # Turns of its own in the sandbox: pictures and covers of deliveries never queue behind a video.
    apart = replace(room, sandbox=room.sandbox.apart())
    encoder = EncodeRoom(here.db, here.clock, apart, f"{owner}:encoder", here.metrics)
    while True:
        rung = here.wake.count
        try:
            busy = await encode_next(encoder)
        except SQLAlchemyError:
            log.exception("the database is away")
            await asyncio.sleep(_AGAIN)
            continue
        if not busy:
            await here.wake.after(rung, within=_POLL)
