"""Moving a piece in the calendar: first what would clash, then, when the person confirmed, the move itself."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.editions import plan
from cms.content.held import Held, look
from cms.content.states import EditionState
from cms.desk import fields, labels
from cms.desk.calendar.clash_lines import blocks, clash_lines
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action, require_can
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import check_embargo, embargo_of
from cms.planning.schedule import Wanted, reschedule, scheduled
from schedules.clashes import Clash, Severity, said


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    edition, at = await _asked(visit)
    async with visit.deps.db.read() as session:
        held = await look(session, edition)
        clashes, before, batch = await _clashes(session, visit, held, at)
    answer = {
        "title": held.document.title or visit.t("desk.documents.untitled"),
        "from": "" if before is None else labels.instant(visit, before),
        "to": labels.instant(visit, at),
        "clashes": clash_lines(visit, clashes),
        "may": not blocks(clashes),
        "note": visit.t("desk.calendar.leaves_batch") if batch else "",
    }
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def move(visit: Visit) -> web.StreamResponse:
    """Moves a promise or a wish; the rules are asked again in the transaction that does it."""
    edition, at = await _asked(visit)
    async with visit.deps.db.write() as session:
        held = await look(session, edition)
        if held.state is EditionState.SCHEDULED:
            await reschedule(session, visit.actor, edition, at=at, now=visit.now)
        else:
            await check_embargo(session, held.document.id, at=at)
            await plan(session, visit.actor, edition, planned_at=at, now=visit.now)
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


async def _clashes(
    session: AsyncSession, visit: Visit, held: Held, at: dt.datetime
) -> tuple[Sequence[Clash], dt.datetime | None, Any]:
    if held.state is EditionState.SCHEDULED:
        promise = await scheduled(session, held.edition.id)
        targets = tuple(promise.targets) if promise is not None else ()
        off = promise.take_off_at if promise is not None else None
        wanted = Wanted(at, targets, off)
        clashes = await clashes_of_promise(
            session, visit.actor, held.edition.id, wanted, posts=posts_of(visit), now=visit.now
        )
        return clashes, held.edition.scheduled_at, promise.batch_id if promise is not None else None
    require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
    found = [Clash(Severity.WARNING, "wish_past")] if at <= visit.now else []
    row = await embargo_of(session, held.document.id, now=visit.now)
    if row is not None and at < row.until:
        found.append(Clash(Severity.ERROR, "error.planning.embargo", {"until": said(row.until)}))
    return found, held.edition.planned_at, None


ROUTES = (
    post("/desk/calendar/check", check, Action.DOCUMENT_READ),
    post("/desk/calendar/move", move, Action.DOCUMENT_READ),
)
