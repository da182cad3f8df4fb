"""The queue of videos as rows: what each job's priority is now, and who waits behind the one at work."""

import datetime as dt
import uuid
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.library.models import EncodeJob
from cms.library.room import Soon
from cms.library.states import VideoState
from cms.library.turns import Place, priority_of

_MOST: Final = 500


async def mark_turns(session: AsyncSession, soon: Soon | None, *, now: dt.datetime) -> None:
    """Gives the jobs that wait or are at work the priority their videos have now; inside a write block."""
    open_ = EncodeJob.state.in_([VideoState.WAITING.value, VideoState.ENCODING.value])
    query = select(EncodeJob.id, EncodeJob.asset_id, EncodeJob.priority, EncodeJob.small_at)
    rows = (await session.execute(query.where(open_).order_by(EncodeJob.not_before).limit(_MOST))).all()
    wanted = set(await soon(session, [row.asset_id for row in rows], now)) if rows and soon is not None else set()
    changed: dict[int, list[uuid.UUID]] = {}
    for row in rows:
        priority = priority_of(hurried=row.asset_id in wanted, watchable=row.small_at is not None)
        if row.priority != priority:
            changed.setdefault(priority, []).append(row.id)
    for priority, jobs in changed.items():
        statement = update(EncodeJob).where(EncodeJob.id.in_(jobs)).values(priority=priority)
        await session.execute(statement.execution_options(synchronize_session=False))


async def places(session: AsyncSession, job: uuid.UUID, *, now: dt.datetime) -> tuple[Place, Place | None]:
    """The place of a job at work, and of the first that waits."""
    shown = select(EncodeJob.id, EncodeJob.priority, EncodeJob.not_before)
    mine = (await session.execute(shown.where(EncodeJob.id == job))).one()
    due = (EncodeJob.state == VideoState.WAITING.value) & (EncodeJob.not_before <= now) & (EncodeJob.id != job)
    order = (EncodeJob.priority.desc(), EncodeJob.not_before, EncodeJob.id)
    first = (await session.execute(shown.where(due).order_by(*order).limit(1))).first()
    return _place(mine), _place(first) if first is not None else None


async def others_wait(session: AsyncSession, job: uuid.UUID) -> bool:
    """Whether a video stands before this one: its begin is then all that can be seen of it for a while."""
    open_ = EncodeJob.state.in_([VideoState.WAITING.value, VideoState.ENCODING.value])
    query = select(EncodeJob.id).where(open_, EncodeJob.id != job, EncodeJob.looked_at.is_not(None)).limit(1)
    return (await session.execute(query)).first() is not None


def _place(row: Any) -> Place:
    return Place(row.id, row.priority, row.not_before)
