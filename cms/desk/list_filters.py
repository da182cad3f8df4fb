"""The filters above the list of pieces: their fields, what they offer, and what of an address is a filter."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.columns import columns
from cms.content.filters import Filters
from cms.content.kinds import Kind
from cms.desk import labels
from cms.desk.unit_field import field_of
from cms.desk.visit import Visit
from cms.people.permissions import Action

MORE: Final = ("kind", "unit", "channel", "author", "since", "until")
NAMES: Final = ("q", "column", *MORE)
_DAY: Final = dt.timedelta(days=1)
_MOST_PLACES: Final = 60


def read(visit: Visit, asked: Mapping[str, str]) -> Filters:
    """What the fields say; one that says nothing we know narrows nothing."""
    since, until = (_day(visit, asked[name]) for name in ("since", "until"))
    return Filters(
        words=asked["q"],
        column=asked["column"] or None,
        kind=Kind(asked["kind"]) if asked["kind"] in {one.value for one in Kind} else None,
        unit=asked["unit"] or None,
        channel=asked["channel"] or None,
        author=asked["author"].strip(),
        since=since,
        until=None if until is None else until + _DAY,
    )


async def offered(session: AsyncSession, visit: Visit, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the fields let one choose."""
    return {
        "columns": [{"value": one.code, "label": one.name} for one in await columns(session)],
        "kinds": [{"value": one.value, "label": labels.kind(visit, one)} for one in Kind],
        "place": await field_of(session, asked["unit"], Action.DOCUMENT_READ),
        "channels": [{"value": one, "label": labels.channel(visit, one)} for one in sorted(visit.deps.channels)],
    }


def _day(visit: Visit, value: str) -> dt.datetime | None:
    """Midnight of a day in the district."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(value), dt.time(), visit.deps.zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
