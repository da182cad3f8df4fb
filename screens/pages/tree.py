"""The fleet by unit: counts of every subtree with the worst first, drilled down to the screens of one place."""

from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can
from screens import fleet
from screens.pages import parts
from screens.places import ZONES, degrees, place_of, place_unit
from screens.standing import Branch, standing
from screens.tables import Screen
from screens.watch_rows import Outage
from screens.watching import open_outages, screen_ids

_OWN = 100


async def tree_page(visit: Visit) -> web.StreamResponse:
    return await _tree(visit)


async def tree_part(visit: Visit) -> web.StreamResponse:
    """What changes by itself: the page asks for it every few seconds."""
    return visit.render("screens/branches.html", await _branches(visit))


async def place_it(visit: Visit) -> web.StreamResponse:
    """Where a unit lies, and when its screens are meant to be off."""
    form = await visit.form()
    path = text(form, "path")
    sent = {name: text(form, name) for name in ("lng", "lat", "quiet_from", "quiet_to", "zone")}
    try:
        async with visit.deps.db.write() as session:
            await place_unit(session, visit.actor, path, sent, now=visit.now)
    except DomainError as error:
        return await _tree(visit, error, sent, at=path)
    return visit.redirect(f"/desk/screens/tree?unit={path}", done="unit_place")


async def _branches(visit: Visit, at: str = "") -> dict[str, Any]:
    only = visit.query("only") == "trouble"
    async with visit.deps.db.read() as session:
        found = await standing(session, visit.actor, at or visit.query("unit"), now=visit.now)
        outages = await open_outages(session, [found.unit.path], limit=10)
        names = await _names(session, outages)
        own = (
            await fleet.screens(session, visit.actor, now=visit.now, at=found.unit.path, limit=_OWN)
            if found.own.total
            else []
        )
    shown = [one for one in found.branches if one.tally.total or not only]
    if only:
        shown = [one for one in shown if one.tally.trouble]
    return {
        "here": _branch(visit, found.unit),
        "way": [_branch(visit, one) for one in found.way],
        "branches": [_branch(visit, one) for one in shown],
        "own": [_screen(visit, one) for one in own],
        "own_total": found.own.total,
        "outages": [parts.outage(visit, one, names) for one in outages],
        "only": only,
        "address": f"/desk/screens/tree/branches?unit={found.unit.path}{'&only=trouble' if only else ''}",
    }


async def _tree(
    visit: Visit, error: DomainError | None = None, typed: dict[str, str] | None = None, *, at: str = ""
) -> web.Response:
    shown = await _branches(visit, at)
    path = shown["here"]["path"]
    async with visit.deps.db.read() as session:
        row = await place_of(session, path)
    kept = {
        "lng": degrees(row.lng) if row else "",
        "lat": degrees(row.lat) if row else "",
        "quiet_from": _minute(row.quiet_from) if row else "",
        "quiet_to": _minute(row.quiet_to) if row else "",
        "zone": (row.zone if row else None) or ZONES[0],
    }
    context = {
        **shown,
        "tabs": parts.tabs(visit, "tree"),
        "place": typed or kept,
        "zones": [{"value": one, "label": visit.t(f"screens.zone.{one.rpartition('/')[2]}")} for one in ZONES],
        "may_manage": bool(can(visit.actor, Action.SCREEN_MANAGE, Subject(path))),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/tree.html", context, section="screens", status=error.status if error else 200)


def _branch(visit: Visit, one: Branch) -> dict[str, Any]:
    return {
        "path": one.path,
        "href": f"/desk/screens/tree?unit={one.path}",
        "name": one.name,
        "level": labels.level(visit, one.level) if one.level else "",
        "units": one.units,
        "tally": parts.tally(visit, one.tally),
    }


def _screen(visit: Visit, one: fleet.ScreenView) -> dict[str, Any]:
    row = one.screen
    return {
        "href": f"/desk/screens/{row.public}",
        "name": row.name,
        "public": row.public,
        "point": row.point,
        "health": parts.health(visit, one.health),
    }


async def _names(session: AsyncSession, outages: Any) -> dict[str, str]:
    rows: list[Outage] = list(outages)
    paths = select(Unit.path, Unit.name).where(Unit.path.in_({row.unit for row in rows}))
    screens = select(Screen.id, Screen.name).where(Screen.id.in_(screen_ids(rows)))
    named = dict((await session.execute(paths)).all())
    return named | {str(key): name for key, name in (await session.execute(screens)).all()}


def _minute(value: int | None) -> str:
    return "" if value is None else f"{value // 60:02d}:{value % 60:02d}"


ROUTES = (
    get("/desk/screens/tree", tree_page, Action.SCREEN_READ),
    get("/desk/screens/tree/branches", tree_part, Action.SCREEN_READ),
    post("/desk/screens/tree/place", place_it, Action.SCREEN_MANAGE),
)
