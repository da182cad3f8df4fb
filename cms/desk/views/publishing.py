"""Publishing a signed piece: when and where, what became of it at each target, taking it back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.filters import Filters
from cms.content.held import Held
from cms.content.queries import documents, find
from cms.content.states import EditionState
from cms.desk import fields, labels, pieces
from cms.desk.confirming import confirm_second
from cms.desk.delivery_rows import attachment, row_of, task_row
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import get, post
from cms.desk.timeline import entries
from cms.desk.views import proofs
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, can
from cms.planning.envelope import Allowed
from cms.planning.models import Target
from cms.planning.schedule import reschedule, schedule, scheduled, unschedule
from cms.planning.targets import targets
from cms.publishing.deliveries import Line, panel, retry, troubled
from cms.publishing.proofs import Proof
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.states import ASKED, OPEN
from cms.publishing.tasks import confirm, open_tasks, pack_of
from cms.review.history import timeline
from cms.review.slip import Slip, slip_of
from media.errors import MediaRefused

_S = EditionState
_READY: Final = frozenset({_S.APPROVED, _S.SCHEDULED, _S.FAILED_TO_PUBLISH})
_BOARD: Final = {
    "ready": frozenset({_S.APPROVED, _S.FAILED_TO_PUBLISH}),
    "scheduled": frozenset({_S.SCHEDULED}),
    "published": frozenset({_S.PUBLISHED, _S.PUBLISHED_PENDING_REVIEW}),
}
# What waits for a person has not arrived.
_SETTLED: Final = frozenset({"live", "gone"})


async def board_page(visit: Visit) -> web.StreamResponse:
    return await _board(visit)


async def _board(visit: Visit, wrong: tuple[str, str, Invalid] | None = None) -> web.StreamResponse:
    """What is ready, what has a date, what is out, and what is in trouble."""
    # Operators look after deliveries and read no pieces.
    wanted = _BOARD if visit.may(Action.DOCUMENT_READ) else {}
    async with visit.deps.db.read() as session:
        lists = {
            name: (await documents(session, visit.actor, Filters(states=states), limit=30)).rows
            for name, states in wanted.items()
        }
        shown = await pieces.covers(session, [row.edition for rows in lists.values() for row in rows])
        trouble = await troubled(session, visit.actor, limit=20)
        tasks = await open_tasks(session, visit.actor, now=visit.now, limit=50)
    context = {
        "tasks": [task_row(visit, one, wrong) for one in tasks],
        "lists": [
            {
                "key": name,
                "title": visit.t(f"desk.board.{name}"),
                "rows": [pieces.line(visit, row, shown.get(row.edition)) for row in rows],
            }
            for name, rows in lists.items()
        ],
        "trouble": [row_of(visit, one) for one in trouble],
    }
    status = wrong[2].status if wrong else 200
    return visit.page("publishing/board.html", context, section="publishing", status=status)


async def done_from_board(visit: Visit) -> web.StreamResponse:
    """Somebody did at the platform what a task asked for."""
    form = await visit.form()
    delivery, url = text(form, "delivery"), text(form, "url")
    try:
        proof = await proofs.taken(visit, form)
        async with visit.deps.db.write() as session:
            await _confirmed(visit, session, as_uuid(delivery), url, proof)
    except MediaRefused as error:
        return await _board(visit, (delivery, url, _bad_proof(error)))
    except Invalid as error:
        return await _board(visit, (delivery, url, error))
    return visit.redirect("/desk/publishing/", done="task_done")


async def _confirmed(visit: Visit, session: AsyncSession, delivery: uuid.UUID, url: str, proof: Proof | None) -> None:
    """Raises as `confirm`."""
    said = visit.deps.channels
    await confirm(session, visit.actor, delivery, url=url, proof=proof, channels=said, now=visit.now)


async def pack(visit: Visit) -> web.StreamResponse:
    """The file to take along to the platform, as a file to keep."""
    async with visit.deps.db.read() as session:
        sha256, name = await pack_of(session, visit.actor, visit.uuid("delivery"))
    store = visit.deps.workshop.store
    response = web.StreamResponse(headers=attachment(f"{name}.zip"))
    response.content_length = await store.size(sha256)
    await response.prepare(visit.request)
    async for block in store.stream(sha256):
        await response.write(block)
    await response.write_eof()
    return response


async def retry_from_board(visit: Visit) -> web.StreamResponse:
    """Another try, asked for by somebody who looks after deliveries and not after pieces."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        await retry(session, visit.actor, as_uuid(text(form, "retry")), now=visit.now)
    return visit.redirect("/desk/publishing/", done="retried")


