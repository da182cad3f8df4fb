"""Moving a piece in the calendar: first what would clash, then, when confirmed, the move itself and its way back."""

import uuid
from typing import Any

from aiohttp import web

from cms.content.held import look
from cms.desk import fields, labels
from cms.desk.calendar.clash_lines import blocks, clash_lines
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.clock import to_ms
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.planning.wishes import Move, Moving, Stood, look_at_move, move_to


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    edition, asked = await _asked(visit)
    async with visit.deps.db.read() as session:
        held = await look(session, edition)
        found = await look_at_move(session, visit.actor, held, asked, posts=posts_of(visit), now=visit.now)
    answer = {
        "title": held.document.title or visit.t("desk.documents.untitled"),
        "from": "" if found.before is None else labels.instant(visit, found.before),
        "to": labels.instant(visit, asked.at),
        "clashes": clash_lines(visit, found.clashes),
        "may": not blocks(found.clashes),
        "note": " ".join(_notes(visit, found)),
    }
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def move(visit: Visit) -> web.StreamResponse:
    """Moves a promise or a wish; the rules are asked again in the transaction that does it.

    The answer says how to go back: the same request with what stood before.
    """
    edition, asked = await _asked(visit)
    async with visit.deps.db.write() as session:
        stood = await move_to(session, visit.actor, edition, asked, now=visit.now)
    answer = {"moved": labels.instant(visit, asked.at), "back": _back(visit, edition, stood, asked)}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


def posts_of(visit: Visit) -> frozenset[str]:
    """The channel kinds where each publication is a post of its own."""
    return frozenset(kind for kind, channel in visit.deps.channels.items() if channel.display is None)


async def _asked(visit: Visit) -> tuple[uuid.UUID, Move]:
    form = await visit.form()
    try:
        at = fields.instant(text(form, "at").replace(" ", "T"), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("planning.line_time", text=text(form, "at")[:40]) from error
    if at is None:
        raise Invalid("planning.line_time", text="")
    codes = tuple(dict.fromkeys(value for value in form.getall("target", []) if isinstance(value, str)))[:100]
    batch = text(form, "batch")
    move = Move(at, codes, text(form, "was"), as_uuid(batch) if batch else None)
    return as_uuid(text(form, "edition")), move


def _back(visit: Visit, edition: uuid.UUID, stood: Stood, asked: Move) -> dict[str, Any] | None:
    """The fields that undo it; None for a first wish, which had no time before."""
    if stood.at is None:
        return None
    return {
        "edition": str(edition),
        "at": stood.at.astimezone(visit.deps.zone).strftime("%Y-%m-%d %H:%M:%S"),
        "was": str(to_ms(asked.at)),
        "target": list(stood.targets) if asked.targets else [],
        "batch": str(stood.batch) if stood.batch is not None else "",
    }


def _notes(visit: Visit, found: Moving) -> list[str]:
    """What the move changes beside the time."""
    notes = [visit.t("desk.calendar.leaves_batch")] if found.leaves_batch else []
    if found.targets is not None:
        before, after = ("、".join(names) for names in found.targets)
        notes.append(visit.t("desk.calendar.other_targets", before=before, after=after))
    return notes


ROUTES = (
    post("/desk/calendar/check", check, Action.DOCUMENT_READ),
    post("/desk/calendar/move", move, Action.DOCUMENT_READ),
)
