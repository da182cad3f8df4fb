"""Passing several pieces with one password: earlier steps of texts one has read; never the signature."""

from aiohttp import web

from cms.desk import pieces
from cms.desk.confirming import password_of
from cms.desk.reading import waiting_line
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import post
from cms.desk.signing import check_size, pass_one
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action
from cms.review.inbox import waiting_for


async def pass_many(visit: Visit) -> web.StreamResponse:
    """Passes each chosen piece for itself; what is refused stays, with its reason."""
    form = await visit.form()
    chosen = [value for value in form.getall("piece", []) if isinstance(value, str)]
    opinion = text(form, "opinion")[:2000]
    try:
        password = password_of(form)
        check_size(len(chosen))
    except DomainError as error:
        return await _page(visit, error=error)
    refused: list[tuple[str, DomainError]] = []
    for one in chosen:
        public_id, _, release = one.partition(":")
        try:
            await pass_one(visit, public_id, seen=release, password=password, opinion=opinion)
        except REFUSALS as error:
            refused.append((public_id, refusal_of(error)))
    if refused:
        return await _page(visit, refused=refused)
    return visit.redirect("/desk/review/", done="passed_many")


async def _page(
    visit: Visit, *, error: DomainError | None = None, refused: list[tuple[str, DomainError]] | None = None
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        found = await waiting_for(session, visit.actor)
        shown = await pieces.covers(session, [one.edition for one in found])
    titles = {one.public_id: one.title for one in found}
    context = {
        "waiting": [waiting_line(visit, one, shown.get(one.edition)) for one in found],
        "may_plan": visit.may(Action.REVIEW_PLAN),
        "error": visit.refusal(error) if error else None,
        "refused": [{"title": titles.get(one, one), **visit.refusal(why)} for one, why in refused or []],
    }
    worst = error or (refused[0][1] if refused else None)
    return visit.page("review/list.html", context, section="review", status=worst.status if worst else 200)


ROUTES = (post("/desk/review/pass", pass_many, Action.REVIEW_PASS),)