async def publish_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def publish(visit: Visit) -> web.StreamResponse:
    """Publishes now, or promises to at the time given; the button said which."""
    form = await visit.form()
    chosen = [value for value in form.getall("target", []) if isinstance(value, str)]
    try:
        at = _when(form, visit)
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            edition = held.edition.id
            if at is None:
                await publish_now(session, visit.actor, edition, targets=chosen, now=visit.now)
            elif held.state is _S.SCHEDULED:
                await reschedule(session, visit.actor, edition, at=at, targets=chosen, now=visit.now)
            else:
                await schedule(session, visit.actor, edition, at=at, targets=chosen, now=visit.now)
    except DomainError as error:
        return await _page(visit, error=error, typed=(text(form, "at"), chosen))
    return visit.redirect(f"{pieces.href(visit.part('id'))}/publish", done="scheduled" if at else "published")


async def take_back_promise(visit: Visit) -> web.StreamResponse:
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            await unschedule(session, visit.actor, held.edition.id, now=visit.now)
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(f"{pieces.href(visit.part('id'))}/publish", done="unscheduled")


async def recall_it(visit: Visit) -> web.StreamResponse:
    """Takes a piece back from everywhere, for ever."""
    form = await visit.form()
    try:
        second = await confirm_second(visit, text(form, "second"), text(form, "second_password", keep=True))
        async with visit.deps.db.read() as session:
            held = await find(session, visit.actor, visit.part("id"))
        await recall(
            visit.deps.db,
            visit.deps.guard,
            visit.actor,
            held.document.id,
            reason=text(form, "reason"),
            second=second,
            now=visit.now,
        )
    except REFUSALS as error:
        refused = refusal_of(error)
        if isinstance(refused, NotFound):
            raise
        return await _page(visit, error=refused, reason=text(form, "reason"))
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_recalls_total")
    return visit.redirect(f"{pieces.href(visit.part('id'))}/publish", done="recalled")


async def panel_part(visit: Visit) -> web.StreamResponse:
    """The deliveries alone; the page asks again while any is open."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        lines = await panel(session, held.edition.id)
    return visit.render("publishing/panel.html", {**panel_context(visit, held, lines), "csrf": visit.csrf})


async def try_again(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            await retry(session, visit.actor, as_uuid(text(form, "retry")), now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _page(visit, error=error)
    return visit.redirect(f"{pieces.href(visit.part('id'))}/publish", done="retried")


async def task_done(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    delivery, url = text(form, "delivery"), text(form, "url")
    try:
        proof = await proofs.taken(visit, form)
        async with visit.deps.db.write() as session:
            await _confirmed(visit, session, as_uuid(delivery), url, proof)
    except MediaRefused as error:
        return await _page(visit, wrong_task=(delivery, url, _bad_proof(error)))
    except Invalid as error:
        return await _page(visit, wrong_task=(delivery, url, error))
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _page(visit, error=error)
    return visit.redirect(f"{pieces.href(visit.part('id'))}/publish", done="task_done")


def panel_context(
    visit: Visit, held: Held, lines: Sequence[Line], wrong: tuple[str, str, Invalid] | None = None
) -> dict[str, Any]:
    """What the panel shows of an edition's deliveries."""
    url = pieces.href(held.document.public_id)
    return {
        "deliveries": [row_of(visit, one, wrong) for one in lines],
        "sent": sum(one.state.value in _SETTLED for one in lines),
        "total": len(lines),
        "is_open": any(one.state in OPEN for one in lines),
        # A platform takes hours, a display seconds.
        "every": "2s" if any(one.state in OPEN - ASKED for one in lines) else "15s",
        "urls": {"panel": f"{url}/deliveries", "retry": f"{url}/retry", "done": f"{url}/done"},
    }


def _bad_proof(error: MediaRefused) -> Invalid:
    """A picture that did not pass, said where it was chosen."""
    return Invalid(error.code, fields={"proof": error.code}, **error.params)


