"""The review slip 审签单 for the printer: one sheet of A4 with who, when, what they said, and over which hash."""

from typing import Any, Final

from aiohttp import web

from cms.content.queries import find
from cms.desk import labels, pieces
from cms.desk.reading import proof_line
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.review.findings import must_fix
from cms.review.slip import Slip, SlipStep, slip_of

# What of the machine's report fits on the sheet; the page of the piece has all of it.
_FINDINGS: Final = 3


async def slip_page(visit: Visit) -> web.StreamResponse:
    """The sheet of the last submission, or of an earlier one by its number."""
    asked = visit.query("round")
    round_ = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        slip = await slip_of(session, visit.actor, held.edition.id, round_=round_)
        names = await pieces.unit_names(session, slip.release.envelope.units)
        column = await pieces.column_name(session, held.revision.column_code)
    content: Any = slip.release.content
    said = visit.t("desk.clause_mark").join(
        visit.t("desk.pair", label=one["label"], value=one["value"])
        for one in labels.envelope(visit, slip.release.envelope, names)
    )
    context = {
        "slip": {
            "title": slip.title,
            "number": slip.number,
            "round": slip.round,
            "unit": slip.unit_name,
            "author": visit.joined(slip.authors),
            "kind": labels.kind(visit, slip.kind),
            "column": column,
            "source": content["byline"]["source"],
            "submitted_at": slip.submitted_at,
            "submitted_by": slip.submitted_by,
            "note": slip.note,
            "is_urgent": slip.plan.urgent,
            "checks": visit.t("desk.slip.checked", count=len(slip.findings), must=len(must_fix(slip.findings))),
            "rules": slip.rules_version,
            "findings": _found(visit, slip),
            "more": max(0, len(slip.findings) - _FINDINGS),
            "opinions": [_opinion(visit, one) for one in slip.steps],
            "proofs": [proof_line(visit, one) for one in slip.proofs],
            "after": _after(visit, slip),
            "envelope": said,
            "hash": slip.hash,
            "revision": slip.release.revision,
            "counts": slip.counts,
        },
        "back": pieces.href(held.document.public_id),
    }
    return visit.page("review/slip.html", context, section="review")


def _opinion(visit: Visit, step: SlipStep) -> dict[str, Any]:
    said = visit.t(f"review.decision.{step.decision}") if step.decision else ""
    return {
        "step": visit.t(f"review.step.{step.key}"),
        "text": step.opinion,
        "decision": said,
        "person": step.person,
        "at": step.at,
        "key": step.signing_key[:16],
        "remarks": len(step.remarks),
    }


def _after(visit: Visit, slip: Slip) -> dict[str, Any] | None:
    if not slip.plan.urgent:
        return None
    if slip.after is None:
        return {"decision": "", "text": "", "person": "", "at": None}
    said = visit.t("desk.after.agreed" if slip.after.agreed else "desk.after.objected")
    return {"decision": said, "text": slip.after.opinion, "person": slip.after.person, "at": slip.after.at}


def _found(visit: Visit, slip: Slip) -> list[str]:
    """What the machine said, each with how grave it is, as far as one page holds it."""
    said = labels.findings(visit, slip.findings)[:_FINDINGS] if slip.findings else []
    return [f"{one['severity']}：{one['text']}" for one in said]


ROUTES = (get("/desk/documents/{id}/slip", slip_page, Action.DOCUMENT_READ),)
