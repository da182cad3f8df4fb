"""A person's own notices: the list, the number beside the entry of the navigation, reading and putting away."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound
from cms.notices.models import Notice
from cms.notices.tell import keep_home
from cms.people.actor import Actor


async def notices_of(
    session: AsyncSession, actor: Actor, *, before: dt.datetime | None = None, done: bool = False, limit: int = 50
) -> Sequence[Notice]:
    """The actor's own, newest first; open ones, or those that were put away."""
    query = select(Notice).where(Notice.person_id == actor.person)
    query = query.where(Notice.done_at.is_not(None) if done else Notice.done_at.is_(None))
    if before is not None:
        query = query.where(or_(Notice.last_at < before))
    return (await session.scalars(query.order_by(Notice.last_at.desc(), Notice.id).limit(limit))).all()


async def unread_count(session: AsyncSession, actor: Actor) -> int:
    query = select(func.count()).select_from(Notice)
    mine = (Notice.person_id == actor.person, Notice.done_at.is_(None), Notice.read_at.is_(None))
    return await session.scalar(query.where(*mine)) or 0


async def read_notice(session: AsyncSession, actor: Actor, notice: uuid.UUID, *, now: dt.datetime) -> str:
    """Marks it as read; returns where it is dealt with. Raises NotFound `notices.no_notice`."""
    row = await _own(session, actor, notice)
    row.read_at = row.read_at or now
    await session.flush()
    await keep_home(session, [row.id], now=now)
    return row.href


async def put_away(session: AsyncSession, actor: Actor, notice: uuid.UUID, *, now: dt.datetime) -> None:
    """Off the list; it can be found among those put away. Raises NotFound `notices.no_notice`."""
    row = await _own(session, actor, notice)
    row.done_at, row.read_at = row.done_at or now, row.read_at or now
    await session.flush()
    await keep_home(session, [row.id], now=now)


async def put_all_away(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> int:
    """Everything that was read already; returns how many."""
    closing = (
        update(Notice)
        .where(Notice.person_id == actor.person, Notice.done_at.is_(None), Notice.read_at.is_not(None))
        .values(done_at=now)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.scalars(closing)).all())


async def _own(session: AsyncSession, actor: Actor, notice: uuid.UUID) -> Notice:
    row = await session.get(Notice, notice, with_for_update=True, populate_existing=True)
    # Somebody else's is as good as none: its very existence is none of the asker's business.
    if row is None or row.person_id != actor.person:
        raise NotFound("notices.no_notice")
    return row
