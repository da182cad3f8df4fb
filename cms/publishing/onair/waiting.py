"""Which channels wait for a picture: when one is ready, they are planned anew at once."""

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.planning.models import Target
from cms.publishing.onair.cutting import order_again
from cms.publishing.onair.models import CutInKind, CutInRow


async def show_made(session: AsyncSession, kind: str, now: dt.datetime) -> None:
    """Orders anew every channel with an open cut-in of this kind; those that show it already draw the same again."""
    open_ = or_(CutInRow.until.is_(None), CutInRow.until > now)
    asked = select(CutInRow.target_id).where(CutInRow.kind == kind, CutInRow.ended_at.is_(None), open_)
    query = select(Target).where(Target.active, Target.id.in_(asked)).order_by(Target.code)
    await order_again(session, (await session.scalars(query)).all(), CutInKind(kind), now=now)
