"""Several people at one piece: who is here, what was saved meanwhile, and what to do when two wrote at once."""

from aiohttp import web

from cms.content.draft import draft_of
from cms.content.presence import beat, leave, others
from cms.content.queries import find
from cms.desk import conflicts, fields, pieces
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.people.permissions import Action, require_can


async def presence(visit: Visit) -> web.StreamResponse:
    """The editor's heartbeat; answers who else is here and which revision is the newest, as JSON."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        if text(form, "leaving"):
            await leave(session, visit.actor, held)
            return web.json_response({"here": []})
        await beat(session, visit.actor, held, now=visit.now)
        here = await others(session, visit.actor, held, now=visit.now)
        by = await pieces.person_name(session, held.revision.created_by)
    return web.json_response(
        {
            "here": [one.name for one in here],
            "revision": str(held.revision.id),
            "by": "" if held.revision.created_by == visit.actor.person else by,
        }
    )


async def conflict(visit: Visit) -> web.StreamResponse:
    """What stands on the page against what was saved meanwhile: the difference, and the two ways out."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
        mine = fields.draft_from(form, draft_of(held.revision), visit.deps.zone)
        found = None
        if conflicts.base_of(text(form, "revision"), held) == held.revision.id:
            found = await conflicts.with_other_window(session, visit, held, mine)
        if found is None:
            found = await conflicts.with_colleague(session, visit, held, mine)
    url = pieces.href(held.document.public_id)
    urls = {"theirs": f"{url}/take-theirs", "show": url, "edit": f"{url}/edit"}
    return visit.render("documents/conflict.html", {"conflict": found, "urls": urls})


ROUTES = (
    post("/desk/documents/{id}/presence", presence, Action.DOCUMENT_EDIT),
    post("/desk/documents/{id}/conflict", conflict, Action.DOCUMENT_EDIT),
)
