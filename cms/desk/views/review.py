"""Reviewing: what waits, the page with text, changes, findings and opinions, and the signature with one's password."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.diff import Change, diff, text_diff
from cms.content.draft import draft_of
from cms.content.held import Held
from cms.content.models import Edition, Revision
from cms.content.queries import find
from cms.content.states import EDITABLE, EditionState
from cms.desk import labels, pieces
from cms.desk.confirming import password_of
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import get, post
from cms.desk.views.documents import entries
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import Denied, DomainError
from cms.people.permissions import Action
from cms.review.approve import prepare_approval, record_approval, turn_of
from cms.review.decline import return_piece
from cms.review.findings import must_fix, to_explain
from cms.review.history import timeline
from cms.review.inbox import waiting_for
from cms.review.models import ReleaseRow, ReviewStep
from cms.review.slip import Slip, slip_of

_OPS = {"same": "same", "added": "insert", "removed": "delete"}
_OPINION = 2000


async def inbox_page(visit: Visit) -> web.StreamResponse:
    """What waits for this person, longest first."""
    async with visit.deps.db.read() as session:
        found = await waiting_for(session, visit.actor)
        shown = await pieces.covers(session, [one.edition for one in found])
    context = {"waiting": [waiting_line(visit, one, shown.get(one.edition)) for one in found]}
    return visit.page("review/list.html", context, section="review")


def waiting_line(visit: Visit, one: Any, cover: str | None) -> dict[str, Any]:
    """A row of the inbox."""
    return {
        "href": f"{pieces.href(one.public_id)}/review",
        "title": one.title,
        "kind": labels.kind(visit, one.kind),
        "unit": one.unit_name,
        "step": visit.t(f"review.step.{one.step}"),
        "progress": f"{one.ordinal}/{one.steps}",
        "by": one.submitted_by,
        "at": one.submitted_at,
        "planned_at": one.planned_at,
        "note": one.note,
        "hints": one.hints,
        "cover": cover,
    }


async def review_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def pass_step(visit: Visit) -> web.StreamResponse:
    """Takes the step: the guard signs the release that was on the page, with the key the password opens."""
    form = await visit.form()
    deps, actor = visit.deps, visit.actor
    opinion = text(form, "opinion")[:_OPINION]
    try:
        password = password_of(form)
        async with deps.db.read() as session:
            held = await find(session, actor, visit.part("id"))
            to_sign = await prepare_approval(session, actor, held.edition.id, seen=text(form, "hash"))
        approval = await deps.keys.approve(actor.person, password, to_sign.text)
        delegations = await deps.keys.delegations()
        async with deps.db.write() as session:
            edition = await record_approval(
                session, actor, held.edition.id, approval, delegations=delegations, opinion=opinion, now=visit.now
            )
            state = edition.state
    except REFUSALS as error:
        refused = refusal_of(error)
        return await _page(visit, opinion=opinion, remarks=_remarks(form), error=refused)
    if state == EditionState.APPROVED.value:
        return visit.redirect(pieces.href(visit.part("id")), done="signed")
    return visit.redirect("/desk/review/", done="passed")


async def return_it(visit: Visit) -> web.StreamResponse:
    """Sends it back with an opinion, and remarks on single blocks."""
    form = await visit.form()
    opinion = text(form, "opinion")[:_OPINION]
    remarks = _remarks(form)
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            said = tuple(remarks.items())
            await return_piece(session, visit.actor, held.edition.id, opinion=opinion, remarks=said, now=visit.now)
    except DomainError as error:
        return await _page(visit, opinion=opinion, remarks=remarks, error=error)
    return visit.redirect("/desk/review/", done="returned")


def _remarks(form: Form) -> dict[str, str]:
    """What was written about single blocks, by the block's id."""
    found = ((name.removeprefix("remark-"), value) for name, value in form.items() if name.startswith("remark-b_"))
    return {block: value.strip()[:_OPINION] for block, value in found if isinstance(value, str) and value.strip()}


