"""Previews: the piece as each channel will show it, drawn by the channel, in frames that can do nothing else.

Of what was saved as a page of its own, and beside the editor of what stands there unsaved: the page sends what was
typed to each frame, so that nothing of it needs to be kept to be seen.
"""

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy import select

from cms.content.draft import draft_of
from cms.content.queries import find
from cms.desk import fields, frames, pieces
from cms.desk.routing import get, post
from cms.desk.visit import Visit
from cms.kernel.errors import Denied, DomainError, NotFound
from cms.people.permissions import Action
from cms.planning.models import Target
from cms.review.submit import preview_piece


async def preview_page(visit: Visit, *, error: Mapping[str, str] | None = None) -> web.StreamResponse:
    """Every form of every channel beside each other, and the accounts whose testers can see it on their phones."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        column = await pieces.column_name(session, held.revision.column_code)
        draft, _, _ = await pieces.typed(session, visit, held)
        kinds = [kind for kind, channel in visit.deps.channels.items() if channel.trial is not None]
        testing = select(Target.code, Target.name).where(Target.kind.in_(kinds), Target.active).order_by(Target.code)
        accounts = (await session.execute(testing)).all()
    url = pieces.href(held.document.public_id)
    head = {**pieces.head(visit, held, column), "title": draft.title or visit.t("desk.documents.untitled")}
    context = {
        "document": head,
        "frames": frames.frames_of(visit, f"{url}/preview"),
        "may": pieces.may(visit, held),
        "trials": [{"name": one.name, "href": f"{url}/trial/{one.code}"} for one in accounts],
        "error": error,
    }
    return visit.page("documents/preview.html", context, section="documents", status=422 if error else 200)


async def frame(visit: Visit) -> web.StreamResponse:
    """One form of one channel, under a policy of its own."""
    asked = frames.asked_of(visit)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    return await frames.draw(visit, asked, piece)


async def check(visit: Visit) -> web.StreamResponse:
    """Whether what stands in the editor can be read at all: the page asks once, before it asks each frame."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
    fields.draft_from(form, draft_of(held.revision), visit.deps.zone)
    return web.json_response({"at": visit.now.astimezone(visit.deps.zone).strftime("%H:%M:%S")})


async def live(visit: Visit) -> web.StreamResponse:
    """One form of what stands in the editor at this moment; keeps nothing."""
    asked = frames.asked_of(visit)
    form = await visit.form()
    try:
        async with visit.deps.db.read() as session:
            held = await find(session, visit.actor, visit.part("id"))
            draft = fields.draft_from(form, draft_of(held.revision), visit.deps.zone)
            press = visit.deps.press(1)
            piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    except (NotFound, Denied):
        raise
    except DomainError as error:
        return frames.refusal(visit, asked.form, error)
    return await frames.draw(visit, asked, piece)


ROUTES = (
    get("/desk/documents/{id}/preview", preview_page, Action.DOCUMENT_READ),
    get("/desk/documents/{id}/preview/{channel}/{form}", frame, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/live", check, Action.DOCUMENT_EDIT),
    post("/desk/documents/{id}/live/{channel}/{form}", live, Action.DOCUMENT_EDIT),
)
