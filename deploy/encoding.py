"""The library's work in a worker: videos, newspapers, sizes of pictures, uploads left over; below the deliveries."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.uses import ever_named
from cms.kernel.log import logger
from cms.kernel.wake import CALM
from cms.library.browse import pictures_lacking
from cms.library.encoding import encode_next
from cms.library.looking import look_next
from cms.library.remaking import back_fill, remake_next
from cms.library.room import EncodeRoom
from cms.library.taking import take_next
from cms.library.trash import purge
from cms.library.upload import Workshop
from cms.library.uploads import sweep
from cms.newspaper.drawing import draw_next
from cms.planning.urgent import counted_on
from cms.publishing.onair.logos import worn
from deploy.encoding_card import with_card
from deploy.installation import Installation
from media.errors import MediaRefused
from media.images import TABLE
from media.sandbox import Effort

# Between two looks at the jobs when nothing rang.
_POLL: Final = 2.0
_AGAIN: Final = 5.0
_TIDY: Final = 3600.0

log = logger("deploy")


async def encode_videos(here: Installation, room: Workshop, owner: str) -> None:
    """Encodes what is due until cancelled, then gives the job back."""
    encoder = await with_card(here, _encoder(here, room, f"{owner}:encoder"))
    await work(here, lambda: encode_next(encoder))


async def look_at_videos(here: Installation, room: Workshop, owner: str) -> None:
    """Makes the begin of newcomers watchable while the encoder is at another video, until cancelled."""
    looker = _encoder(here, room, f"{owner}:looker")
    await work(here, lambda: look_next(looker))


def _encoder(here: Installation, room: Workshop, owner: str) -> EncodeRoom:
    # Turns of its own in the sandbox: pictures and covers of deliveries never queue behind a video.
    effort = Effort(here.settings.encode_nice, here.settings.encode_cores)
    # Two, as the sound is made beside the first pictures.
    apart = replace(room, sandbox=room.sandbox.apart(parallel=2, effort=effort))
    return EncodeRoom(here.db, here.clock, apart, owner, here.metrics, soon=counted_on)


async def keep_library(here: Installation, room: Workshop, owner: str) -> None:
    """Makes sizes anew, takes uploads that nobody finished, and tidies up once an hour, until cancelled."""
    apart = replace(room, sandbox=room.sandbox.apart())
    keeper = EncodeRoom(here.db, here.clock, apart, f"{owner}:library", here.metrics)
    tidied, lacking = float("-inf"), True

    async def one() -> bool:
        nonlocal tidied, lacking
        if here.clock.monotonic() - tidied > _TIDY:
            tidied, lacking = here.clock.monotonic(), True
            await tidy(here, apart)
        if lacking := lacking and await _lacks(here):
            async with here.db.write() as session:
                await back_fill(session, now=here.clock.now())
        taken = await take_next(keeper)
        return await remake_next(keeper) or taken or lacking

    await work(here, one)


async def draw_newspapers(here: Installation, room: Workshop, owner: str) -> None:
    """Draws the pages of issues until cancelled; a hundred pages never hold up a picture's sizes."""
    apart = replace(room, sandbox=room.sandbox.apart())
    drawer = EncodeRoom(here.db, here.clock, apart, f"{owner}:newspaper", here.metrics)
    await work(here, lambda: draw_next(drawer))


async def tidy(here: Installation, room: Workshop) -> None:
    """Ends uploads that ran out, and what lay in the trash for a month."""
    now = here.clock.now()
    try:
        gone = await sweep(here.db, room, now=now)
        purged = await purge(here.db, here.store, named=_named, now=now)
    except MediaRefused as refused:
        log.warning("the library could not be tidied", code=refused.code)
    else:
        log.info("the library is tidy", uploads=gone, assets=purged)


async def _named(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, int]:
    """How often each asset is named, by revisions and as the logo of a channel."""
    pieces, channels = await ever_named(session, ids), await worn(session, ids)
    return {asset: pieces.get(asset, 0) + channels.get(asset, 0) for asset in ids}


async def _lacks(here: Installation) -> bool:
    async with here.db.read() as session:
        return bool(await pictures_lacking(session, table=TABLE, limit=1))


async def work(here: Installation, one: Callable[[], Awaitable[bool]]) -> None:
    """Does one after another until cancelled, woken by commits; a database that is away is waited for."""
    while True:
        rung = here.wake.count
        try:
            busy = await one()
        except SQLAlchemyError:
            log.exception("the database is away")
            await asyncio.sleep(_AGAIN)
            continue
        if not busy:
            await here.wake.after(rung, within=_POLL, calm=CALM)
