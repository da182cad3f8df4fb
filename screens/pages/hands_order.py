"""Ordering one screen from its page."""

from aiohttp import web

from cms.desk.routing import post
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, NotFound
from cms.people.permissions import Action
from screens.hands.ordering import Asked, order_one
from screens.pages import fleet, hands_form


async def order(visit: Visit) -> web.StreamResponse:
    form, public = await visit.form(), visit.part("screen")
    try:
        action = hands_form.action_of(form)
        asked = Asked(action, hands_form.params_of(action, form))
        await order_one(visit.deps.db, visit.deps.hands, visit.actor, public, asked, now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await fleet.screen_with(visit, error)
    return visit.redirect(f"/desk/screens/{public}", done="screen_ordered")


ROUTES = (post("/desk/screens/{screen}/order", order, Action.SCREEN_MANAGE),)
