"""Remote hands in the processes: where boxes hand their files in, and the worker's turn at updates and old files."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.library.upload import Workshop
from deploy.guarding import GuardedHands
from deploy.hooks import Buckets
from deploy.installation import Installation
from media.errors import MediaRefused
from screens.hands.rollout import tick
from screens.hands.uploads import MAX_PICTURE, forget_files, hand_in
from screens.kiosk.diary import BYTES

PATH: Final = "/box/v1/files/{order}"
SECONDS: Final = 120.0  # a box behind a thin line may take this long for its picture
AT_ONCE: Final = 8
_EVERY: Final = 10.0
_FORGET_EVERY: Final = 360  # turns
_BURST: Final = 20
_RATE: Final = 1.0

log = logger("hands")


class BoxFiles:
    """`PUT /box/v1/files/{order}` with the order's ticket. Nobody is signed in here; the ticket is all there is."""

    def __init__(self, db: Database, clock: Clock, room: Workshop) -> None:
        self._db = db
        self._clock = clock
        self._room = room
        self._buckets = Buckets(asyncio.get_running_loop().time, burst=_BURST, rate=_RATE)
        self._busy = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        return [web.put(PATH, self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """204, 403 for a ticket that is none, 413, 422, 429, 503; no word more than the number."""
        return web.Response(status=await self._taken(request))

    async def _taken(self, request: web.Request) -> int:
        scheme, _, ticket = request.headers.get("Authorization", "").partition(" ")
        order = _id(request.match_info["order"])
        if not self._buckets.take(request.remote or ""):
            return 429
        if (request.content_length or 0) > MAX_PICTURE + BYTES:
            return 413
        return 403 if scheme != "Ticket" or order is None else await self._handed(request, order, ticket)

    async def _handed(self, request: web.Request, order: uuid.UUID, ticket: str) -> int:
        try:
            async with self._busy, asyncio.timeout(SECONDS):
                await hand_in(self._db, self._room, order, ticket, _blocks(request), now=self._clock.now())
        except DomainError as refused:
            log.warning("a file of a screen was refused", code=refused.code)
            return refused.status
        except MediaRefused as refused:
            log.warning("a picture of a screen was refused", code=refused.code)
            return 422
        except (TimeoutError, ConnectionError):
            return 408
        except SQLAlchemyError:
            log.exception("the database is away")
            return 503
        return 204


async def _blocks(request: web.Request) -> AsyncIterator[bytes]:
    async for block in request.content.iter_chunked(64 * 1024):
        yield block


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


async def keep_rollouts(here: Installation) -> None:
    """Takes its turns at the running update, and forgets files of long ago, until cancelled."""
    signer = GuardedHands(here.guard)
    keep = dt.timedelta(days=here.settings.hands_keep_days)
    turns = 0
    while True:
        now = here.clock.now()
        try:
            await tick(here.db, signer, now=now)
            if turns % _FORGET_EVERY == 0:
                await forget_files(here.db, before=now - keep)
        except DomainError as refused:
            log.warning("an update has to wait", code=refused.code)
        except SQLAlchemyError:
            log.exception("the database is away")
        turns += 1
        await asyncio.sleep(_EVERY)
