"""The unit tree: only what is open is drawn, so that it is as quick with eight hundred units as with eight."""

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from cms.people.tree import Found, Node, below, branches, children, find, managed
from cms.people.unit_import import LEVELS
from cms.people.units import add_unit, move_unit, rename_unit

_ADDED = ("name", "code", "level")


async def units_page(visit: Visit) -> web.StreamResponse:
    return await _units(visit)


async def unit_children(visit: Visit) -> web.StreamResponse:
    """The branch below a unit, for the script that opens it in place."""
    async with visit.deps.db.read() as session:
        found = await children(session, visit.actor, visit.uuid("unit"))
        parent = await managed(session, visit.actor, visit.uuid("unit"))
    depth = _depth(visit, parent.path) + 1
    nodes = [_node(visit, one, depth) for one in found]
    return visit.render("places/branch.html", {"nodes": nodes, "at": ""})


async def unit_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    values = {name: text(form, name) for name in _ADDED}
    try:
        async with visit.deps.db.write() as session:
            parent = as_uuid(text(form, "parent"))
            name, code, level = (values[one] for one in _ADDED)
            unit = await add_unit(session, visit.actor, parent, code=code, name=name, level=level, now=visit.now)
    except DomainError as error:
        return await _units(visit, error, {**values, "parent": text(form, "parent")})
    return visit.redirect(f"/desk/units/?at={unit.id}", done="unit_added")


async def unit_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            row = await rename_unit(session, visit.actor, visit.uuid("unit"), name=text(form, "name"), now=visit.now)
    except DomainError as error:
        return await _units(visit, error, at=visit.part("unit"))
    return visit.redirect(f"/desk/units/?at={row.id}", done="unit_saved")


async def move_page(visit: Visit) -> web.StreamResponse:
    """Where to: a search, and before anything moves what would come along."""
    return await _move(visit, to=visit.query("to"))


async def unit_move(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    to = text(form, "to")
    try:
        if text(form, "sure") != "on":
            raise Invalid("desk.not_sure", fields={"sure": "desk.not_sure"})
        async with visit.deps.db.write() as session:
            row = await move_unit(session, visit.actor, visit.uuid("unit"), to=as_uuid(to), now=visit.now)
    except DomainError as error:
        return await _move(visit, error, to=to)
    return visit.redirect(f"/desk/units/?at={row.id}", done="unit_moved")


async def _units(
    visit: Visit, error: DomainError | None = None, values: dict[str, str] | None = None, *, at: str = ""
) -> web.Response:
    words = visit.query("q").strip()
    within = require_reach(visit.actor, Action.UNIT_MANAGE)
    async with visit.deps.db.read() as session:
        chosen = await _chosen(session, visit, (values or {}).get("parent") or at or visit.query("at"), within)
        found = await find(session, within=within, words=words) if words else []
        nodes = await branches(session, within=within, at=chosen.path)
        reach = await below(session, chosen.path)
    context = {
        "nodes": [_node(visit, one, _depth(visit, one.path)) for one in nodes],
        "opened": [one["id"] for one in _opened(nodes, chosen.path, within)],
        "q": words,
        "found": [_found(visit, one) for one in found],
        "at": str(chosen.id),
        "unit": {
            "id": str(chosen.id),
            "name": chosen.name,
            "code": chosen.code,
            "path": chosen.path,
            "level": labels.level(visit, chosen.level),
            "is_root": chosen.parent_id is None,
            "below": reach.units,
            "people": reach.people,
        },
        "levels": [{"value": one, "label": labels.level(visit, one)} for one in LEVELS],
        "values": values or {"code": "", "name": "", "level": _next_level(chosen.level)},
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/units.html", context, section="units", status=error.status if error else 200)


async def _chosen(session: AsyncSession, visit: Visit, asked: str, within: tuple[str, ...]) -> Unit:
    """The unit the page speaks of; the topmost one unless another was asked for."""
    if asked:
        return await managed(session, visit.actor, as_uuid(asked))
    top = (await branches(session, within=within))[0]
    return await managed(session, visit.actor, top.id)


async def _move(visit: Visit, error: DomainError | None = None, *, to: str) -> web.Response:
    words = visit.query("q").strip()
    within = require_reach(visit.actor, Action.UNIT_MANAGE)
    async with visit.deps.db.read() as session:
        unit = await managed(session, visit.actor, visit.uuid("unit"))
        target = await managed(session, visit.actor, as_uuid(to)) if to else None
        found = await find(session, within=within, words=words) if words else []
        reach = await below(session, unit.path)
    context = {
        "unit": {"id": str(unit.id), "name": unit.name, "path": unit.path},
        "units_along": reach.units + 1,
        "people_along": reach.people,
        "q": words,
        # Not below itself: that would be a circle.
        "found": [_found(visit, one) for one in found if not one.path.startswith(unit.path)],
        "to": {"id": str(target.id), "name": target.name, "path": f"{target.path}{unit.code}/"} if target else None,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/move.html", context, section="units", status=error.status if error else 200)


def _node(visit: Visit, one: Node, depth: int) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "parent": str(one.parent) if one.parent else "",
        "name": one.name,
        "code": one.code,
        "level": labels.level(visit, one.level),
        "children": one.children,
        "people": one.people,
        "depth": depth,
    }


def _found(visit: Visit, one: Found) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "path": one.path,
        "level": labels.level(visit, one.level),
        "above": " › ".join(one.above),
    }


def _opened(nodes: Any, at: str, within: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"id": str(one.id)} for one in nodes if at.startswith(one.path) or one.path in within]


def _depth(visit: Visit, path: str) -> int:
    """How deep a unit lies below the topmost one the person manages, from 1."""
    within = require_reach(visit.actor, Action.UNIT_MANAGE)
    top = next((one for one in within if path.startswith(one)), path)
    return path.count("/") - top.count("/") + 1


def _next_level(level: str) -> str:
    order = list(LEVELS)
    return order[min(order.index(level) + 1, len(order) - 1)] if level in order else order[-1]


ROUTES = (
    get("/desk/units/", units_page, Action.UNIT_MANAGE),
    post("/desk/units/", unit_add, Action.UNIT_MANAGE),
    post("/desk/units/{unit}", unit_edit, Action.UNIT_MANAGE),
    get("/desk/units/{unit}/children", unit_children, Action.UNIT_MANAGE),
    get("/desk/units/{unit}/move", move_page, Action.UNIT_MANAGE),
    post("/desk/units/{unit}/move", unit_move, Action.UNIT_MANAGE),
)
