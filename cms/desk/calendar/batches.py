"""批次 on the desk: the list with its progress, a new one, and one batch with its pieces."""

import datetime as dt
import uuid
from collections.abc import Container, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.filters import Filters
from cms.content.queries import documents
from cms.content.states import EditionState
from cms.desk import fields, instants, labels, pieces
from cms.desk.calendar.clash_lines import refusal_line
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.batches import (
    MOST,
    BatchRefused,
    Member,
    Progress,
    batch_progress,
    batches,
    cancel_batch,
    join_batch,
    leave_batch,
    move_batch,
    promise_batch,
)
from cms.planning.membership import put_back, step
from cms.planning.models import Target
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
        at, off = instants.asked(visit, form, "at"), instants.asked(visit, form, "take_off")
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
    """Another time for all that wait, all of them taken back, one more of them or one less."""
    form = await visit.form()
    batch, act = visit.uuid("batch"), text(form, "act")
    changed: list[uuid.UUID] = []
    try:
        async with visit.deps.db.write() as session:
            match act:
                case "cancel":
                    await cancel_batch(session, visit.actor, batch, now=visit.now)
                case "join":
                    changed = await _join(session, visit, batch, form)
                case "leave":
                    changed = [as_uuid(text(form, "piece"))]
                    await leave_batch(session, visit.actor, batch, changed[0], now=visit.now)
                case "undo":
                    await _undo(session, visit, form)
                case _:
                    await _move(session, visit, batch, form)
    except DomainError as error:
        if isinstance(error, NotFound) and error.code != "planning.batch_over":
            raise
        return await _show(visit, error, typed=text(form, "at"))
    here = f"/desk/calendar/batches/{batch}"
    if changed:
        return visit.redirect(f"{here}?changed={','.join(map(str, changed))}")
    done = {"cancel": "batch_cancelled", "undo": "undone"}.get(act, "batch_moved")
    return visit.redirect(here, done=done)


async def _move(session: AsyncSession, visit: Visit, batch: uuid.UUID, form: Form) -> None:
    at = instants.asked(visit, form, "at")
    if at is None:
        raise Invalid("planning.no_time", fields={"at": "planning.no_time"})
    await move_batch(session, visit.actor, batch, at=at, now=visit.now)


async def _join(session: AsyncSession, visit: Visit, batch: uuid.UUID, form: Form) -> list[uuid.UUID]:
    """All that were ticked, or none of them."""
    chosen = [as_uuid(one) for one in _sent(form, "piece")]
    if not chosen:
        raise Invalid("planning.batch_none")
    for one in chosen:
        await join_batch(session, visit.actor, batch, Member(one, tuple(_sent(form, "target"))), now=visit.now)
    return chosen


async def _undo(session: AsyncSession, visit: Visit, form: Form) -> None:
    """The last change of who is in it; each field names a piece and how its promise stood when the button was drawn."""
    for one in _sent(form, "change"):
        edition, _, seen = one.partition(":")
        await put_back(session, visit.actor, as_uuid(edition), seen=seen, now=visit.now)


def _sent(form: Form, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str)][:MOST]


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
        "targets": target_boxes(visit, every, codes),
        "values": {"name": "", "at": "", "take_off": "", **(typed or {})},
        "problems": _problems(visit, error),
        "may": may,
        "min": fields.local(visit.now, visit.deps.zone),
    }
    return visit.page("calendar/batches.html", context, section="calendar", status=error.status if error else 200)


def target_boxes(visit: Visit, every: Sequence[Target], checked: Container[str]) -> list[dict[str, Any]]:
    return [
        {"value": one.code, "label": one.name, "hint": labels.channel(visit, one.kind), "checked": one.code in checked}
        for one in every
    ]


async def _changed(session: AsyncSession, visit: Visit, found: Progress) -> dict[str, Any] | None:
    """What the last press changed, and the fields of the button that takes it back."""
    asked = set(visit.query("changed").split(","))
    about = [
        (title, state, edition)
        for (_, title, state), edition in zip(found.pieces, found.editions, strict=True)
        if edition is not None and str(edition) in asked
    ]
    if not about:
        return None
    said = "desk.batch.joined" if about[0][1] in _OPEN else "desk.batch.left"
    titles = "、".join(title or visit.t("desk.documents.untitled") for title, _, _ in about)
    changes = [f"{edition}:{await step(session, edition)}" for _, _, edition in about]
    return {"text": visit.t(said, titles=titles), "changes": changes}


async def _ready(session: AsyncSession, visit: Visit) -> list[dict[str, Any]]:
    page = await documents(session, visit.actor, Filters(states=_READY), limit=100)
    return [{"value": str(row.edition), "label": row.title, "hint": row.unit_name} for row in page.rows]


async def _show(visit: Visit, error: DomainError | None = None, typed: str = "") -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        found = await batch_progress(session, visit.actor, visit.uuid("batch"))
        line = _line(visit, found)
        may = bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(found.batch.unit_path)))
        is_open = line["waiting"] > 0 and found.batch.at > visit.now
        ready = await _ready(session, visit) if may and is_open else []
        every = await targets(session)
        changed = await _changed(session, visit, found) if may else None
    usual = {code for codes in found.targets for code in codes}
    names = {one.code: one.name for one in every}
    context = {
        "batch": line,
        "pieces": [
            {
                "title": title or visit.t("desk.documents.untitled"),
                "href": f"{pieces.href(public)}/publish",
                "state": _state(state),
                "where": [names.get(code, code) for code in codes],
                "edition": str(edition),
                "may_leave": may and state in _OPEN and edition is not None,
            }
            for (public, title, state), edition, codes in zip(found.pieces, found.editions, found.targets, strict=True)
        ],
        "ready": [{**one, "checked": False} for one in ready],
        "targets": target_boxes(visit, every, usual),
        "changed": changed,
        "problems": _problems(visit, error),
        "may": may and line["waiting"] > 0,
        "may_join": may and is_open,
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


ROUTES = (
    get("/desk/calendar/batches", list_page, Action.PUBLISHING_READ),
    post("/desk/calendar/batches", add, Action.PUBLISHING_SCHEDULE),
    get("/desk/calendar/batches/{batch}", show_page, Action.PUBLISHING_READ),
    post("/desk/calendar/batches/{batch}", change, Action.PUBLISHING_SCHEDULE),
)
