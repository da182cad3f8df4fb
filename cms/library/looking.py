"""The first look at a video: its begin in small, to be watched on the desk seconds after the file is there.

The worker that goes on to encode it makes it on its way; for those that wait behind a long film there is a loop of its
own, which makes more of it, because it is all that can be seen for a while.
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.log import logger
from cms.kernel.wake import ring
from cms.library.early_look import SHORT, look_row
from cms.library.examined import facts_of
from cms.library.leftovers import remove_files
from cms.library.models import VIDEO, Asset, EncodeJob, Rendition
from cms.library.queueing import others_wait
from cms.library.room import POISON, EncodeRoom, LeaseLostError, kept_lease
from cms.library.states import VideoState
from cms.library.videos import follow_jobs
from media.errors import MediaRefused
from media.house import FIRST_LOOK
from media.ladder import segments_of
from media.stretches import SEGMENTS
from media.video import VideoFacts

log = logger("library.looking")


async def look_next(room: EncodeRoom) -> bool:
    """Makes the begin of the newcomer that waits longest watchable, and gives its job back; False when none is due."""
    now, fresh = room.clock.now(), [EncodeJob.looked_at.is_(None)]
    async with room.database.read() as session:
        if not await leases.is_due(session, EncodeJob, room.rules, now=now, where=fresh):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, EncodeJob, room.rules, owner=room.owner, now=now, poison=POISON, where=fresh)
        await follow_jobs(session)
    for one in held:
        await _look(room, one)
    return bool(held)


async def _look(room: EncodeRoom, held: leases.Claim) -> None:
    try:
        async with room.database.read() as session:
            job = await session.get_one(EncodeJob, held.id)
            asset = await session.get_one(Asset, job.asset_id)
            waits, is_seen = await others_wait(session, held.id), await has_look(session, asset.id)
        if asset.kind == VIDEO and not asset.cut_of:
            shop = room.workshop
            kept = kept_lease(room, EncodeJob, room.rules, held)
            async with kept, shop.store.as_path(asset.sha256) as source:
                facts = await facts_of(room.database, shop, asset, source)
                short, long = [] if is_seen else [SHORT], [SEGMENTS] if waits else []
                for segments in short + long:
                    await first_look_at(room, held, asset, facts, segments=segments)
    except LeaseLostError:
        return
    except MediaRefused as refused:
        # The encoder meets the same and says so on the card.
        log.info("no first look", encode=str(held.id), code=refused.code)
    except asyncio.CancelledError:
        with contextlib.suppress(SQLAlchemyError):
            await asyncio.shield(_give_back(room, held))
        raise
    await _give_back(room, held, looked=True)


async def first_look_at(
    room: EncodeRoom, held: leases.Claim, asset: Asset, facts: VideoFacts, *, segments: int = SHORT
) -> None:
    """Makes so many segments watchable. Raises LeaseLostError, MediaRefused."""
    shop = room.workshop
    async with shop.store.as_path(asset.sha256) as source:
        looking = shop.tools.look(
            source, facts, segments=segments, sandbox=shop.sandbox, work=shop.work, limits=shop.video_limits
        )
        async with looking as path:
            await show_look(room, held, asset, path, whole=segments >= segments_of(facts.duration_ms))


async def show_look(room: EncodeRoom, held: leases.Claim, asset: Asset, path: Path, *, whole: bool) -> None:
    """Puts a plain film where it can be watched until the video is made. Raises LeaseLostError, MediaRefused."""
    shop = room.workshop
    kept = await shop.store.put(path, media_type="video/mp4")
    now = room.clock.now()
    row = look_row(asset.id, kept, now=now)
    async with room.database.write() as session:
        if not await leases.renew(session, EncodeJob, room.rules, held, now=now):
            raise LeaseLostError
        before = await _swapped(session, row)
        looked = update(EncodeJob).where(EncodeJob.id == held.id, EncodeJob.looked_at.is_(None))
        await session.execute(looked.values(looked_at=now))
        if whole:
            small = update(EncodeJob).where(EncodeJob.id == held.id, EncodeJob.small_at.is_(None))
            await session.execute(small.values(small_at=now))
        await ring(session, "library")
    await remove_files(room.database, shop.store, before)


async def has_look(session: AsyncSession, asset: uuid.UUID) -> bool:
    """Whether a video's begin can be watched."""
    query = select(Rendition.id).where(Rendition.asset_id == asset, Rendition.name == FIRST_LOOK).limit(1)
    return (await session.execute(query)).first() is not None


async def _swapped(session: AsyncSession, row: Rendition) -> set[str]:
    """Puts the look in the place of a shorter one; the hash of that."""
    old = (Rendition.asset_id == row.asset_id) & (Rendition.name == FIRST_LOOK)
    before = set((await session.scalars(select(Rendition.sha256).where(old))).all())
    await session.execute(delete(Rendition).where(old).execution_options(synchronize_session=False))
    session.add(row)
    await session.flush()
    return before - {row.sha256}


async def _give_back(room: EncodeRoom, held: leases.Claim, *, looked: bool = False) -> None:
    """The encoder's turn: nothing is counted against the job, and its place in the queue stays."""
    now: dt.datetime = room.clock.now()
    values = {"looked_at": now} if looked else {}
    async with room.database.write() as session:
        state = VideoState.WAITING.value
        attempt = held.attempt - 1
        if looked:
            query = update(EncodeJob).where(EncodeJob.id == held.id, EncodeJob.looked_at.is_(None)).values(**values)
            await session.execute(query)
        await leases.finish(session, EncodeJob, room.rules, held, state=state, attempt=attempt)
        await follow_jobs(session)
        await ring(session, "library")