async def slip_page(visit: Visit) -> web.StreamResponse:
    """The review slip 审签单, for the printer."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        slip = await slip_of(session, visit.actor, held.edition.id)
        names = await pieces.unit_names(session, slip.release.envelope.units)
        column = await pieces.column_name(session, held.revision.column_code)
    content: Mapping[str, Any] = slip.release.content
    said = "；".join(f"{one['label']}：{one['value']}" for one in labels.envelope(visit, slip.release.envelope, names))
    context = {
        "slip": {
            "title": slip.title,
            "number": slip.number,
            "unit": slip.unit_name,
            "author": "、".join(slip.authors),
            "kind": labels.kind(visit, slip.kind),
            "column": column,
            "source": content["byline"]["source"],
            "submitted_at": slip.submitted_at,
            "submitted_by": slip.submitted_by,
            "checks": _checked(visit, slip),
            "findings": labels.findings(visit, slip.findings) if slip.findings else [],
            "rules": slip.rules_version,
            "opinions": [_opinion(visit, one) for one in slip.steps if one.at is not None],
            "envelope": said,
            "hash": slip.hash,
            "counts": slip.counts,
        },
        "back": pieces.href(held.document.public_id),
    }
    return visit.page("review/slip.html", context, section="review")


def _opinion(visit: Visit, step: Any) -> dict[str, Any]:
    return {
        "step": visit.t(f"review.step.{step.key}"),
        "text": step.opinion or visit.t(f"review.decision.{step.decision}"),
        "decision": visit.t(f"review.decision.{step.decision}"),
        "person": step.person,
        "at": step.at,
        "key": step.signing_key[:16],
    }


def _checked(visit: Visit, slip: Slip) -> str:
    return visit.t("desk.slip.checked", count=len(slip.findings), must=len(must_fix(slip.findings)))


async def _page(
    visit: Visit, *, opinion: str = "", remarks: Mapping[str, str] | None = None, error: DomainError | None = None
) -> web.StreamResponse:
    is_changes = visit.query("view") == "changes"
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        if held.edition.round == 0 or held.state in EDITABLE:
            return visit.redirect(pieces.href(held.document.public_id))
        slip = await slip_of(session, visit.actor, held.edition.id)
        before = await _seen_before(session, visit, held)
        turn, why = await _turn(session, visit, held)
        names = await pieces.unit_names(session, slip.release.envelope.units)
        column = await pieces.column_name(session, held.revision.column_code)
        history = await timeline(session, visit.actor, held.document.public_id)
    url = f"{pieces.href(held.document.public_id)}/review"
    draft = draft_of(held.revision)
    context = {
        "document": {
            **pieces.head(visit, held, column),
            "subtitle": draft.subtitle,
            "summary": draft.summary,
            "cover": pieces.ASSET_URL.format(asset=draft.cover) if draft.cover else None,
            "cover_alt": draft.cover_alt,
            "byline": labels.byline(visit, draft.byline),
            "blocks": draft.body["blocks"],
            "hash": slip.hash,
            "note": slip.note,
            "submitted_by": slip.submitted_by,
        },
        "asset_url": pieces.ASSET_URL,
        "steps": _steps(visit, slip, turn),
        "findings": labels.findings(visit, slip.findings),
        "to_explain": len(to_explain(slip.findings)),
        "history": entries(visit, history)[:8],
        "envelope": labels.envelope(visit, slip.release.envelope, names),
        "changes": _changes(held.revision, before) if before else [],
        "has_before": before is not None,
        "is_changes": is_changes and before is not None,
        "may": {"pass": bool(turn), "return": bool(turn)},
        "why_not": why,
        "is_sign": turn == "sign",
        "opinion": opinion,
        "remarks": defaultdict(str, remarks or {}),
        "urls": {
            "pass": f"{url}/pass",
            "return": f"{url}/return",
            "slip": f"{pieces.href(held.document.public_id)}/slip",
            "preview": f"{pieces.href(held.document.public_id)}/preview",
            "changes": f"{url}?view=changes",
            "text": url,
        },
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("review/show.html", context, section="review", status=error.status if error else 200)


async def _turn(session: AsyncSession, visit: Visit, held: Held) -> tuple[str, str]:
    """The key of the step this person can take now, or why they cannot."""
    try:
        return (await turn_of(session, held, visit.actor)).step.key, ""
    except Denied as error:
        return "", visit.refusal(error)["text"]
    except DomainError as error:
        return "", visit.refusal(error)["text"] if held.state is EditionState.SUBMITTED else ""


async def _seen_before(session: AsyncSession, visit: Visit, held: Held) -> Revision | None:
    """What to compare with: what this person decided on last, else what was submitted, else what is out."""
    earlier = (
        select(Revision)
        .join(ReleaseRow, ReleaseRow.revision_id == Revision.id)
        .where(Revision.document_id == held.document.id, Revision.id != held.revision.id)
        .order_by(ReleaseRow.submitted_at.desc())
        .limit(1)
    )
    mine = earlier.join(ReviewStep, ReviewStep.release_id == ReleaseRow.id).where(
        ReviewStep.person_id == visit.actor.person
    )
    live = select(Revision).join(Edition, Edition.revision_id == Revision.id)
    live = live.where(Edition.document_id == held.document.id, Edition.is_live, Revision.id != held.revision.id)
    for query in (mine, earlier, live):
        found = (await session.scalars(query)).first()
        if found is not None:
            return found
    return None


def _changes(now: Revision, before: Revision) -> list[dict[str, Any]]:
    """Title, subtitle and summary where they differ, then every block."""
    heads = [
        (getattr(before, name), getattr(now, name))
        for name in ("title", "subtitle", "summary")
        if getattr(before, name) != getattr(now, name)
    ]
    shown = [
        {"op": "change", "block": "", "runs": [{"op": _OPS[run.how], "text": run.text} for run in text_diff(*pair)]}
        for pair in heads
    ]
    return shown + [_change(one) for one in diff(draft_of(before).body, draft_of(now).body)]


def _change(found: Change) -> dict[str, Any]:
    op = {"same": "same", "added": "insert", "removed": "delete", "changed": "change"}[found.how]
    runs = [{"op": _OPS[run.how], "text": run.text} for run in found.text]
    return {"op": op, "block": found.id, "runs": runs, "type": found.type, "moved": found.moved}


def _steps(visit: Visit, slip: Slip, turn: str) -> list[dict[str, Any]]:
    """The submission and each step, as far as they are."""
    shown: list[dict[str, Any]] = [{"name": visit.t("desk.step.submit"), "who": slip.submitted_by, "state": "done"}]
    is_next = True
    for step in slip.steps:
        name = visit.t(f"review.step.{step.key}")
        if step.decision:
            state = "returned" if step.decision == "returned" else "done"
            shown.append({"name": name, "who": step.person, "state": state})
            continue
        who = visit.t("desk.step.you") if is_next and turn == step.key else visit.t(f"desk.step.who.{step.key}")
        shown.append({"name": name, "who": who, "state": "current" if is_next else "waiting"})
        is_next = False
    return shown


ROUTES = (
    get("/desk/review/", inbox_page, Action.REVIEW_READ),
    get("/desk/documents/{id}/review", review_page, Action.REVIEW_READ),
    post("/desk/documents/{id}/review/pass", pass_step, Action.REVIEW_PASS),
    post("/desk/documents/{id}/review/return", return_it, Action.REVIEW_RETURN),
    get("/desk/documents/{id}/slip", slip_page, Action.DOCUMENT_READ),
)
