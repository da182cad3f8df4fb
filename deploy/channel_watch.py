"""What a web process does for its channels beside answering: it counts viewers in batches and looks at each channel."""

import asyncio
import datetime as dt
import ipaddress
from typing import Final

from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from cms.airing.alarming import Watch
from cms.airing.monitor import Probe
from cms.airing.tidying import end_what_is_over
from cms.airing.viewing import Counter
from cms.airing.viewing_rows import add_batch, salt_of, some_are_over
from cms.contract import Reply
from cms.kernel.log import logger
from deploy.installation import Installation
from schedules.beijing import day_of

_BATCH_EVERY: Final = 15.0
_LOOK_EVERY: Final = 20.0
_TIDY_EVERY: Final = 3600.0
_LONGEST: Final = 300

log = logger("airing")


def saw(counter: Counter, request: web.Request, reply: Reply, now: dt.datetime) -> None:
    """Counts a request for a moving list as watching."""
    if reply.viewing and reply.status in {200, 304} and request.method == hdrs.METH_GET:
        agent = request.headers.get(hdrs.USER_AGENT, "")[:_LONGEST]
        counter.saw(reply.viewing, reply.viewer, _address(request), agent, now)


async def count_viewers(here: Installation, counter: Counter) -> None:
    """Writes batches until cancelled, and the last one then; a database that is away gets them later."""
    day = None
    try:
        while True:
            now = here.clock.now()
            if day != day_of(now):
                day = day_of(now) if await _salted(here, counter, now) else None
            await write_batch(here, counter, now)
            await asyncio.sleep(_BATCH_EVERY)
    except asyncio.CancelledError:
        await write_batch(here, counter, here.clock.now())
        raise


async def write_batch(here: Installation, counter: Counter, now: dt.datetime) -> None:
    """One batch; what could not be written stays in the counter."""
    batch = counter.taken()
    try:
        async with here.db.read() as session:
            # Looked at first, so that a channel nobody watches never takes the writer's turn.
            if not batch and not await some_are_over(session, now=now):
                here.metrics.gauge("yunping_viewers", 0)
                return
        async with here.db.write() as session:
            begun = await add_batch(session, batch, now=now)
    except SQLAlchemyError:
        log.exception("the database is away")
        counter.give_back(batch)
        return
    here.metrics.count("yunping_viewing_sessions_total", begun)
    here.metrics.gauge("yunping_viewers", sum(map(len, batch.values())))
    if counter.missed:
        here.metrics.count("yunping_viewers_missed_total", counter.missed)
        counter.missed = 0


async def watch_channels(here: Installation, probe: Probe) -> None:
    """Looks at every channel until cancelled."""
    watch = Watch()
    while True:
        try:
            found = await watch.look(here.db, here.channels, probe, now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
        else:
            for health, count in found.items():
                here.metrics.gauge("yunping_channels", count, state=health.value)
        await asyncio.sleep(_LOOK_EVERY)


async def tidy_days(here: Installation) -> None:
    """Ends placements that are over until cancelled."""
    while True:
        try:
            async with here.db.write() as session:
                await end_what_is_over(session, now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
        await asyncio.sleep(_TIDY_EVERY)


async def _salted(here: Installation, counter: Counter, now: dt.datetime) -> bool:
    try:
        async with here.db.write() as session:
            counter.salt = await salt_of(session, now=now)
    except SQLAlchemyError:
        log.exception("the database is away")
        return False
    return True


def _address(request: web.Request) -> str:
    """Where a viewer is; a proxy beside us is believed, for who lies to it gains nothing but a wrong number."""
    peer = request.remote or ""
    try:
        is_ours = ipaddress.ip_address(peer).is_private
    except ValueError:
        is_ours = False
    forwarded = request.headers.get("X-Forwarded-For", "") if is_ours else ""
    return forwarded.rpartition(",")[2].strip()[:64] or peer
