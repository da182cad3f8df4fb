"""Reviewing: what waits, the page with text, changes, findings and opinions, and the signature with one's password."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cms.content.queries import find
from cms.content.states import EDITABLE, EditionState
from cms.desk import pieces
from cms.desk.confirming import password_of
from cms.desk.passkeys import answer_in, offered
from cms.desk.reading import Typed, neighbours, reading, waiting_line
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import get, post
from cms.desk.signing import sign_step
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action
from cms.review.after import review_after
from cms.review.decline import return_piece
from cms.review.inbox import waiting_for
from cms.review.plans import CHECKS
from cms.review.proof import mark_proof
from cms.review.seen import is_unseen, note_seen

_OPINION = 2000
PHONE = "phone"
"""The value of a form's field `from` on the phone's page: it is led back there."""


async def inbox_page(visit: Visit) -> web.StreamResponse:
    """What waits for this person: emergencies, what was told of from below, then by deadline."""
    async with visit.deps.db.read() as session:
        found = await waiting_for(session, visit.actor)
        shown = await pieces.covers(session, [one.edition for one in found])
    lines = [waiting_line(visit, one, shown.get(one.edition)) for one in found]
    context = {"waiting": lines, "may_plan": visit.may(Action.REVIEW_PLAN), "error": None, "refused": []}
    return visit.page("review/list.html", context, section="review")


async def review_page(visit: Visit) -> web.StreamResponse:
    return await page(visit)


async def pass_step(visit: Visit) -> web.StreamResponse:
    """Takes the step: the guard signs the release that was on the page, with the key the password opens."""
    form = await visit.form()
    typed = typed_in(form)
    try:
        passkey, said = answer_in(form), tuple(typed.remarks.items())
        state = await sign_step(
            visit,
            visit.part("id"),
            seen=text(form, "hash"),
            password="" if passkey else password_of(form),
            passkey=passkey,
            opinion=typed.opinion,
            remarks=said,
        )
    except REFUSALS as error:
        return await page(visit, typed, error=refusal_of(error), phone=is_phone(form))
    back = "/desk/m/" if is_phone(form) else "/desk/review/"
    if state is EditionState.PUBLISHED_PENDING_REVIEW:
        return visit.redirect(back if is_phone(form) else f"{pieces.href(visit.part('id'))}/publish", done="rushed_out")
    if state is EditionState.APPROVED:
        return visit.redirect(back if is_phone(form) else pieces.href(visit.part("id")), done="signed")
    return visit.redirect(back, done="passed")


async def return_it(visit: Visit) -> web.StreamResponse:
    """Sends it back with an opinion, and remarks on single blocks."""
    form = await visit.form()
    typed = typed_in(form)
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            said = tuple(typed.remarks.items())
            await return_piece(
                session,
                visit.actor,
                held.edition.id,
                opinion=typed.opinion,
                remarks=said,
                seen=text(form, "hash"),
                now=visit.now,
            )
    except DomainError as error:
        return await page(visit, typed, error=error, phone=is_phone(form))
    return visit.redirect("/desk/m/" if is_phone(form) else "/desk/review/", done="returned")


async def proof_it(visit: Visit) -> web.StreamResponse:
    """Makes the next proof with its checklist."""
    form = await visit.form()
    typed = typed_in(form)
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            await mark_proof(
                session,
                visit.actor,
                held.edition.id,
                seen=text(form, "hash"),
                checks=typed.checks,
                note=typed.note,
                now=visit.now,
            )
    except DomainError as error:
        return await page(visit, typed, error=error, phone=is_phone(form))
    return visit.redirect("/desk/m/" if is_phone(form) else "/desk/review/", done="proofed")


async def look_after(visit: Visit) -> web.StreamResponse:
    """The review after an emergency: it was right, or it has to be taken back."""
    form = await visit.form()
    typed = typed_in(form)
    agreed = text(form, "agreed") == "yes"
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            await review_after(
                session,
                visit.actor,
                held.edition.id,
                agreed=agreed,
                opinion=typed.opinion,
                seen=text(form, "hash"),
                now=visit.now,
            )
    except DomainError as error:
        return await page(visit, typed, error=error, phone=is_phone(form))
    if agreed:
        return visit.redirect("/desk/m/" if is_phone(form) else "/desk/review/", done="after_agreed")
    to = f"/desk/m/{visit.part('id')}" if is_phone(form) else f"{pieces.href(visit.part('id'))}/publish"
    return visit.redirect(to, done="after_objected")


def typed_in(form: Form) -> Typed:
    """What a reviewer's form holds."""
    remarks = ((name.removeprefix("remark-"), value) for name, value in form.items() if name.startswith("remark-b_"))
    said = {block: value.strip()[:_OPINION] for block, value in remarks if isinstance(value, str) and value.strip()}
    checks = {name: text(form, f"check-{name}") for name in CHECKS}
    return Typed(text(form, "opinion")[:_OPINION], said, checks, text(form, "note")[:_OPINION])


def is_phone(form: Form) -> bool:
    return text(form, "from") == PHONE


async def page(
    visit: Visit, typed: Typed | None = None, *, error: DomainError | None = None, phone: bool = False
) -> web.StreamResponse:
    """The reviewer's page of a piece; opening it notes what this person saw."""
    typed = typed or Typed()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        if held.edition.round == 0 or held.state in EDITABLE:
            return visit.redirect("/desk/m/" if phone else pieces.href(held.document.public_id))
        context = await reading(visit, session, held, typed)
        before, after = await neighbours(visit, session, held.document.public_id)
        context["passkey"] = await offered(session, visit.actor)
        is_new = await is_unseen(session, visit.actor, held)
    if is_new:
        async with visit.deps.db.write() as session:
            await note_seen(session, visit.actor, held, now=visit.now)
    status = error.status if error else 200
    context |= {"error": visit.refusal(error) if error else None, "urls": _urls(held.document.public_id, before, after)}
    context["is_changes"] = visit.query("view") == "changes" and context["has_before"]
    return visit.page("phone/show.html" if phone else "review/show.html", context, section="review", status=status)


def _urls(public_id: str, before: str, after: str) -> Mapping[str, Any]:
    piece, phone = pieces.href(public_id), f"/desk/m/{public_id}"
    url = f"{piece}/review"
    return {
        **{name: f"{url}/{name}" for name in ("pass", "return", "proof", "after")},
        "slip": f"{piece}/slip",
        "preview": f"{piece}/preview",
        "recall": f"{piece}/publish",
        "phone_recall": f"{phone}/recall",
        "changes": f"{url}?view=changes",
        "text": url,
        "phone": phone,
        "phone_changes": f"{phone}?view=changes",
        "before": f"{pieces.href(before)}/review" if before else "",
        "next": f"{pieces.href(after)}/review" if after else "",
        "phone_next": f"/desk/m/{after}" if after else "",
    }


ROUTES = (
    get("/desk/review/", inbox_page, Action.REVIEW_READ),
    get("/desk/documents/{id}/review", review_page, Action.REVIEW_READ),
    post("/desk/documents/{id}/review/pass", pass_step, Action.REVIEW_PASS),
    post("/desk/documents/{id}/review/return", return_it, Action.REVIEW_RETURN),
    post("/desk/documents/{id}/review/proof", proof_it, Action.REVIEW_PROOF),
    post("/desk/documents/{id}/review/after", look_after, Action.REVIEW_SIGN),
)
