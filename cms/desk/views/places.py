"""The unit tree and the columns: short lists that an office keeps."""

from typing import Any

from aiohttp import web
from sqlalchemy import func, select

from cms.content.columns import add_column, columns, edit_column
from cms.content.models import Document
from cms.desk import labels
from cms.desk.routing import get, post
from cms.desk.views.documents import indented
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError
from cms.people.models import Person
from cms.people.permissions import Action, require_reach
from cms.people.units import add_unit, move_unit, rename_unit, units

_LEVELS = ("centre", "institute", "station", "point")


async def units_page(visit: Visit) -> web.StreamResponse:
    return await _units(visit)


async def unit_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            await add_unit(
                session,
                visit.actor,
                as_uuid(text(form, "parent")),
                code=text(form, "code"),
                name=text(form, "name"),
                level=text(form, "level"),
                now=visit.now,
            )
    except DomainError as error:
        return await _units(visit, error, {name: text(form, name) for name in ("parent", "code", "name", "level")})
    return visit.redirect("/desk/units/", done="unit_added")


async def unit_edit(visit: Visit) -> web.StreamResponse:
    """Renames, and moves when another parent is chosen."""
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            row = await rename_unit(session, visit.actor, visit.uuid("unit"), name=text(form, "name"), now=visit.now)
            parent = text(form, "parent")
            if parent and row.parent_id is not None and as_uuid(parent) != row.parent_id:
                await move_unit(session, visit.actor, row.id, to=as_uuid(parent), now=visit.now)
    except DomainError as error:
        return await _units(visit, error)
    return visit.redirect("/desk/units/", done="unit_saved")


async def columns_page(visit: Visit) -> web.StreamResponse:
    return await _columns(visit)


async def column_add(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            await add_column(
                session,
                visit.actor,
                code=text(form, "code"),
                name=text(form, "name"),
                position=number_of(text(form, "position")),
                now=visit.now,
            )
    except DomainError as error:
        return await _columns(visit, error, {name: text(form, name) for name in ("code", "name", "position")})
    return visit.redirect("/desk/columns/", done="column_saved")


async def column_edit(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            await edit_column(
                session,
                visit.actor,
                visit.uuid("column"),
                name=text(form, "name"),
                position=number_of(text(form, "position")),
                active=text(form, "active") == "on",
                now=visit.now,
            )
    except DomainError as error:
        return await _columns(visit, error)
    return visit.redirect("/desk/columns/", done="column_saved")


async def _units(visit: Visit, error: DomainError | None = None, values: dict[str, str] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await units(session, within=require_reach(visit.actor, Action.UNIT_MANAGE))
        counted = select(Person.unit_id, func.count()).where(Person.active).group_by(Person.unit_id)
        people = {row[0]: row[1] for row in (await session.execute(counted)).all()}
    context = {
        "units": [
            {
                "id": str(one.id),
                "name": one.name,
                "code": one.code,
                "path": one.path,
                "level": labels.level(visit, one.level),
                "depth": one.path.count("/") - 2,
                "parent": str(one.parent_id) if one.parent_id else "",
                "people": people.get(one.id, 0),
            }
            for one in found
        ],
        "parents": [{"value": str(one.id), "label": indented(one.path, one.name)} for one in found],
        "levels": [{"value": one, "label": labels.level(visit, one)} for one in _LEVELS],
        "values": values or {"parent": "", "code": "", "name": "", "level": "station"},
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/units.html", context, section="units", status=error.status if error else 200)


async def _columns(
    visit: Visit, error: DomainError | None = None, values: dict[str, str] | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await columns(session, all_of_them=True)
        counted = select(Document.column_code, func.count()).group_by(Document.column_code)
        pieces = {row[0]: row[1] for row in (await session.execute(counted)).all()}
    context: dict[str, Any] = {
        "columns": [
            {
                "id": str(one.id),
                "code": one.code,
                "name": one.name,
                "position": one.position,
                "active": one.active,
                "count": pieces.get(one.code, 0),
            }
            for one in found
        ],
        "values": values or {"code": "", "name": "", "position": str(len(found) + 1)},
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/columns.html", context, section="columns", status=error.status if error else 200)


def number_of(value: str) -> int:
    """A short decimal number; 0 for anything else, which the rules refuse."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0


UNITS = (
    get("/desk/units/", units_page, Action.UNIT_MANAGE),
    post("/desk/units/", unit_add, Action.UNIT_MANAGE),
    post("/desk/units/{unit}", unit_edit, Action.UNIT_MANAGE),
)
COLUMNS = (
    get("/desk/columns/", columns_page, Action.COLUMN_MANAGE),
    post("/desk/columns/", column_add, Action.COLUMN_MANAGE),
    post("/desk/columns/{column}", column_edit, Action.COLUMN_MANAGE),
)
