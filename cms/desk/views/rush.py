"""应急发布 begins: the author says why, and two editors in chief are asked for their keys."""

from aiohttp import web

from cms.content.queries import find
from cms.content.states import EDITABLE
from cms.desk import pieces
from cms.desk.routing import post
from cms.desk.views.documents import show
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import Conflict, DomainError, Invalid, Refused
from cms.people.permissions import Action
from cms.publishing.onair.cutting import prepare_release
from cms.review.submit import submit


async def rush(visit: Visit) -> web.StreamResponse:
    """Freezes the text for the two keys of an emergency."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
    press = visit.deps.press(await visit.deps.keys.epoch())
    reason = text(form, "reason")[:1000]
    try:
        async with visit.deps.db.write() as session:
            edition, now = held.edition.id, visit.now
            row = await submit(session, visit.actor, edition, press=press, note=reason, urgent=True, now=now)
            await prepare_release(session, row.text, now=now)
    except DomainError as error:
        if held.state not in EDITABLE or not isinstance(error, Refused | Conflict | Invalid):
            raise
        return await show(visit, error)
    return visit.redirect(pieces.href(held.document.public_id), done="rushed")


ROUTES = (post("/desk/documents/{id}/rush", rush, Action.DOCUMENT_SUBMIT),)
