"""What a reviewer's page shows of a piece, at the desk and on a phone: text, changes, opinions, steps, findings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.diff import Change, diff, text_diff
from cms.content.draft import draft_of
from cms.content.held import Held
from cms.content.models import Revision
from cms.content.states import EditionState
from cms.desk import labels, override_fields, pieces
from cms.desk.timeline import entries
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action, can
from cms.review.after import may_review_after
from cms.review.approve import Turn, current_release, turn_of
from cms.review.deadlines import AFTER, waits
from cms.review.findings import to_explain
from cms.review.history import timeline
from cms.review.inbox import Waiting, waiting_for
from cms.review.models import ReleaseRow
from cms.review.plans import CHECKS
from cms.review.proof import FAULT, GOOD, NONE, Proof, next_proof
from cms.review.remarks import said_on
from cms.review.seen import seen_before
from cms.review.slip import Slip, slip_of

_OPS = {"same": "same", "added": "insert", "removed": "delete"}
_BLOCK_OPS = {**_OPS, "changed": "change"}
_HISTORY = 8


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in the form of a page that was refused."""

    opinion: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What this person can do with the piece now, and in words why not."""

    turn: Turn | None = None
    may_return: bool = False
    proof: int = 0
    after: bool = False
    why_not: str = ""

    @property
    def is_last(self) -> bool:
        return self.turn is not None and self.turn.ordinal == len(self.turn.plan.steps)


async def reading(visit: Visit, session: AsyncSession, held: Held, typed: Typed) -> dict[str, Any]:
    """The context of ``review/show.html`` and ``phone/show.html``, but for addresses and the refusal."""
    slip = await slip_of(session, visit.actor, held.edition.id)
    row = await current_release(session, held.edition)
    before = await seen_before(session, visit.actor, held)
    asked = await asked_of(visit, session, held, row)
    names = await pieces.unit_names(session, slip.release.envelope.units)
    column = await pieces.column_name(session, held.revision.column_code)
    history = await timeline(session, visit.actor, held.document.public_id)
    clock = (await waits(session, [row.id])).get(row.id)
    draft = draft_of(held.revision)
    return {
        "document": {
            **pieces.head(visit, held, column),
            "subtitle": draft.subtitle,
            "summary": draft.summary,
            "cover": pieces.ASSET_URL.format(asset=draft.cover) if draft.cover else None,
            "cover_alt": draft.cover_alt,
            "narration": pieces.VOICE_URL.format(asset=draft.narration) if draft.narration else None,
            "byline": labels.byline(visit, draft.byline),
            "blocks": draft.body["blocks"],
            "hash": slip.hash,
            "note": slip.note,
            "submitted_by": slip.submitted_by,
            "unit": held.unit.name,
        },
        "asset_url": pieces.ASSET_URL,
        "own_words": override_fields.shown(visit, draft.overrides),
        "steps": steps(visit, slip, asked.turn),
        "proofs": [proof_line(visit, one) for one in slip.proofs],
        "checks": [_check(visit, name, typed.checks) for name in CHECKS],
        "proof_note": typed.note,
        "findings": labels.findings(visit, slip.findings),
        "to_explain": len(to_explain(slip.findings)),
        "history": entries(visit, history)[:_HISTORY],
        "envelope": labels.envelope(visit, slip.release.envelope, names),
        "changes": _changes(held.revision, before) if before else [],
        "has_before": before is not None,
        "said": await _said(visit, session, held),
        "due": clock.due if clock and held.state is not EditionState.PUBLISHED else None,
        "is_late": bool(clock and clock.reached),
        "is_urgent": slip.plan.urgent,
        "may": {
            "pass": asked.turn is not None,
            "return": asked.may_return,
            "proof": asked.proof,
            "after": asked.after,
            "recall": bool(can(visit.actor, Action.PUBLISHING_RECALL, held.subject))
            and held.document.first_published_at,
        },
        "why_not": asked.why_not,
        "is_sign": asked.is_last,
        "opinion": typed.opinion,
        "remarks": defaultdict(str, typed.remarks),
    }


async def neighbours(visit: Visit, session: AsyncSession, public_id: str) -> tuple[str, str]:
    """The pieces before and after this one in the person's queue; empty at its ends."""
    queue = [one.public_id for one in await waiting_for(session, visit.actor)]
    at = queue.index(public_id) if public_id in queue else -1
    after = next((one for one in queue[at + 1 :] if one != public_id), "")
    before = next((one for one in reversed(queue[: max(at, 0)]) if one != public_id), "")
    return before, after


