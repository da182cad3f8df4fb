"""Moving a piece in the calendar: first what would clash, then, when confirmed, the move itself and its way back."""

import uuid
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import look
from cms.desk import fields, labels
from cms.desk.calendar.clash_lines import blocks, clash_lines
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.clock import to_ms
from cms.kernel.errors import Invalid, NotFound
from cms.people.permissions import Action
from cms.planning.batches import Member, join_batch
from cms.planning.membership import open_batches, put_back, step
from cms.planning.models import Batch
from cms.planning.schedule import scheduled
from cms.planning.wishes import Move, Moving, Stood, look_at_move, move_to


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        batch = await _into(session, visit, form)
        edition, asked = _asked(visit, form, batch)
        held = await look(session, edition)
        found = await look_at_move(session, visit.actor, held, asked, posts=posts_of(visit), now=visit.now)
    answer = {
        "title": held.document.title or visit.t("desk.documents.untitled"),
        "from": "" if found.before is None else labels.instant(visit, found.before),
        "to": labels.instant(visit, asked.at),
        "clashes": clash_lines(visit, found.clashes),
        "may": not blocks(found.clashes),
        "note": " ".join(_notes(visit, found, batch)),
    }
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def move(visit: Visit) -> web.StreamResponse:
    """Moves a promise or a wish; the rules are asked again in the transaction that does it.

    The answer says how to go back: the same request with what stood before.
    """
    form = await visit.form()
    if text(form, "seen"):
        return await _step_back(visit, form)
    async with visit.deps.db.write() as session:
        batch = await _into(session, visit, form)
        edition, asked = _asked(visit, form, batch)
        back: dict[str, Any] | None
        if batch is None:
            stood = await move_to(session, visit.actor, edition, asked, now=visit.now)
            back = _back(visit, edition, stood, asked)
        else:
            row = await scheduled(session, edition)
            targets = asked.targets or (tuple(row.targets) if row is not None else ())
            await join_batch(session, visit.actor, batch.id, Member(edition, targets), now=visit.now)
            back = {"edition": str(edition), "seen": await step(session, edition)}
    answer = {"moved": labels.instant(visit, asked.at), "back": back}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def _step_back(visit: Visit, form: Form) -> web.StreamResponse:
    """Out of the batch again, to where it stood before."""
    edition = as_uuid(text(form, "edition"))
    async with visit.deps.db.write() as session:
        await put_back(session, visit.actor, edition, seen=text(form, "seen"), now=visit.now)
        row = await scheduled(session, edition)
    moved = labels.instant(visit, row.at) if row is not None else ""
    return web.json_response({"moved": moved, "back": None}, headers={"Cache-Control": "no-store"})


async def _into(session: AsyncSession, visit: Visit, form: Form) -> Batch | None:
    """The batch a piece is to enter. Raises NotFound `planning.no_batch`."""
    if not text(form, "into"):
        return None
    every = await open_batches(session, visit.actor, now=visit.now)
    row = next((one for one in every if str(one.id) == text(form, "into")), None)
    if row is None:
        raise NotFound("planning.no_batch")
    return row


def posts_of(visit: Visit) -> frozenset[str]:
    """The channel kinds where each publication is a post of its own."""
    return frozenset(kind for kind, channel in visit.deps.channels.items() if channel.display is None)


def _asked(visit: Visit, form: Form, into: Batch | None) -> tuple[uuid.UUID, Move]:
    try:
        at = into.at if into is not None else fields.instant(text(form, "at").replace(" ", "T"), visit.deps.zone)
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


def _notes(visit: Visit, found: Moving, batch: Batch | None) -> list[str]:
    """What the move changes beside the time."""
    notes = [visit.t("desk.calendar.leaves_batch")] if found.leaves_batch else []
    if batch is not None:
        notes.append(visit.t("desk.calendar.enters_batch", name=batch.name))
    if found.targets is not None:
        before, after = ("、".join(names) for names in found.targets)
        notes.append(visit.t("desk.calendar.other_targets", before=before, after=after))
    return notes


ROUTES = (
    post("/desk/calendar/check", check, Action.DOCUMENT_READ),
    post("/desk/calendar/move", move, Action.DOCUMENT_READ),
)
