"""Days kept under a name: saved from a day, laid on another, ended when nobody wants them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import placed_on
from cms.airing.editing import Hand
from cms.airing.models import DayTemplate
from cms.audit.record import record
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.planning.models import Target
from schedules.beijing import day_interval
from schedules.dayplan import offsets

LONGEST: Final = 40
MOST: Final = 100


async def templates_of(session: AsyncSession, target: Target) -> Sequence[DayTemplate]:
    """Those of a channel that have not ended, by name."""
    query = select(DayTemplate).where(DayTemplate.target_id == target.id, DayTemplate.ended_at.is_(None))
    return (await session.scalars(query.order_by(DayTemplate.name, DayTemplate.id).limit(MOST))).all()


async def template_of(session: AsyncSession, target: Target, template: uuid.UUID) -> DayTemplate:
    """Raises NotFound `airing.no_template`."""
    row = await session.get(DayTemplate, template, populate_existing=True)
    if row is None or row.ended_at is not None or row.target_id != target.id:
        raise NotFound("airing.no_template")
    return row


def entries_of(row: DayTemplate) -> list[tuple[str, int]]:
    """Documents and their slots since midnight."""
    return [(str(document), int(offset)) for document, offset in row.entries]


async def save_template(session: AsyncSession, hand: Hand, on: dt.date, name: str) -> DayTemplate:
    """Keeps what begins on a day.

    Raises Denied, Invalid `airing.template_name`, `airing.empty_day`, Conflict `airing.template_taken`.
    """
    hand.require()
    name = one_line(name)
    if not 1 <= len(name) <= LONGEST:
        raise Invalid("airing.template_name", most=LONGEST, fields={"name": "airing.template_name"})
    if any(one.name == name for one in await templates_of(session, hand.target)):
        raise Conflict("airing.template_taken", name=name)
    placed = await placed_on(session, hand.actor, hand.target, day_interval(on))
    entries = offsets([one.lying for one in placed], on)
    if not entries:
        raise Invalid("airing.empty_day")
    row = DayTemplate(
        id=uuid7(hand.now),
        target_id=hand.target.id,
        name=name,
        entries=[list(one) for one in entries],
        created_by=hand.actor.person,
        created_at=hand.now,
        ended_at=None,
    )
    session.add(row)
    await session.flush()
    await _record(session, hand, "day.template", row)
    return row


async def end_template(session: AsyncSession, hand: Hand, template: uuid.UUID) -> DayTemplate:
    """Nobody is offered it any more. Raises Denied, NotFound `airing.no_template`."""
    hand.require()
    row = await template_of(session, hand.target, template)
    row.ended_at = hand.now
    await session.flush()
    await _record(session, hand, "day.template_end", row)
    return row


async def _record(session: AsyncSession, hand: Hand, action: str, row: DayTemplate) -> None:
    details = {"name": row.name, "entries": len(row.entries)}
    of, unit = ("target", hand.target.code), hand.target.unit_path
    await record(session, hand.actor, action, of=of, unit=unit, details=details, now=hand.now)
