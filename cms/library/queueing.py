"""Whose turn it is among the videos: what somebody counts on soon, then whoever waits longest."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.library.models import EncodeJob
from cms.library.room import Soon
from cms.library.states import VideoState

HURRIED: Final = 10
_MOST: Final = 500


async def mark_hurried(session: AsyncSession, soon: Soon | None, *, now: dt.datetime) -> None:
    """Gives the jobs that wait or are at work the priority their videos have now; inside a write block."""
    if soon is None:
        return
    open_ = EncodeJob.state.in_([VideoState.WAITING.value, VideoState.ENCODING.value])
    query = select(EncodeJob.id, EncodeJob.asset_id, EncodeJob.priority).where(open_).limit(_MOST)
    rows = (await session.execute(query)).all()
    wanted = set(await soon(session, [row.asset_id for row in rows], now)) if rows else set()
    for priority in (HURRIED, 0):
        changed = [
            row.id for row in rows if row.priority != priority and (row.asset_id in wanted) == (priority == HURRIED)
        ]
        if changed:
            statement = update(EncodeJob).where(EncodeJob.id.in_(changed)).values(priority=priority)
            await session.execute(statement.execution_options(synchronize_session=False))


async def must_give_way(session: AsyncSession, job: uuid.UUID, *, now: dt.datetime) -> bool:
    """Whether a job that hurries waits while this one, which does not, is at work."""
    mine = select(EncodeJob.priority).where(EncodeJob.id == job).scalar_subquery()
    due = (EncodeJob.state == VideoState.WAITING.value) & (EncodeJob.not_before <= now)
    query = select(EncodeJob.id).where(due, EncodeJob.priority > mine, EncodeJob.id != job).limit(1)
    return (await session.execute(query)).first() is not None


async def others_wait(session: AsyncSession, job: uuid.UUID) -> bool:
    """Whether a video stands before this one: its begin is then all that can be seen of it for a while."""
    open_ = EncodeJob.state.in_([VideoState.WAITING.value, VideoState.ENCODING.value])
    query = select(EncodeJob.id).where(open_, EncodeJob.id != job, EncodeJob.looked_at.is_not(None)).limit(1)
    return (await session.execute(query)).first() is not None
