"""What becomes of slots that were on air: the draft of a lecture if that was asked for, and nothing after a week."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.importing.drops import Given, take_drop
from cms.content.models import Document
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.library.upload import Workshop
from cms.live.models import LiveSlot, LiveTake
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can
from cms.people.sessions import actor_of
from cms.publishing.onair.models import CutInRow
from media.errors import MediaRefused
from media.house import read_index
from media.live_keeping import Stored, one_film
from media.store import Store
from media.workspace import private_folder
from schedules.linear import slot_at

# Slots that are on their way when an order ends are still written.
_SETTLED: Final = dt.timedelta(seconds=20)
# 回看 reaches seven days back.
_KEPT: Final = dt.timedelta(days=8)
_EACH: Final = 200
_LATER: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})

log = logger("live")


@dataclass(frozen=True, slots=True)
class _Due:
    cut_in: uuid.UUID
    people: tuple[uuid.UUID, ...]
    title: str
    at: dt.datetime


async def keep_next(db: Database, shop: Workshop, *, now: dt.datetime) -> bool:
    """Makes the draft of one order that has ended; False when none waits."""
    async with db.read() as session:
        due = await _due(session, now)
        if due is None:
            return False
        slots = (
            await session.scalars(select(LiveSlot).where(LiveSlot.cut_in_id == due.cut_in).order_by(LiveSlot.slot))
        ).all()
        actor = await _keeper(session, due.people)
    if not slots:
        await _settled(db, due.cut_in, now, error="live.nothing")
        return True
    name = f"{due.title}.mp4"
    try:
        async with private_folder(shop.work) as folder:
            film = await one_film(await _stored(shop.store, slots), folder, store=shop.store, sandbox=shop.sandbox)
            taken = await take_drop(db, shop, actor, Given(name, (name,), (Path(film),), is_folder=False), now=now)
    except (MediaRefused, DomainError) as refused:
        log.warning("a recording could not be kept", cut_in=str(due.cut_in), code=refused.code)
        if refused.code not in _LATER:
            await _settled(db, due.cut_in, now, error=refused.code)
        return refused.code not in _LATER
    await _settled(db, due.cut_in, now, document=taken.document)
    return True


async def tidy(db: Database, store: Store, *, now: dt.datetime) -> int:
    """Removes files of slots that nobody can go back to; those of a recording that still waits stay."""
    oldest = slot_at(to_ms(now - _KEPT))
    waits = select(LiveTake.cut_in_id).where(LiveTake.record, LiveTake.kept_at.is_(None))
    async with db.read() as session:
        query = select(LiveSlot).where(LiveSlot.slot < oldest, LiveSlot.cut_in_id.not_in(waits)).limit(_EACH)
        rows = (await session.scalars(query)).all()
    for row in rows:
        await store.delete(row.sha256)
        await store.delete(row.index)
        async with db.write() as session:
            here = (LiveSlot.target_id == row.target_id, LiveSlot.slot == row.slot)
            await session.execute(delete(LiveSlot).where(*here))
    return len(rows)


async def _due(session: AsyncSession, now: dt.datetime) -> _Due | None:
    before = now - _SETTLED
    over = or_(CutInRow.ended_at < before, and_(CutInRow.ended_at.is_(None), CutInRow.until < before))
    query = select(CutInRow, Document.title, Document.created_by).join(LiveTake, LiveTake.cut_in_id == CutInRow.id)
    query = query.join(Document, Document.id == CutInRow.document_id)
    query = query.where(LiveTake.record, LiveTake.kept_at.is_(None), over).order_by(CutInRow.start_at).limit(1)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    cut: CutInRow = row[0]
    return _Due(cut.id, (cut.created_by, row[2]), row[1], cut.start_at)


async def _keeper(session: AsyncSession, people: Sequence[uuid.UUID]) -> Actor:
    """Whose draft it becomes: of whoever took it live, or where they write no pieces of whoever wrote about it."""
    actors = [await actor_of(session, person) for person in people]
    for actor in actors:
        own = Subject(actor.unit, frozenset({actor.person}))
        if all(can(actor, action, own) for action in (Action.DOCUMENT_CREATE, Action.LIBRARY_UPLOAD)):
            return actor
    return actors[0]


async def _stored(store: Store, slots: Sequence[LiveSlot]) -> Sequence[Stored]:
    return [Stored(row.sha256, read_index(await store.get(row.index)), row.rungs) for row in slots]


async def _settled(
    db: Database, cut_in: uuid.UUID, now: dt.datetime, *, document: uuid.UUID | None = None, error: str = ""
) -> None:
    async with db.write() as session:
        take = await session.get_one(LiveTake, cut_in)
        take.kept_at, take.kept_as, take.error = now, document, error[:60]
