"""Moving a piece in the calendar: first what would clash, then, when confirmed, the move itself and its way back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
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
from cms.kernel.clock import to_ms
from cms.kernel.errors import Conflict, Invalid, Refused
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import check_embargo, embargo_of
from cms.planning.hours import holiday
from cms.planning.models import Batch, Occurrence
from cms.planning.schedule import Wanted, reschedule, scheduled
from cms.planning.targets import targets_by_code
from schedules.clashes import Clash, Severity, said


@dataclass(frozen=True, slots=True)
class Asked:
    """Which edition goes where; no targets leave them as they are, `was` is the time the page showed."""

    edition: uuid.UUID
    at: dt.datetime
    targets: tuple[str, ...]
    was: str
    batch: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Stood:
    """What stands now: a promise with its row, or a wish with its time, or nothing."""

    at: dt.datetime | None
    row: Occurrence | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.row.targets) if self.row is not None else ()


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way; writes nothing."""
    asked = await _asked(visit)
    async with visit.deps.db.read() as session:
        held = await look(session, asked.edition)
        stood = await _stood(session, held)
        clashes = await _clashes(session, visit, held, stood, asked)
        notes = await _notes(session, visit, stood, asked)
    answer = {
        "title": held.document.title or visit.t("desk.documents.untitled"),
        "from": "" if stood.at is None else labels.instant(visit, stood.at),
        "to": labels.instant(visit, asked.at),
        "clashes": clash_lines(visit, clashes),
        "may": not blocks(clashes),
        "note": " ".join(notes),
    }
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


async def move(visit: Visit) -> web.StreamResponse:
    """Moves a promise or a wish; the rules are asked again in the transaction that does it.

    The answer says how to go back: the same request with what stood before.
    """
    asked = await _asked(visit)
    async with visit.deps.db.write() as session:
        held = await look(session, asked.edition)
        stood = await _stood(session, held)
        _unchanged(stood, asked)
        back = _back(visit, stood, asked)
        if stood.row is not None:
            batch = await _batch(session, visit, asked)
            targets = asked.targets or None
            await reschedule(
                session, visit.actor, asked.edition, at=asked.at, targets=targets, batch=batch, now=visit.now
            )
        elif asked.targets:
            raise Refused("planning.wish_no_target")
        else:
            await check_embargo(session, held.document.id, at=asked.at)
            await plan(session, visit.actor, asked.edition, planned_at=asked.at, now=visit.now)
    answer = {"moved": labels.instant(visit, asked.at), "back": back}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


def posts_of(visit: Visit) -> frozenset[str]:
    """The channel kinds where each publication is a post of its own."""
    return frozenset(kind for kind, channel in visit.deps.channels.items() if channel.display is None)


async def _asked(visit: Visit) -> Asked:
    form = await visit.form()
    try:
        at = fields.instant(text(form, "at").replace(" ", "T"), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("planning.line_time", text=text(form, "at")[:40]) from error
    if at is None:
        raise Invalid("planning.line_time", text="")
    codes = tuple(dict.fromkeys(value for value in form.getall("target", []) if isinstance(value, str)))[:100]
    batch = text(form, "batch")
    return Asked(as_uuid(text(form, "edition")), at, codes, text(form, "was"), as_uuid(batch) if batch else None)


async def _stood(session: AsyncSession, held: Held) -> Stood:
    if held.state is EditionState.SCHEDULED:
        row = await scheduled(session, held.edition.id)
        return Stood(held.edition.scheduled_at, row)
    return Stood(held.edition.planned_at)


def _unchanged(stood: Stood, asked: Asked) -> None:
    """Raises Conflict `planning.moved_meanwhile`: somebody else's move is not overwritten unseen."""
    if asked.was and asked.was != _seen(stood):
        raise Conflict("planning.moved_meanwhile")


def _seen(stood: Stood) -> str:
    return str(to_ms(stood.at)) if stood.at is not None else ""


def _back(visit: Visit, stood: Stood, asked: Asked) -> dict[str, Any] | None:
    """The fields that undo it; None for a first wish, which had no time before."""
    if stood.at is None:
        return None
    batch = stood.row.batch_id if stood.row is not None else None
    return {
        "edition": str(asked.edition),
        "at": stood.at.astimezone(visit.deps.zone).strftime("%Y-%m-%d %H:%M:%S"),
        "was": str(to_ms(asked.at)),
        "target": list(stood.targets) if asked.targets else [],
        "batch": str(batch) if batch is not None else "",
    }


async def _batch(session: AsyncSession, visit: Visit, asked: Asked) -> uuid.UUID | None:
    """The batch a piece goes back into: only at the batch's own time, and by whoever may change the batch."""
    row = None if asked.batch is None else await session.get(Batch, asked.batch)
    if row is None or row.cancelled_at is not None or row.at != asked.at:
        return None
    return row.id if can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(row.unit_path)) else None


async def _notes(session: AsyncSession, visit: Visit, stood: Stood, asked: Asked) -> list[str]:
    """What the move changes beside the time."""
    notes = []
    if stood.row is not None and stood.row.batch_id is not None:
        notes.append(visit.t("desk.calendar.leaves_batch"))
    if stood.row is not None and asked.targets and set(asked.targets) != set(stood.targets):
        names = {row.code: row.name for row in await targets_by_code(session, [*asked.targets, *stood.targets])}
        before, after = ("、".join(names[code] for code in codes) for codes in (stood.targets, asked.targets))
        notes.append(visit.t("desk.calendar.other_targets", before=before, after=after))
    return notes


async def _clashes(session: AsyncSession, visit: Visit, held: Held, stood: Stood, asked: Asked) -> Sequence[Clash]:
    if stood.row is not None:
        wanted = Wanted(asked.at, asked.targets or stood.targets, stood.row.take_off_at)
        return await clashes_of_promise(
            session, visit.actor, held.edition.id, wanted, posts=posts_of(visit), now=visit.now
        )
    require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
    found = [Clash(Severity.ERROR, "error.planning.wish_no_target")] if asked.targets else []
    if asked.at <= visit.now:
        found.append(Clash(Severity.WARNING, "wish_past"))
    row = await embargo_of(session, held.document.id, now=visit.now)
    if row is not None and asked.at < row.until:
        found.append(Clash(Severity.ERROR, "error.planning.embargo", {"until": said(row.until)}))
    return [*found, *await holiday(session, asked.at)]


ROUTES = (
    post("/desk/calendar/check", check, Action.DOCUMENT_READ),
    post("/desk/calendar/move", move, Action.DOCUMENT_READ),
)
