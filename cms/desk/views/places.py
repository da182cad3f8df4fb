"""The columns: a short list that an office keeps."""

from typing import Any

from aiohttp import web
from sqlalchemy import func, select

from cms.content.columns import add_column, columns, edit_column
from cms.content.models import Document
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action


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


COLUMNS = (
    get("/desk/columns/", columns_page, Action.COLUMN_MANAGE),
    post("/desk/columns/", column_add, Action.COLUMN_MANAGE),
    post("/desk/columns/{column}", column_edit, Action.COLUMN_MANAGE),
)
