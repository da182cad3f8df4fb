"""What becomes of a signal that was on air: the draft of a lecture if that was asked for, and nothing after a week."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.importing.drops import Given, take_drop
from cms.content.models import Document
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.library.upload import Workshop
from cms.live.models import LivePart, LiveSlot, LiveTake
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can
from cms.people.sessions import actor_of
from cms.publishing.onair.models import CutInRow
from media.errors import MediaRefused
from media.live_keeping import Part, films, reels
from media.store import Store
from media.workspace import private_folder
from schedules.linear import slot_at

# What is on its way when an order ends is still written.
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
    """Makes the draft of one order that has ended; False when none waits.

    A signal that came back in another shape, or went on for longer than a video may, becomes several drafts.
    """
    async with db.read() as session:
        due = await _due(session, now)
        if due is None:
            return False
        rows = (await session.scalars(select(LivePart).where(LivePart.cut_in_id == due.cut_in))).all()
        actor = await _keeper(session, due.people)
    parts = [Part(row.stretch, row.at, row.until, row.sha256, row.size) for row in rows]
    stretches = reels(parts, shop.video_limits)
    if not stretches:
        await _settled(db, due.cut_in, now, error="live.nothing")
        return True
    try:
        async with private_folder(shop.work) as folder:
            made = await films(stretches, folder, store=shop.store, sandbox=shop.sandbox, limits=shop.video_limits)
            kept = await _drafts(db, shop, actor, due.title, made.paths, now)
    except (MediaRefused, DomainError) as refused:
        log.warning("a recording could not be kept", cut_in=str(due.cut_in), code=refused.code)
        if refused.code not in _LATER:
            await _settled(db, due.cut_in, now, error=refused.code)
        return refused.code not in _LATER
    lost = made.lost + sum(not part.sha256 for part in parts)
    error = kept.error or ("live.nothing" if kept.first is None else "live.cut" if lost else "")
    await _settled(db, due.cut_in, now, document=kept.first, error=error)
    if kept.first is not None and not kept.error:
        await _forget(db, shop.store, rows)
    return True


async def tidy(db: Database, store: Store, *, now: dt.datetime) -> int:
    """Removes files of slots and recordings that nobody can go back to; those of a recording that still waits stay."""
    oldest = now - _KEPT
    waits = select(LiveTake.cut_in_id).where(LiveTake.record, LiveTake.kept_at.is_(None))
    async with db.read() as session:
        query = select(LiveSlot).where(LiveSlot.slot < slot_at(to_ms(oldest)), LiveSlot.cut_in_id.not_in(waits))
        slots = (await session.scalars(query.limit(_EACH))).all()
        others = select(LivePart).where(LivePart.at < to_ms(oldest), LivePart.cut_in_id.not_in(waits))
        parts = (await session.scalars(others.limit(_EACH))).all()
    for row in slots:
        async with db.write() as session:
            await session.execute(
                delete(LiveSlot).where(LiveSlot.target_id == row.target_id, LiveSlot.slot == row.slot)
            )
            # A signal that stands still makes slots of the same bytes, which are one file.
            same = select(LiveSlot.slot).where(LiveSlot.sha256 == row.sha256).limit(1)
            is_spare = await session.scalar(same) is None
        if is_spare:
            await store.delete(row.sha256)
            await store.delete(row.index)
    await _forget(db, store, parts)
    return len(slots) + len(parts)


async def kept_bytes(session: AsyncSession, cut_in: uuid.UUID) -> int:
    """How much there is of a recording by now."""
    return int(await session.scalar(select(func.sum(LivePart.size)).where(LivePart.cut_in_id == cut_in)) or 0)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The first draft of a recording, and why another one could not be made."""

    first: uuid.UUID | None = None
    error: str = ""


async def _drafts(  # noqa: PLR0917 - one private caller
    db: Database, shop: Workshop, actor: Actor, title: str, paths: Sequence[Path], now: dt.datetime
) -> _Kept:
    kept = _Kept()
    for number, path in enumerate(paths, 1):
        name = f"{title}（{number}）.ts" if number > 1 else f"{title}.ts"
        try:
            taken = await take_drop(db, shop, actor, Given(name, (name,), (path,), is_folder=False), now=now)
        except MediaRefused as refused:
            if refused.code in _LATER:
                raise
            log.warning("a film of a recording was refused", code=refused.code)
            kept = replace(kept, error=refused.code)
        else:
            kept = replace(kept, first=kept.first or taken.document)
    return kept


async def _forget(db: Database, store: Store, rows: Sequence[LivePart]) -> None:
    for row in rows:
        async with db.write() as session:
            await session.execute(delete(LivePart).where(LivePart.cut_in_id == row.cut_in_id, LivePart.at == row.at))
            same = select(LivePart.at).where(LivePart.sha256 == row.sha256).limit(1)
            is_spare = await session.scalar(same) is None
        if row.sha256 and is_spare:
            await store.delete(row.sha256)


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


async def _settled(
    db: Database, cut_in: uuid.UUID, now: dt.datetime, *, document: uuid.UUID | None = None, error: str = ""
) -> None:
    async with db.write() as session:
        take = await session.get_one(LiveTake, cut_in)
        take.kept_at, take.kept_as, take.error = now, document, error[:60]
