"""Which files somebody counts on soon: named by a piece that is wished, promised or placed for the next day, or out."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Edition, RevisionAsset
from cms.content.states import EditionState
from cms.kernel.errors import Invalid
from cms.planning.models import Placement
from cms.planning.rules import read_rule
from schedules.expand import expand
from schedules.intervals import Interval

SOON: Final = dt.timedelta(hours=24)


async def counted_on(session: AsyncSession, assets: Collection[uuid.UUID], now: dt.datetime) -> set[uuid.UUID]:
    """Those of these assets that a piece needs within a day; rules read no calendar here, a day too many harms none."""
    if not assets:
        return set()
    before = now + SOON
    query = (
        select(RevisionAsset.asset_id, Edition.document_id, Edition.planned_at, Edition.scheduled_at, Edition.is_live)
        .join(Edition, Edition.revision_id == RevisionAsset.revision_id)
        .where(
            RevisionAsset.asset_id.in_(assets),
            or_(Edition.is_current, Edition.is_live),
            Edition.state != EditionState.DISCARDED.value,
        )
    )
    found: set[uuid.UUID] = set()
    by_document: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in (await session.execute(query)).all():
        times = (row.planned_at, row.scheduled_at)
        if row.is_live or any(at is not None and at <= before for at in times):
            found.add(row.asset_id)
        by_document.setdefault(row.document_id, set()).add(row.asset_id)
    placed = select(Placement.document_id, Placement.rule).where(
        Placement.document_id.in_(by_document), Placement.ended_at.is_(None)
    )
    for row in (await session.execute(placed)).all() if by_document else ():
        if _falls_within(row.rule, Interval(now, before)):
            found |= by_document[row.document_id]
    return found


def _falls_within(rule: dict[str, object], window: Interval) -> bool:
    try:
        return bool(expand(read_rule(rule), window))
    except Invalid:
        return False
