"""What keeps accounts safe, by an administrator's hands: others' sessions and unused accounts."""

from aiohttp import web

from cms.desk.routing import get, post
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import DomainError
from cms.people.accounts import end_sessions
from cms.people.permissions import Action, reach_of_others, require_reach
from cms.people.sessions import revoke
from cms.people.stale import shut_out, stale

_SHOWN = 200


async def end_session(visit: Visit) -> web.StreamResponse:
    """Ends one session of somebody."""
    async with visit.deps.db.write() as session:
        await revoke(session, visit.actor, visit.uuid("session"), now=visit.now)
    return visit.redirect(f"/desk/people/{visit.part('person')}", done="session_ended")


async def end_every_session(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await end_sessions(session, visit.actor, visit.uuid("person"), now=visit.now)
    return visit.redirect(f"/desk/people/{visit.part('person')}", done="sessions_ended")


async def stale_page(visit: Visit) -> web.StreamResponse:
    return await _stale(visit)


async def shut_stale(visit: Visit) -> web.StreamResponse:
    """Shuts the ticked accounts out; each can be let in again from its page."""
    form = await visit.form()
    chosen = [as_uuid(value) for value in form.getall("person", []) if isinstance(value, str)][:_SHOWN]
    try:
        async with visit.deps.db.write() as session:
            before = visit.now - visit.deps.stale_after
            await shut_out(session, visit.actor, chosen, before=before, now=visit.now)
    except DomainError as error:
        return await _stale(visit, error)
    return visit.redirect("/desk/people/stale", done="stale_shut" if chosen else "stale_none")


async def _stale(visit: Visit, error: DomainError | None = None) -> web.Response:
    before = visit.now - visit.deps.stale_after
    within = require_reach(visit.actor, Action.PEOPLE_READ)
    async with visit.deps.db.read() as session:
        found = await stale(session, within=within, before=before)
    managed = reach_of_others(visit.actor, Action.PEOPLE_MANAGE)
    context = {
        "people": [
            {
                "id": str(one.id),
                "href": f"/desk/people/{one.id}",
                "name": one.name,
                "login": one.login,
                "unit": one.unit,
                "last_at": one.last_at,
                "days": (visit.now - (one.last_at or one.since)).days,
                "may": one.id != visit.actor.person,
            }
            for one in found[:_SHOWN]
        ],
        "total": len(found),
        "days": visit.deps.stale_after.days,
        "may_shut": bool(managed),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("people/stale.html", context, section="people", status=error.status if error else 200)


ROUTES = (
    get("/desk/people/stale", stale_page, Action.PEOPLE_READ),
    post("/desk/people/stale", shut_stale, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/sessions/end", end_every_session, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/sessions/{session}/end", end_session, Action.PEOPLE_MANAGE),
)
