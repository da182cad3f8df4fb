"""Pieces that enter and leave a batch after it was made, from the desk, and the way back of the last such change."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import hold
from cms.kernel.errors import Conflict, NotFound
from cms.people.actor import Actor
from cms.people.permissions import Action, reach
from cms.planning.batches import Member, join_batch, leave_batch
from cms.planning.models import Batch, Occurrence
from cms.planning.occurrences import OPEN, publish_key
from cms.planning.schedule import Wanted, promise, scheduled

MOST: Final = 50


async def open_batches(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[Batch]:
    """The batches that still wait and that the actor may change, the next first."""
    paths = reach(actor, Action.PUBLISHING_SCHEDULE)
    mine = or_(false(), *(Batch.unit_path.startswith(path, autoescape=True) for path in paths))
    waits = exists().where(Occurrence.batch_id == Batch.id, Occurrence.state.in_(OPEN))
    query = select(Batch).where(Batch.at > now, Batch.cancelled_at.is_(None), mine, waits)
    return (await session.scalars(query.order_by(Batch.at, Batch.id).limit(MOST))).all()


async def step(session: AsyncSession, edition: uuid.UUID) -> str:
    """How the promise of an edition stands, for `put_back`: nobody's later change is undone by an old button."""
    row = await scheduled(session, edition) or await _last(session, edition)
    return "" if row is None else str(row.id)


async def put_back(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, seen: str, now: dt.datetime) -> None:
    """Undoes the last change of an edition's promise by which it entered or left a batch.

    Raises:
        Conflict: `planning.moved_meanwhile`; somebody changed it after `seen`.
        NotFound: `planning.batch_over`; nothing to go back to.
        Also as `join_batch`, `leave_batch` and `promise`.
    """
    await hold(session, edition)
    row = await scheduled(session, edition)
    if seen != await step(session, edition):
        raise Conflict("planning.moved_meanwhile")
    before = await _last(session, edition)
    # What a move replaced ended in the very moment in which the new promise began.
    if row is not None and before is not None and before.finished_at != row.created_at:
        before = None
    if before is None:
        if row is None or row.batch_id is None:
            raise NotFound("planning.batch_over")
        await leave_batch(session, actor, row.batch_id, edition, now=now)
    elif before.batch_id is not None:
        member = Member(edition, tuple(before.targets))
        off = before.take_off_at
        await join_batch(session, actor, before.batch_id, member, now=now, again=True, take_off_at=off)
    else:
        wanted = Wanted(before.at, tuple(before.targets), before.take_off_at)
        await promise(session, actor, edition, wanted, now=now)


async def _last(session: AsyncSession, edition: uuid.UUID) -> Occurrence | None:
    """The promise of an edition that was taken back last."""
    query = select(Occurrence).where(Occurrence.key == publish_key(edition), Occurrence.state == "cancelled")
    return await session.scalar(query.order_by(Occurrence.finished_at.desc(), Occurrence.id.desc()).limit(1))
