"""Reviewing on a phone: the queue, a piece to read or listen to, pass and return, and taking back what is out."""

from typing import Final

from aiohttp import web

from cms.content.filters import Filters
from cms.content.queries import documents, find
from cms.content.states import EditionState
from cms.desk import pieces
from cms.desk.reading import waiting_line
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.views.review import page
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action
from cms.publishing.recall import recall
from cms.review.inbox import waiting_for

_OUT: Final = frozenset({EditionState.PUBLISHED, EditionState.PUBLISHED_PENDING_REVIEW})
_SHOWN: Final = 20


async def queue_page(visit: Visit) -> web.StreamResponse:
    """What waits, and what is out and may have to come back."""
    return await _queue(visit)


async def _queue(visit: Visit, error: DomainError | None = None) -> web.StreamResponse:
    recalls = visit.may(Action.PUBLISHING_RECALL)
    async with visit.deps.db.read() as session:
        found = await waiting_for(session, visit.actor)
        out = await documents(session, visit.actor, Filters(states=_OUT), limit=_SHOWN) if recalls else None
        shown = await pieces.covers(session, [one.edition for one in found])
    context = {
        "waiting": [waiting_line(visit, one, shown.get(one.edition)) for one in found],
        "out": [pieces.line(visit, one, None) for one in out.rows] if out else [],
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("phone/list.html", context, section="review", status=error.status if error else 200)


async def piece_page(visit: Visit) -> web.StreamResponse:
    return await page(visit, phone=True)


async def recall_it(visit: Visit) -> web.StreamResponse:
    """Takes a piece back from everywhere, for ever; what needs a second person is done at the desk."""
    form = await visit.form()
    try:
        async with visit.deps.db.read() as session:
            held = await find(session, visit.actor, visit.part("id"))
        await recall(
            visit.deps.db, visit.deps.guard, visit.actor, held.document.id, reason=text(form, "reason"), now=visit.now
        )
    except REFUSALS as error:
        return await _queue(visit, refusal_of(error))
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_recalls_total")
    return visit.redirect("/desk/m/", done="recalled")


ROUTES = (
    get("/desk/m/", queue_page, Action.REVIEW_READ),
    get("/desk/m/{id}", piece_page, Action.REVIEW_READ),
    post("/desk/m/{id}/recall", recall_it, Action.PUBLISHING_RECALL),
)
