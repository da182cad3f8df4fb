"""What the day and the hour of a promise say against it: a holiday, a quiet daypart, a rule that shows it later."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.planning.daypart_rows import dayparts, hours_of
from cms.planning.holidays import named_days, read_calendar
from cms.planning.models import Placement, Target
from cms.planning.rules import read_rule
from schedules.beijing import day_of
from schedules.calendar import Calendar, DayKind
from schedules.clashes import Clash, Severity, said
from schedules.dayparts import lies_in
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.rules import BEIJING

_ZONE: Final = ZoneInfo(BEIJING)
# Beyond a month a rule that is not on yet is only «later».
_AHEAD: Final = dt.timedelta(days=31)


async def day_and_hour(
    session: AsyncSession, document: uuid.UUID, targets: Sequence[Target], at: dt.datetime
) -> list[Clash]:
    """In the order a person would say it: the day, the hour, and where it would not be seen at once."""
    calendar = await read_calendar(session)
    return [
        *await holiday(session, at),
        *await _quiet(session, at, calendar),
        *await _shown_later(session, document, targets, at, calendar),
    ]


async def holiday(session: AsyncSession, at: dt.datetime) -> list[Clash]:
    """Whether nobody is in the office that day by the notice of the State Council."""
    on = day_of(at)
    found = await named_days(session, on, on + dt.timedelta(days=1))
    return [
        Clash(Severity.WARNING, "holiday", {"name": one.name, "on": on.isoformat()})
        for one in found
        if one.kind is DayKind.HOLIDAY
    ]


async def _quiet(session: AsyncSession, at: dt.datetime, calendar: Calendar) -> list[Clash]:
    rows = [row for row in await dayparts(session) if row.quiet]
    return [
        Clash(Severity.WARNING, "quiet_daypart", {"name": row.name, "start": row.start, "end": row.end})
        for row in rows
        if lies_in(hours_of(row), at, _ZONE, calendar)
    ]


async def _shown_later(
    session: AsyncSession, document: uuid.UUID, targets: Sequence[Target], at: dt.datetime, calendar: Calendar
) -> list[Clash]:
    """Targets where the piece stands under rules none of which is on at that instant."""
    query = select(Placement).where(Placement.document_id == document, Placement.ended_at.is_(None))
    rows = (await session.scalars(query.where(Placement.target_id.in_([one.id for one in targets])))).all()
    found = []
    for target in targets:
        rules = [read_rule(row.rule) for row in rows if row.target_id == target.id]
        stretches = [part for rule in rules for part in expand(rule, Interval(at, at + _AHEAD), calendar)]
        if not rules or any(part.contains(at) for part in stretches):
            continue
        first = min((part.start for part in stretches), default=None)
        if first is None:
            found.append(Clash(Severity.WARNING, "outside_dayparts", {"target": target.name}))
        else:
            found.append(Clash(Severity.WARNING, "daypart_later", {"target": target.name, "at": said(first)}))
    return found