def _when(form: Form, visit: Visit) -> dt.datetime | None:
    try:
        return fields.instant(text(form, "at"), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("desk.bad_time", fields={"at": "desk.bad_time"}) from error


async def _page(
    visit: Visit,
    *,
    error: DomainError | None = None,
    typed: tuple[str, Sequence[str]] | None = None,
    reason: str = "",
    wrong_task: tuple[str, str, Invalid] | None = None,
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        slip = await slip_of(session, visit.actor, held.edition.id) if held.edition.round else None
        promised = await scheduled(session, held.edition.id)
        lines = await panel(session, held.edition.id)
        history = await timeline(session, visit.actor, held.document.public_id)
        column = await pieces.column_name(session, held.revision.column_code)
        where = await _targets(session, visit, slip, typed[1] if typed else promised.targets if promised else None)
    may = pieces.may(visit, held)
    url = pieces.href(held.document.public_id)
    at = typed[0] if typed else fields.local(promised.at, visit.deps.zone) if promised else ""
    shown = panel_context(visit, held, lines, wrong_task)
    wrong = isinstance(error, Invalid) and "at" in error.fields
    context = {
        **shown,
        "csrf": visit.csrf,
        "document": pieces.head(visit, held, column),
        "facts": _facts(visit, held, slip),
        "envelope": await _envelope(visit, slip),
        "schedule": {
            "is_open": held.state in _READY,
            "is_promised": held.state is _S.SCHEDULED,
            "promised": labels.instant(visit, promised.at) if promised else "",
            "at": at,
            "min": fields.local(visit.now, visit.deps.zone),
            "zone": visit.t("desk.zone"),
            "error": visit.refusal(error) if error and wrong else None,
        },
        "targets": where,
        "history": entries(visit, history)[:10],
        "may": {
            **may,
            "publish": bool(can(visit.actor, Action.PUBLISHING_PUBLISH, held.subject)),
            "schedule": bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, held.subject)),
        },
        "urls": {
            **shown["urls"],
            "publish": f"{url}/publish",
            "unschedule": f"{url}/unschedule",
            "recall": f"{url}/recall",
            "correct": f"{url}/do/correct",
        },
        "error": visit.refusal(error) if error and not wrong else None,
        "needs_second": error is not None and error.code == "publishing.recall_needs_second",
        "reason": reason,
    }
    refused = error or (wrong_task[2] if wrong_task else None)
    return visit.page("publishing/show.html", context, section="publishing", status=refused.status if refused else 200)


async def _targets(
    session: AsyncSession, visit: Visit, slip: Slip | None, chosen: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Where it may go; a target the approvers did not allow stands there with the reason."""
    every = await targets(session)
    if slip is None:
        return []
    allowed = Allowed.of(slip.release.envelope)
    names = await pieces.unit_names(session, {path for target in every for path in target.units})
    return [_target(visit, target, allowed, chosen, names) for target in every]


def _target(visit: Visit, target: Target, allowed: Allowed, chosen: Sequence[str] | None, names: Any) -> dict[str, Any]:
    where = visit.joined(names.get(path, path) for path in target.units[:3])
    hint = " · ".join(part for part in (labels.channel(visit, target.kind), where) if part)
    try:
        allowed.check_targets([target])
    except DomainError as error:
        hint, is_allowed = visit.refusal(error)["text"], False
    else:
        is_allowed = True
    checked = is_allowed and (chosen is None or target.code in chosen)
    return {"value": target.code, "label": target.name, "hint": hint, "checked": checked, "disabled": not is_allowed}


def _facts(visit: Visit, held: Held, slip: Slip | None) -> list[labels.Fact]:
    edition = held.edition
    signed = visit.joined(step.person for step in slip.steps if step.decision == "passed") if slip else ""
    facts = [labels.fact(visit.t("desk.fact.edition"), visit.t("desk.edition.number", number=edition.number))]
    if signed:
        facts.append(labels.fact(visit.t("desk.fact.signed"), signed))
    for name, at in (
        ("planned", edition.planned_at),
        ("scheduled", edition.scheduled_at),
        ("published", edition.published_at),
    ):
        if at is not None:
            facts.append(labels.fact(visit.t(f"desk.fact.{name}"), labels.instant(visit, at)))
    return facts


async def _envelope(visit: Visit, slip: Slip | None) -> list[labels.Fact]:
    if slip is None:
        return []
    async with visit.deps.db.read() as session:
        names = await pieces.unit_names(session, slip.release.envelope.units)
    return labels.envelope(visit, slip.release.envelope, names)


ROUTES = (
    get("/desk/publishing/", board_page, Action.PUBLISHING_READ),
    post("/desk/publishing/retry", retry_from_board, Action.PUBLISHING_RETRY),
    post("/desk/publishing/done", done_from_board, Action.PUBLISHING_RETRY),
    get("/desk/publishing/packs/{delivery}", pack, Action.PUBLISHING_RETRY),
    *proofs.ROUTES,
    post("/desk/documents/{id}/done", task_done, Action.PUBLISHING_RETRY),
    get("/desk/documents/{id}/publish", publish_page, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/publish", publish, Action.PUBLISHING_PUBLISH),
    post("/desk/documents/{id}/unschedule", take_back_promise, Action.PUBLISHING_SCHEDULE),
    post("/desk/documents/{id}/recall", recall_it, Action.PUBLISHING_RECALL),
    get("/desk/documents/{id}/deliveries", panel_part, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/retry", try_again, Action.PUBLISHING_RETRY),
)
