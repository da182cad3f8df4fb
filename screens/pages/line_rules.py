"""Rules of thin lines on the desk: when a place's screens fetch pictures and films, how much a day, and from whom."""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from cms.desk import unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.hands.hours import ZONES
from cms.hands.line import FREE
from cms.kernel.errors import DomainError
from cms.people.permissions import Action, Subject, can, may_anywhere
from cms.people.picking import places_at
from screens.hands import lines
from screens.pages import line_form

HOME: Final = "/desk/screens/lines/"


async def list_page(visit: Visit) -> web.StreamResponse:
    """The rules a person may see, and the form, filled in with those of `?unit=`."""
    return await _list(visit)


async def save(visit: Visit) -> web.StreamResponse:
    """Sets the rules of a unit."""
    form = await visit.form()
    try:
        place = await unit_field.typed(visit, text(form, "unit"), Action.SCREEN_MANAGE)
        policy = line_form.policy_of(form)
        async with visit.deps.db.write() as session:
            await lines.set_policy(session, visit.actor, place.path, policy, now=visit.now)
    except DomainError as error:
        return await _list(visit, error, form)
    return visit.redirect(HOME, done="line_saved")


async def remove(visit: Visit) -> web.StreamResponse:
    """Takes the rules of a unit away: those of the unit above it hold again, or none."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        await lines.set_policy(session, visit.actor, text(form, "unit"), None, now=visit.now)
    return visit.redirect(HOME, done="line_removed")


async def _list(visit: Visit, error: DomainError | None = None, form: Form | None = None) -> web.Response:
    chosen = text(form, "unit") if form is not None else visit.query("unit")
    async with visit.deps.db.read() as session:
        found = await lines.visible(session, visit.actor)
        names = {path: one.name for path, one in (await places_at(session, list(found))).items()}
        unit = await unit_field.field_of(session, chosen or visit.actor.unit, Action.SCREEN_MANAGE)
    kept = found.get(chosen)
    rows: list[dict[str, Any]] = [
        {
            "unit": path,
            "name": names.get(path, path),
            "href": f"{HOME}?{urlencode({'unit': path})}",
            "may": bool(can(visit.actor, Action.SCREEN_MANAGE, Subject(path))),
            **line_form.said(visit, policy),
        }
        for path, policy in sorted(found.items())
    ]
    context = {
        "rules": rows,
        "may": may_anywhere(visit.actor, Action.SCREEN_MANAGE),
        "unit": unit,
        "is_kept": kept is not None,
        "policy": line_form.typed(visit, form) if form is not None else line_form.shown(visit, kept or FREE),
        "zones": [{"value": zone, "label": zone} for zone in ZONES],
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/line_rules.html", context, section="screens", status=error.status if error else 200)


ROUTES = (
    get(HOME, list_page, Action.SCREEN_READ),
    post(HOME, save, Action.SCREEN_MANAGE),
    post(f"{HOME}remove", remove, Action.SCREEN_MANAGE),
)
