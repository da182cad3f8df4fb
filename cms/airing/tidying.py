"""Ends placements whose only time is long over, so that a channel with a full day does not drag its past along."""

import datetime as dt
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.planning.models import Placement
from cms.planning.rules import read_rule
from schedules.resolve import Layer

# Longer than anything can be seen again.
KEEP: Final = dt.timedelta(days=8)
_MANY: Final = 2_000


async def end_what_is_over(session: AsyncSession, *, now: dt.datetime) -> int:
    """Those of one time only, by the instant in which they were over; they stay as history. In a write block."""
    query = select(Placement).where(Placement.ended_at.is_(None), Placement.layer >= int(Layer.EXCLUSIVE))
    query = query.where(Placement.created_at < now - KEEP).order_by(Placement.id).limit(_MANY)
    ended = 0
    for row in (await session.scalars(query)).all():
        rule = read_rule(row.rule)
        if rule.is_continuous and rule.end is not None and rule.end < now - KEEP:
            row.ended_at = rule.end.astimezone(dt.UTC)
            ended += 1
    return ended
