"""What the desk shows of a channel's cut-ins: the orders with who gave them, and the pieces that may cut in."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Target
from cms.publishing.models import Showing
from cms.publishing.onair.cutting import CRAWLS
from cms.publishing.onair.models import CHANNEL, AirJob, AirState, CutInKind, CutInRow
from cms.publishing.onair.showing import cut_ins_of, live_at
from cms.publishing.onair.words import Words
from cms.publishing.pieces import pieces
from cms.review.rushing import URGENT

_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """An order: `ready` is whether what it shows is made, `until` also that of a film; `done` of `total` slots.

    `failed`: what it shows could not be made, however often it was tried.
    """

    row: CutInRow
    title: str
    who: str
    until: dt.datetime | None
    is_live: bool
    ready: bool
    done: int
    total: int
    failed: bool = False

    def is_on(self, now: dt.datetime) -> bool:
        return self.is_open(now) and self.row.start_at <= now

    def is_open(self, now: dt.datetime) -> bool:
        return self.row.ended_at is None and self.is_live and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Choice:
    """A piece that is live on the channel, by its public id, and as what it may cut in."""

    document: str
    title: str
    kinds: frozenset[CutInKind]


async def channel_of(session: AsyncSession, actor: Actor, code: str, action: Action) -> Target:
    """A television channel that is on, for somebody who may do this there.

    Raises NotFound `planning.no_such_target`, Denied.
    """
    row = await session.scalar(select(Target).where(Target.code == code, Target.active, Target.kind == CHANNEL))
    if row is None:
        raise NotFound("planning.no_such_target", target=code[:40])
    require_can(actor, action, Subject(row.unit_path))
    return row


async def orders(session: AsyncSession, target: Target, *, now: dt.datetime, limit: int = 40) -> Sequence[Shown]:
    """The newest orders of a channel, newest first."""
    query = select(CutInRow, Document.title, Person.name, AirJob.done, AirJob.total, AirJob.state)
    query = query.join(Document, Document.id == CutInRow.document_id).join(Person, Person.id == CutInRow.created_by)
    query = query.outerjoin(AirJob, AirJob.id == CutInRow.job_id).where(CutInRow.target_id == target.id)
    query = query.order_by(CutInRow.created_at.desc(), CutInRow.id.desc()).limit(limit)
    told = {cut.id: cut for cut in await cut_ins_of(session, target, now=now)}
    broken = set((await session.scalars(select(AirJob.key).where(AirJob.state == AirState.FAILED.value))).all())
    found = []
    for row, title, who, done, total, state in (await session.execute(query)).all():
        cut = told.get(str(row.id))
        piece = None if cut is None else cut.piece
        until = row.until
        if piece is not None and row.kind == CutInKind.INSERT:
            until = row.start_at + dt.timedelta(milliseconds=sum(piece.durations.values()))
        video = piece is not None and _has_video(piece.body)
        ready = cut is not None and bool(cut.index or cut.laid or video or row.kind == CutInKind.LIVE)
        words = "" if piece is None else Words.of(piece).key(row.kind)
        failed = not ready and (state == AirState.FAILED or words in broken)
        found.append(Shown(row, title, who, until, piece is not None, ready, done or 0, total or 0, failed))
    return found


async def choices(session: AsyncSession, target: Target, *, now: dt.datetime) -> Sequence[Choice]:
    """The newest pieces of a channel that may cut in."""
    query = live_at(target, now).where(Showing.not_before <= now).order_by(Showing.since.desc(), Showing.document_id)
    rows = (await session.scalars(query.limit(_LOOKED_AT))).all()
    found = []
    for row, piece in zip(rows, await pieces(session, rows, target.kind), strict=True):
        kinds = {CutInKind.EMERGENCY} if row.kind == URGENT else set()
        kinds |= {CutInKind.TEXT} if row.kind in CRAWLS else set()
        kinds |= {CutInKind.INSERT} if _has_video(piece.body) else set()
        # A signal goes on air under any approved piece that says what it is.
        found.append(Choice(piece.document, piece.title, frozenset(kinds | {CutInKind.LIVE})))
    return found


def _has_video(body: object) -> bool:
    blocks = body.get("blocks", ()) if isinstance(body, dict) else ()
    return any(block.get("type") == "video" for block in blocks)
