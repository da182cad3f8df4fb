"""One piece's times: wish, promise, when it is taken off, embargo; each says what it is and what clashes."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.queries import find
from cms.content.states import OPEN, EditionState
from cms.desk import fields, instants, labels, pieces
from cms.desk.calendar.batches import target_boxes
from cms.desk.calendar.clash_lines import blocks, clash_lines, refusal_line
from cms.desk.calendar.moving import posts_of
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, can
from cms.planning.batches import Member, join_batch, leave_batch
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import embargo_of, lift_embargo, set_embargo
from cms.planning.membership import open_batches, put_back, step
from cms.planning.models import Batch, Occurrence, Placement
from cms.planning.placements import placements_of
from cms.planning.rules import read_rule
from cms.planning.schedule import Wanted, promise as make_promise, scheduled, unschedule
from cms.planning.targets import targets
from cms.planning.wishes import wish
from cms.publishing.taking_off import set_take_off
from schedules.resolve import Layer

_PROMISABLE = frozenset({EditionState.APPROVED, EditionState.SCHEDULED, EditionState.FAILED_TO_PUBLISH})


async def timing_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def promise(visit: Visit) -> web.StreamResponse:
    """The first press shows what clashes; the second, with ``sure``, saves. Without a clash one press is enough."""
    form = await visit.form()
    typed = {name: text(form, name) for name in ("at", "take_off")}
    typed["batch"] = text(form, "batch")
    chosen = [value for value in form.getall("target", []) if isinstance(value, str)]
    try:
        wanted = await _together(visit, form, chosen) if text(form, "act") == "join" else _wanted(visit, form, chosen)
        async with visit.deps.db.read() as session:
            held = await find(session, visit.actor, visit.part("id"))
            clashes = await clashes_of_promise(
                session, visit.actor, held.edition.id, wanted, posts=posts_of(visit), now=visit.now
            )
        lines = clash_lines(visit, clashes)
        if blocks(clashes) or (clashes and not text(form, "sure")):
            return await _page(visit, typed=typed, chosen=chosen, lines=lines, blocked=blocks(clashes))
        async with visit.deps.db.write() as session:
            if wanted.batch is not None:
                member = Member(held.edition.id, wanted.targets)
                await join_batch(session, visit.actor, wanted.batch, member, now=visit.now)
            else:
                await make_promise(session, visit.actor, held.edition.id, wanted, now=visit.now)
    except DomainError as error:
        return await _refused(visit, error, typed=typed, chosen=chosen)
    return _back(visit, "scheduled" if wanted.batch is None else "")


async def change(visit: Visit) -> web.StreamResponse:
    """The other times of a piece; the button says which."""
    form = await visit.form()
    act = text(form, "act")
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            await _change(session, visit, held, act, form)
    except DomainError as error:
        return await _refused(visit, error, typed={act: text(form, act)})
    return _back(visit, {"leave": "", "undo": "undone"}.get(act, f"timing_{act}"))


async def _change(session: AsyncSession, visit: Visit, held: Held, act: str, form: Form) -> None:
    actor, now = visit.actor, visit.now
    match act:
        case "wish":
            await wish(session, actor, held.edition.id, at=instants.asked(visit, form, "wish"), now=now)
        case "off":
            await set_take_off(session, actor, held.edition.id, at=instants.asked(visit, form, "off"), now=now)
        case "embargo":
            until = instants.asked(visit, form, "embargo")
            if until is None:
                raise Invalid("planning.embargo_past", fields={"embargo": "planning.embargo_past"})
            reason = text(form, "reason")
            await set_embargo(session, actor, held.document.id, until=until, reason=reason, now=now)
        case "lift":
            await lift_embargo(session, actor, held.document.id, now=now)
        case "unschedule":
            await unschedule(session, actor, held.edition.id, now=now)
        case "leave":
            await leave_batch(session, actor, as_uuid(text(form, "batch")), held.edition.id, now=now)
        case "undo":
            await put_back(session, actor, held.edition.id, seen=text(form, "seen"), now=now)
        case _:
            raise NotFound("kernel.not_found")


async def _refused(
    visit: Visit, error: DomainError, *, typed: dict[str, str], chosen: list[str] | None = None
) -> web.StreamResponse:
    if isinstance(error, NotFound) and error.code in {"kernel.not_found", "content.no_document"}:
        raise error
    lines = [refusal_line(visit, error)]
    return await _page(visit, typed=typed, chosen=chosen, lines=lines, blocked=True, status=error.status)


def _back(visit: Visit, done: str) -> web.StreamResponse:
    """To the page; where nothing is said to be done it says what changed itself, with the way back."""
    here = f"{pieces.href(visit.part('id'))}/timing"
    return visit.redirect(here, done=done) if done else visit.redirect(f"{here}?changed=1")


async def _together(visit: Visit, form: Form, chosen: list[str]) -> Wanted:
    """What entering the chosen batch promises. Raises NotFound `planning.no_batch`."""
    async with visit.deps.db.read() as session:
        every = await open_batches(session, visit.actor, now=visit.now)
    row = next((one for one in every if str(one.id) == text(form, "batch")), None)
    if row is None:
        raise NotFound("planning.no_batch")
    return Wanted(row.at, tuple(chosen), batch=row.id)


def _wanted(visit: Visit, form: Form, chosen: list[str]) -> Wanted:
    at = instants.asked(visit, form, "at")
    if at is None:
        raise Invalid("planning.no_time", fields={"at": "planning.no_time"})
    return Wanted(at, tuple(chosen), instants.asked(visit, form, "take_off"))


async def _page(
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    chosen: list[str] | None = None,
    lines: list[dict[str, str]] | None = None,
    blocked: bool = False,
    status: int = 200,
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await scheduled(session, held.edition.id)
        embargo = await embargo_of(session, held.document.id, now=visit.now)
        placed = await placements_of(session, held.document.id)
        every = await targets(session)
        column = await pieces.column_name(session, held.document.column_code)
        may = bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, held.subject))
        together = await open_batches(session, visit.actor, now=visit.now) if may else []
        seen = await step(session, held.edition.id) if may and visit.query("changed") else ""
    zone = visit.deps.zone
    values = {
        "at": fields.local(row.at, zone) if row is not None else "",
        "take_off": fields.local(row.take_off_at, zone) if row is not None and row.take_off_at else "",
        "wish": fields.local(held.edition.planned_at, zone) if held.edition.planned_at else "",
        "off": "",
        "embargo": "",
        **{name: value for name, value in (typed or {}).items() if name != "lift"},
    }
    codes = chosen if chosen is not None else list(row.targets) if row is not None else []
    context = {
        "document": pieces.head(visit, held, column),
        "values": values,
        "targets": target_boxes(visit, every, codes),
        "lines": lines or [],
        "blocked": blocked,
        "batches": _batches(visit, together, row),
        "batch": (typed or {}).get("batch", ""),
        "changed": _changed(visit, row, seen),
        "promised": _promised(visit, row),
        "embargo": None
        if embargo is None
        else {"until": labels.instant(visit, embargo.until), "reason": embargo.reason},
        "placements": [_placed(visit, one, target.name) for one, target in placed],
        "may": {
            "schedule": may and held.state in _PROMISABLE,
            "wish": held.state in OPEN and bool(can(visit.actor, Action.DOCUMENT_EDIT, held.subject)),
            "off": may and held.edition.is_live,
            "embargo": may and not held.edition.is_live,
            "place": may,
        },
        "url": f"{pieces.href(held.document.public_id)}/timing",
    }
    return visit.page("calendar/timing.html", context, section="calendar", status=status)


def _placed(visit: Visit, row: Placement, target: str) -> dict[str, str]:
    return {
        "href": f"/desk/calendar/placements/{row.id}",
        "target": target,
        "layer": visit.t(f"planning.layer.{Layer(row.layer).name.lower()}"),
        "since": labels.instant(visit, read_rule(row.rule).start),
    }


def _promised(visit: Visit, row: Occurrence | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "at": labels.instant(visit, row.at),
        "until": labels.instant(visit, row.take_off_at) if row.take_off_at else "",
        "batch": f"/desk/calendar/batches/{row.batch_id}" if row.batch_id else "",
        "batch_id": str(row.batch_id) if row.batch_id else "",
    }


def _batches(visit: Visit, together: Sequence[Batch], row: Occurrence | None) -> list[dict[str, str]]:
    """The batches it may enter; not the one it stands in."""
    return [
        {"value": str(one.id), "label": f"{one.name} · {labels.instant(visit, one.at)}"}
        for one in together
        if row is None or row.batch_id != one.id
    ]


def _changed(visit: Visit, row: Occurrence | None, seen: str) -> dict[str, str] | None:
    """What the last press did to its place in a batch, and how to take it back."""
    if not seen:
        return None
    inside = row is not None and row.batch_id is not None
    return {"text": visit.t("desk.timing.joined" if inside else "desk.timing.left"), "seen": seen}


ROUTES = (
    get("/desk/documents/{id}/timing", timing_page, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/timing/promise", promise, Action.PUBLISHING_SCHEDULE),
    post("/desk/documents/{id}/timing", change, Action.DOCUMENT_READ),
)
