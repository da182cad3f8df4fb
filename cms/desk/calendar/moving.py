"""Moving a piece in the calendar: first what would clash, then, when the person confirmed, the move itself."""

import datetime as dt
import uuid

from aiohttp import web

from cms.content.held import look
from cms.desk import fields, labels
from cms.desk.calendar.clash_lines import blocks, clash_lines
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.planning.wishes import look_at_move, move_to


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    edition, at = await _asked(visit)
    async with visit.deps.db.read() as session:
        held = await look(session, edition)
        found = await look_at_move(session, visit.actor, held, at=at, posts=posts_of(visit), now=visit.now)
    answer = {
        "title": held.document.title or visit.t("desk.documents.untitled"),
        "from": "" if found.before is None else labels.instant(visit, found.before),
        "to": labels.instant(visit, at),
        "clashes": clash_lines(visit, found.clashes),
        "may": not blocks(found.clashes),
        "note": visit.t("desk.calendar.leaves_batch") if found.leaves_batch else "",
    }
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def move(visit: Visit) -> web.StreamResponse:
    """Moves a promise or a wish; the rules are asked again in the transaction that does it."""
    edition, at = await _asked(visit)
    async with visit.deps.db.write() as session:
        await move_to(session, visit.actor, edition, at=at, now=visit.now)
    return web.json_response({"moved": labels.instant(visit, at)}, headers={"Cache-Control": "no-store"})


def posts_of(visit: Visit) -> frozenset[str]:
    """The channel kinds where each publication is a post of its own."""
    return frozenset(kind for kind, channel in visit.deps.channels.items() if channel.display is None)


async def _asked(visit: Visit) -> tuple[uuid.UUID, dt.datetime]:
    form = await visit.form()
    try:
        at = fields.instant(text(form, "at").replace(" ", "T"), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("planning.line_time", text=text(form, "at")[:40]) from error
    if at is None:
        raise Invalid("planning.line_time", text="")
    return as_uuid(text(form, "edition")), at


ROUTES = (
    post("/desk/calendar/check", check, Action.DOCUMENT_READ),
    post("/desk/calendar/move", move, Action.DOCUMENT_READ),
)
