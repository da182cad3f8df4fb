"""A lost second factor, by two people: one asks, another confirms, and whoever it is about may stop it."""

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.confirming import confirm_own, password_of
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import OWN_ACCOUNT, post
from cms.desk.views.gate import text
from cms.desk.views.people import show_person
from cms.desk.visit import Visit, as_uuid
from cms.people import factor_reset
from cms.people.permissions import Action


async def ask(visit: Visit) -> web.StreamResponse:
    """Asks a second administrator, by one's own password and with a reason."""
    form = await visit.form()
    person = visit.uuid("person")
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            await factor_reset.ask(session, visit.actor, person, reason=text(form, "reason"), now=visit.now)
    except REFUSALS as error:
        return await show_person(visit, refusal_of(error))
    return visit.redirect(f"/desk/people/{person}", done="factor_asked")


async def confirm(visit: Visit) -> web.StreamResponse:
    """The second person's word, by their own password."""
    form = await visit.form()
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            await factor_reset.confirm(session, visit.actor, visit.uuid("reset"), now=visit.now)
    except REFUSALS as error:
        return await show_person(visit, refusal_of(error))
    return visit.redirect(f"/desk/people/{visit.part('person')}", done="factor_reset")


async def stop(visit: Visit) -> web.StreamResponse:
    """An administrator ends the request."""
    try:
        async with visit.deps.db.write() as session:
            await factor_reset.stop(session, visit.actor, visit.uuid("reset"), now=visit.now)
    except REFUSALS as error:
        return await show_person(visit, refusal_of(error))
    return visit.redirect(f"/desk/people/{visit.part('person')}", done="factor_stopped")


async def stop_own(visit: Visit) -> web.StreamResponse:
    """Whoever it is about says that it was not them; no password, because to stop it takes nothing from anybody."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        await factor_reset.stop(session, visit.actor, as_uuid(text(form, "reset")), now=visit.now)
    return visit.redirect("/desk/account/factor", done="factor_stopped")


async def reset_lines(session: AsyncSession, visit: Visit) -> list[dict[str, Any]]:
    """The lines of the inbox: what waits for this administrator's confirmation."""
    return [
        {
            "cause": one.cause,
            "href": f"/desk/people/{one.person}#factor",
            "person": one.name,
            "asker": one.asker_name,
            "reason": one.reason,
            "at": one.asked_at,
            "until": one.expires_at,
        }
        for one in await factor_reset.to_confirm(session, visit.actor, now=visit.now)
    ]


ROUTES = (
    post("/desk/people/{person}/factor/ask", ask, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/factor/{reset}/confirm", confirm, Action.PEOPLE_MANAGE),
    post("/desk/people/{person}/factor/{reset}/stop", stop, Action.PEOPLE_MANAGE),
    post("/desk/account/factor/stop", stop_own, OWN_ACCOUNT),
)
