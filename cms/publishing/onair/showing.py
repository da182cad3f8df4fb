"""What cuts into a channel, as its renderer and its viewers' pages need it; read anew each time."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import CutIn, Laid, Piece
from cms.planning.models import Target
from cms.publishing.models import Showing
from cms.publishing.onair.models import CHANNEL, AirJob, CutInKind, CutInRow
from cms.publishing.onair.words import Words
from cms.publishing.pieces import pieces

# 回看 reaches seven days back; what was on then must still be known.
_REMEMBERED: Final = dt.timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Message:
    """An emergency for the pages of a channel, by its code."""

    target: str
    id: str
    release: str
    title: str
    text: str
    since: dt.datetime
    until: dt.datetime | None


async def cut_ins_of(session: AsyncSession, target: Target, *, now: dt.datetime) -> tuple[CutIn, ...]:
    """The orders of a channel, those of the last days with them, each with the piece as it is live there."""
    if target.kind != CHANNEL:
        return ()
    recent = now - _REMEMBERED
    query = select(CutInRow).where(CutInRow.target_id == target.id).order_by(CutInRow.start_at, CutInRow.id)
    ends = or_(CutInRow.until > recent, and_(CutInRow.until.is_(None), CutInRow.start_at > recent))
    rows = (await session.scalars(query.where(ends))).all()
    if not rows:
        return ()
    live = await _live(session, target, [row.document_id for row in rows], now)
    made = await _made(session, [piece for piece in live.values() if piece is not None])
    laid = await _laid(session, rows)
    return tuple(_told(row, live.get(row.document_id), made, laid, now) for row in rows)


async def messages(session: AsyncSession, *, now: dt.datetime) -> Sequence[Message]:
    """The emergencies that stand on any channel now."""
    query: Select[CutInRow, Target] = select(CutInRow, Target).join(Target, Target.id == CutInRow.target_id)
    query = query.where(CutInRow.kind == CutInKind.EMERGENCY.value, CutInRow.ended_at.is_(None), Target.active)
    query = query.where(CutInRow.start_at <= now, or_(CutInRow.until.is_(None), CutInRow.until > now))
    found: list[Message] = []
    for row, target in (await session.execute(query.order_by(CutInRow.start_at, CutInRow.id))).all():
        piece = (await _live(session, target, [row.document_id], now)).get(row.document_id)
        if piece is not None:
            words = Words.of(piece)
            found.append(
                Message(target.code, str(row.id), piece.release, words.title, words.text, row.start_at, row.until)
            )
    return found


def live_at(target: Target, now: dt.datetime) -> Select[Showing]:
    """What a channel may show now: published there, not taken back, inside its envelope."""
    alive = or_(Showing.until.is_(None), Showing.until > now)
    return select(Showing).where(Showing.target_id == target.id, Showing.removed_at.is_(None), alive)


async def _live(
    session: AsyncSession, target: Target, documents: Sequence[object], now: dt.datetime
) -> dict[object, Piece | None]:
    query = live_at(target, now).where(Showing.document_id.in_(documents)).order_by(Showing.document_id)
    shown = (await session.scalars(query)).all()
    made = await pieces(session, shown, target.kind)
    return {row.document_id: piece for row, piece in zip(shown, made, strict=True)}


async def _made(session: AsyncSession, shown: Sequence[Piece]) -> dict[str, str]:
    """The pictures that are ready, by their keys."""
    keys = {Words.of(piece).key(CutInKind.EMERGENCY) for piece in shown}
    query = select(AirJob.key, AirJob.sha256).where(AirJob.key.in_(keys), AirJob.sha256.is_not(None))
    return {row.key: row.sha256 or "" for row in (await session.execute(query)).all()}


async def _laid(session: AsyncSession, rows: Sequence[CutInRow]) -> dict[object, tuple[Laid, ...]]:
    """The slots of texts that are ready, by the job that lays them."""
    wanted = [row.job_id for row in rows if row.job_id is not None]
    if not wanted:
        return {}
    found = (await session.execute(select(AirJob.id, AirJob.parts).where(AirJob.id.in_(wanted)))).all()
    return {row.id: tuple(Laid(*part) for part in row.parts) for row in found}


def _told(
    row: CutInRow,
    piece: Piece | None,
    made: dict[str, str],
    laid: dict[object, tuple[Laid, ...]],
    now: dt.datetime,
) -> CutIn:
    index = ""
    if piece is not None and row.kind == CutInKind.EMERGENCY:
        index = made.get(Words.of(piece).key(row.kind), "")
    ended = row.ended_at is not None and row.ended_at <= now
    return CutIn(str(row.id), row.kind, piece, row.start_at, row.until, index, laid.get(row.job_id, ()), ended)