def steps(visit: Visit, slip: Slip, turn: Turn | None) -> list[dict[str, Any]]:
    """The submission and each step, as far as they are; then the look afterwards of an emergency."""
    shown: list[dict[str, Any]] = [{"name": visit.t("desk.step.submit"), "who": slip.submitted_by, "state": "done"}]
    is_next = slip.counts
    for step in slip.steps:
        name = visit.t(f"review.step.{step.key}")
        if step.decision:
            state = "returned" if step.decision == "returned" else "done"
            shown.append({"name": name, "who": step.person, "state": state})
            continue
        is_mine = is_next and turn is not None and turn.step.key == step.key
        who = visit.t("desk.step.you") if is_mine else visit.t(f"desk.step.who.{step.key}")
        shown.append({"name": name, "who": who, "state": "current" if is_next else "waiting"})
        is_next = False
    if slip.plan.urgent:
        who = slip.after.person if slip.after else visit.t("desk.step.who.after")
        state = ("done" if slip.after.agreed else "returned") if slip.after else "current" if is_next else "waiting"
        shown.append({"name": visit.t("review.step.after"), "who": who, "state": state})
    return shown


def proof_line(visit: Visit, proof: Proof) -> dict[str, Any]:
    """A proof of the track, made or not."""
    answers = proof.checks or {}
    faults = [visit.t(f"review.check_item.{name}") for name in CHECKS if answers.get(name) == FAULT]
    return {
        "name": visit.t(f"review.step.proof{proof.ordinal}"),
        "person": proof.person,
        "at": proof.at,
        "state": "waiting" if proof.at is None else "good" if proof.clean else "bad",
        "text": "、".join(faults),
        "note": proof.note,
    }


def waiting_line(visit: Visit, one: Waiting, cover: str | None) -> dict[str, Any]:
    """A row of the inbox."""
    return {
        "href": f"{pieces.href(one.public_id)}/review",
        "phone": f"/desk/m/{one.public_id}",
        "id": one.public_id,
        "title": one.title,
        "kind": labels.kind(visit, one.kind),
        "unit": one.unit_name,
        "step": visit.t(f"review.step.{one.step}"),
        "progress": "" if one.step == AFTER else f"{one.ordinal}/{one.steps}",
        "by": one.submitted_by,
        "at": one.submitted_at,
        "planned_at": one.planned_at,
        "note": one.note,
        "hints": one.hints,
        "cover": cover,
        "urgent": one.urgent,
        "track": one.track.value,
        "due": one.due,
        "late": one.due is not None and one.due <= visit.now,
        "told": one.told,
        "batch": one.batch,
        "hash": one.release,
    }


async def asked_of(visit: Visit, session: AsyncSession, held: Held, row: ReleaseRow) -> Asked:
    """What this person can do with it now."""
    if held.state is EditionState.PUBLISHED_PENDING_REVIEW:
        try:
            await may_review_after(session, held, row, visit.actor)
        except DomainError as error:
            return Asked(why_not=visit.refusal(error)["text"])
        return Asked(after=True)
    proof = 0
    try:
        proof = await next_proof(session, held, row, visit.actor)
    except DomainError:
        proof = 0
    try:
        await turn_of(session, held, visit.actor, to_return=True)
    except DomainError as error:
        why = visit.refusal(error)["text"] if held.state is EditionState.SUBMITTED and not proof else ""
        return Asked(proof=proof, why_not=why)
    try:
        return Asked(await turn_of(session, held, visit.actor), may_return=True, proof=proof)
    except DomainError as error:
        return Asked(may_return=True, proof=proof, why_not=visit.refusal(error)["text"])


async def _said(visit: Visit, session: AsyncSession, held: Held) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What was said of each block, and whether the block was changed since."""
    found = await said_on(session, held)
    return defaultdict(
        list,
        {
            block: [
                {
                    "person": one.person,
                    "step": visit.t(f"review.step.{one.step}"),
                    "text": one.text,
                    "at": one.at,
                    "changed": one.changed,
                    "round": one.round,
                }
                for one in said
            ]
            for block, said in found.items()
        },
    )


def _check(visit: Visit, name: str, typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": f"check-{name}",
        "label": visit.t(f"review.check_item.{name}"),
        "answers": [
            {"value": value, "label": visit.t(f"review.check_answer.{value}"), "checked": typed.get(name) == value}
            for value in (GOOD, FAULT, NONE)
        ],
    }


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
    runs = [{"op": _OPS[run.how], "text": run.text} for run in found.text]
    return {"op": _BLOCK_OPS[found.how], "block": found.id, "runs": runs, "type": found.type, "moved": found.moved}
