"""The filters above the list of pieces: their fields, what they offer, and what of an address is a filter."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.columns import columns
from cms.content.filters import Filters
from cms.content.kinds import Kind
from cms.desk import labels
from cms.desk.visit import Visit
from cms.people.permissions import Action, require_reach
from cms.people.units import unit_choices

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


async def offered(session: AsyncSession, visit: Visit, asked: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What the fields let one choose; of a large tree its top, and below that the units of the one that is chosen."""
    reach = require_reach(visit.actor, Action.DOCUMENT_READ)
    places = await unit_choices(session, within=reach)
    if len(places) > _MOST_PLACES:
        top = min(one.path.count("/") for one in places) + 1
        chosen = asked["unit"]
        places = [one for one in places if one.path.count("/") <= top or _is_near(one.path, chosen)]
    return {
        "columns": [{"value": one.code, "label": one.name} for one in await columns(session)],
        "kinds": [{"value": one.value, "label": labels.kind(visit, one)} for one in Kind],
        "units": [{"value": one.path, "label": labels.indented(one.path, one.name)} for one in places],
        "channels": [{"value": one, "label": labels.channel(visit, one)} for one in sorted(visit.deps.channels)],
    }


def _is_near(path: str, chosen: str) -> bool:
    """Whether a unit is the chosen one, above it, or right below it."""
    return bool(chosen) and (
        chosen.startswith(path) or (path.startswith(chosen) and path.count("/") == chosen.count("/") + 1)
    )


def _day(visit: Visit, value: str) -> dt.datetime | None:
    """Midnight of a day in the district."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(value), dt.time(), visit.deps.zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
