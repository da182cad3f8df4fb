"""批次 on the desk: the list with its progress, a new one, and one batch with its pieces."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.filters import Filters
from cms.content.queries import documents
from cms.content.states import EditionState
from cms.desk import fields, labels, pieces
from cms.desk.calendar.clash_lines import refusal_line
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action
from cms.planning.batches import (
    BatchRefused,
    Member,
    Progress,
    batch_progress,
    batches,
    cancel_batch,
    move_batch,
    promise_batch,
)
from cms.planning.targets import targets

_PAST = dt.timedelta(days=60)
_READY = frozenset({EditionState.APPROVED, EditionState.FAILED_TO_PUBLISH})
_OPEN = frozenset({"due", "working", "retry"})


async def list_page(visit: Visit) -> web.StreamResponse:
    return await _list(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Promises the chosen pieces together, or says of each why not."""
    form = await visit.form()
    typed = {name: text(form, name) for name in ("name", "at", "take_off")}
    chosen = [value for value in form.getall("piece", []) if isinstance(value, str)]
    codes = [value for value in form.getall("target", []) if isinstance(value, str)]
    try:
        at, off = _instant(visit, form, "at"), _instant(visit, form, "take_off")
        if at is None:
            raise Invalid("planning.no_time", fields={"at": "planning.no_time"})
        members = [Member(as_uuid(one), tuple(codes)) for one in chosen]
        async with visit.deps.db.write() as session:
            made = await promise_batch(
                session, visit.actor, members, name=typed["name"], at=at, take_off_at=off, now=visit.now
            )
    except DomainError as error:
        return await _list(visit, error, typed=typed, chosen=chosen, codes=codes)
    return visit.redirect(f"/desk/calendar/batches/{made.id}", done="batch_made")


async def show_page(visit: Visit) -> web.StreamResponse:
    return await _show(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """Another time for all that wait, or all of them taken back."""
    form = await visit.form()
    batch = visit.uuid("batch")
    try:
        async with visit.deps.db.write() as session:
            if text(form, "act") == "cancel":
                await cancel_batch(session, visit.actor, batch, now=visit.now)
            else:
                at = _instant(visit, form, "at")
                if at is None:
                    raise Invalid("planning.no_time", fields={"at": "planning.no_time"})
                await move_batch(session, visit.actor, batch, at=at, now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound) and error.code != "planning.batch_over":
            raise
        return await _show(visit, error, typed=text(form, "at"))
    done = "batch_cancelled" if text(form, "act") == "cancel" else "batch_moved"
    return visit.redirect(f"/desk/calendar/batches/{batch}", done=done)


async def _list(
    visit: Visit,
    error: DomainError | None = None,
    *,
    typed: dict[str, str] | None = None,
    chosen: Sequence[str] = (),
    codes: Sequence[str] = (),
) -> web.StreamResponse:
    may = visit.may(Action.PUBLISHING_SCHEDULE)
    async with visit.deps.db.read() as session:
        found = await batches(session, visit.actor, since=visit.now - _PAST)
        ready = await _ready(session, visit) if may else []
        every = await targets(session) if may else []
    context = {
        "batches": [_line(visit, one) for one in found],
        "ready": [{**one, "checked": one["value"] in chosen} for one in ready],
        "targets": [
            {
                "value": one.code,
                "label": one.name,
                "hint": labels.channel(visit, one.kind),
                "checked": one.code in codes,
            }
            for one in every
        ],
        "values": {"name": "", "at": "", "take_off": "", **(typed or {})},
        "problems": _problems(visit, error),
        "may": may,
        "min": fields.local(visit.now, visit.deps.zone),
    }
    return visit.page("calendar/batches.html", context, section="calendar", status=error.status if error else 200)


async def _ready(session: AsyncSession, visit: Visit) -> list[dict[str, Any]]:
    page = await documents(session, visit.actor, Filters(states=_READY), limit=100)
    return [{"value": str(row.edition), "label": row.title, "hint": row.unit_name} for row in page.rows]


async def _show(visit: Visit, error: DomainError | None = None, typed: str = "") -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        found = await batch_progress(session, visit.actor, visit.uuid("batch"))
    line = _line(visit, found)
    context = {
        "batch": line,
        "pieces": [
            {
                "title": title or visit.t("desk.documents.untitled"),
                "href": f"{pieces.href(public)}/publish",
                "state": _state(state),
            }
            for public, title, state in found.pieces
        ],
        "problems": _problems(visit, error),
        "may": visit.may(Action.PUBLISHING_SCHEDULE) and line["waiting"] > 0,
        "values": {"at": typed or fields.local(found.batch.at, visit.deps.zone)},
    }
    return visit.page("calendar/batch.html", context, section="calendar", status=error.status if error else 200)


def _line(visit: Visit, one: Progress) -> dict[str, Any]:
    waiting = sum(count for state, count in one.counts.items() if state in _OPEN)
    bad = one.counts.get("failed", 0) + one.counts.get("missed", 0)
    state = "cancelled" if one.batch.cancelled_at else "scheduled" if waiting else "failed" if bad else "published"
    return {
        "href": f"/desk/calendar/batches/{one.batch.id}",
        "name": one.batch.name,
        "at": one.batch.at,
        "when": labels.instant(visit, one.batch.at),
        "total": len(one.pieces),
        "done": one.done,
        "waiting": waiting,
        "bad": bad,
        "state": state,
    }


def _state(promise: str) -> str:
    """What a promise's row says, in the words of the calendar."""
    if promise in _OPEN:
        return "scheduled"
    return {"done": "published", "cancelled": "cancelled", "missed": "missed"}.get(promise, "failed")


def _problems(visit: Visit, error: DomainError | None) -> list[dict[str, str]]:
    if error is None:
        return []
    if not isinstance(error, BatchRefused):
        return [refusal_line(visit, error)]
    lines = []
    for one in error.problems:
        line = refusal_line(visit, one.error)
        where = visit.t("desk.batch.problem", line=one.line, title=one.title, text=line["text"])
        lines.append({**line, "text": where})
    return lines


def _instant(visit: Visit, form: Form, name: str) -> dt.datetime | None:
    try:
        return fields.instant(text(form, name), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("planning.line_time", text=text(form, name)[:40]) from error


ROUTES = (
    get("/desk/calendar/batches", list_page, Action.PUBLISHING_READ),
    post("/desk/calendar/batches", add, Action.PUBLISHING_SCHEDULE),
    get("/desk/calendar/batches/{batch}", show_page, Action.PUBLISHING_READ),
    post("/desk/calendar/batches/{batch}", change, Action.PUBLISHING_SCHEDULE),
)
