"""A draft on the phones of an account's testers, from the page of its previews."""

from aiohttp import web

from cms.desk import at_accounts, pieces
from cms.desk.routing import post
from cms.desk.views.previews import preview_page
from cms.desk.visit import Visit
from cms.kernel.errors import Denied, DomainError, NotFound
from cms.people.permissions import Action


async def show_testers(visit: Visit) -> web.StreamResponse:
    """Sends what was saved to the testers; a refusal stands on the page where it was asked."""
    try:
        await at_accounts.show_testers(visit, visit.part("target"))
    except (NotFound, Denied):
        raise
    except DomainError as error:
        return await preview_page(visit, error=visit.refusal(error))
    return visit.redirect(f"{pieces.href(visit.part('id'))}/preview", done="trial_sent")


ROUTES = (post("/desk/documents/{id}/trial/{target}", show_testers, Action.DOCUMENT_EDIT),)
