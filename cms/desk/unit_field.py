"""The field that picks a unit: what it shows, what its script asks, and what somebody without scripts typed."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.routing import SIGNED_IN, get
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid, NotFound
from cms.people.permissions import Action, reach
from cms.people.picking import Place, path_typed, pick, places_at, unit_typed

CHOICES = "/desk/units/choices"


async def choices(visit: Visit) -> web.StreamResponse:
    """Units for the script, narrowed by where this person may do what the field is for."""
    action = visit.query("for")
    if action not in set(Action):
        raise NotFound("kernel.not_found")
    async with visit.deps.db.read() as session:
        found = await pick(session, within=within_of(visit, Action(action)), words=visit.query("q")[:60])
    items = [{"id": str(one.id), "path": one.path, "name": one.name, "above": " › ".join(one.above)} for one in found]
    # No angle bracket stands in it as it is, whoever takes it for a page.
    body = json.dumps({"units": items}, ensure_ascii=False).replace("<", "\\u003c")
    return web.json_response(text=body, headers={"Cache-Control": "no-store"})


def within_of(visit: Visit, action: Action) -> Sequence[str]:
    """Where it offers units: the reach of the action, and for an envelope the whole district."""
    if action is Action.DOCUMENT_READ and visit.query("all"):
        return [f"/{visit.actor.unit.split('/')[1]}/"] if reach(visit.actor, action) else []
    return reach(visit.actor, action)


async def field_of(
    session: AsyncSession, value: str, action: Action, *, by: str = "path", everywhere: bool = False
) -> dict[str, Any]:
    """The field as the component `unit` shows it; `value` is a path or an id, or what was typed and refused."""
    place = await _shown(session, value)
    query = {"for": action.value, **({"all": "1"} if everywhere else {})}
    return {
        "value": value if place is None else place.path if by == "path" else str(place.id),
        "typed": value if place is None else place.typed,
        "name": value if place is None else place.name,
        "by": by,
        "src": f"{CHOICES}?{urlencode(query)}",
    }


async def typed(visit: Visit, value: str, action: Action) -> Place:
    """What was sent in a field. Raises as `unit_typed`."""
    async with visit.deps.db.read() as session:
        return await unit_typed(session, value, within=reach(visit.actor, action))


async def filtered(visit: Visit, value: str, action: Action) -> str:
    """The path a filter means; empty for none, and for what names nothing."""
    if not value or path_typed(value):
        return path_typed(value)
    try:
        return (await typed(visit, value, action)).path
    except Invalid:
        return ""


async def chosen(session: AsyncSession, paths: Sequence[str]) -> list[dict[str, str]]:
    """Units that are chosen already, by name, in the order given."""
    known = await places_at(session, paths)
    return [{"value": path, "label": known[path].name if path in known else path} for path in paths]


async def _shown(session: AsyncSession, value: str) -> Place | None:
    if not value:
        return None
    try:
        return await unit_typed(session, value, within=())
    except Invalid:
        return None


ROUTES = (get(CHOICES, choices, SIGNED_IN),)
