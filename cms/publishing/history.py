"""What was shown: the stored versions of a line-up laid end to end. Nothing here is ever computed anew."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import Entry
from cms.publishing.line_ups import read_slot
from cms.publishing.models import LineUpVersion
from schedules.intervals import Interval
from schedules.timeline import Stretch, Timeline, Turn, cut, splice


async def history(session: AsyncSession, target: uuid.UUID, window: Interval) -> Timeline:
    """The stretches of `window` as they stood when their time came; empty before the first version."""
    query = (
        select(LineUpVersion)
        .where(LineUpVersion.target_id == target, LineUpVersion.start_at < window.end)
        .order_by(LineUpVersion.version)
    )
    line: Timeline = ()
    for version in (await session.scalars(query)).all():
        line = splice(line, stretches(version), version.start_at)
    return cut(line, window)


def stretches(version: LineUpVersion) -> Timeline:
    """A version as a timeline."""
    slots = [read_slot(value) for value in version.slots]
    return tuple(Stretch(Interval(slot.start, slot.end), _turns(slot.loop)) for slot in slots)


def _turns(loop: Sequence[Entry]) -> tuple[Turn, ...]:
    return tuple(Turn(entry.release, entry.show) for entry in loop)
