"""The office's named dayparts as rows, read and put into rules; changing them is `cms.planning.dayparts`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Invalid
from cms.planning.models import NamedDaypart
from schedules.dayparts import renamed
from schedules.rules import Daypart, Days, Rule


async def dayparts(session: AsyncSession) -> Sequence[NamedDaypart]:
    """All of them, by the hour they begin."""
    return (await session.scalars(select(NamedDaypart).order_by(NamedDaypart.start, NamedDaypart.name))).all()


async def daypart_hours(session: AsyncSession) -> Mapping[str, Daypart]:
    """By id, as rules name them."""
    return {str(row.id): hours_of(row) for row in await dayparts(session)}


def hours_of(row: NamedDaypart) -> Daypart:
    start, end = dt.time.fromisoformat(row.start), dt.time.fromisoformat(row.end)
    return Daypart(start, end, str(row.id), Days(row.days))


def with_hours(rule: Rule, known: Mapping[str, Daypart]) -> Rule:
    """The rule with the hours its names have now, whatever hours were sent beside them.

    Raises Invalid `planning.no_daypart` for a name that is not there.
    """
    if any(part.name and part.name not in known for part in rule.dayparts):
        raise Invalid("planning.no_daypart", fields={"dayparts": "planning.no_daypart"})
    once = tuple(dict.fromkeys(renamed(rule, known).dayparts))
    return replace(rule, dayparts=once)
