"""Passing a step and signing: prepared in one transaction, signed by the guard between, recorded in another."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold, look
from cms.content.models import Edition
from cms.content.move import move
from cms.content.states import Verb, step
from cms.kernel.clock import to_ms
from cms.kernel.errors import Conflict, Denied, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.permissions import Subject, require_can
from cms.review.deadlines import begin_step, stop
from cms.review.models import ApprovalRow, ReleaseRow, ReviewStep
from cms.review.plans import Plan, PlanStep, plan_of
from cms.review.proof import check_proofs
from cms.review.reasons import require_reason
from cms.review.remarks import Remarks, check_remarks
from cms.review.seats import Part, check_free, take_seat
from cms.trust.approval import Approval
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.release import Release, read_release
from cms.trust.signed import Verified
from cms.trust.verify import check_approval

PASSED = "passed"
RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is at a submitted edition: its release, its plan, and the number of the next step from 1."""

    row: ReleaseRow
    release: Release
    plan: Plan
    ordinal: int

    @property
    def step(self) -> PlanStep:
        return self.plan.steps[self.ordinal - 1]


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the guard is to sign for the actor: the canonical text of a release, and its hash."""

    release: uuid.UUID
    hash: str
    text: str
    step: str


async def prepare_approval(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, seen: str | None = None
) -> ToSign:
    """The text to sign, if it is this person's turn. `seen` is the hash of the release that was on their page.

    Raises Conflict `review.release_changed`, Refused `content.state`, `review.decided_already`, Denied.
    """
    turn = await turn_of(session, await look(session, edition), actor)
    if seen is not None and seen != turn.row.hash:
        raise Conflict("review.release_changed", release=turn.row.hash)
    return ToSign(turn.row.id, turn.row.hash, turn.row.text, turn.step.key)


async def record_approval(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    approval: Approval,
    *,
    delegations: Verified[Delegations],
    opinion: str = "",
    remarks: Remarks = (),
    now: dt.datetime,
) -> Edition:
    """Takes the step with a signature over the release as it stands now; the last step approves the edition.

    Everything is asked again: the piece may have been withdrawn and submitted anew since `prepare_approval`.
    `remarks` are opinions on single blocks (id, text). Raises as `prepare_approval`, Conflict `review.remark_lost`, and
    Refused `review.signature_refused` naming what a screen would refuse.
    """
    held = await hold(session, edition)
    turn = await turn_of(session, held, actor)
    if approval.person != str(actor.person):
        raise Denied("people.denied.role", action=turn.step.action)
    try:
        check_approval(approval, turn.row.text, turn.release, delegations.value, now=to_ms(now))
    except TrustError as error:
        raise Refused("review.signature_refused", reason=error.code) from error
    require_reason(turn.row.findings, opinion)
    said = check_remarks(turn.release, remarks)
    await take_seat(session, turn.row, actor.person, Part.STEP, turn.plan)
    session.add(step_row(turn, actor, PASSED, opinion=opinion, remarks=said, now=now))
    session.add(
        ApprovalRow(
            id=uuid7(now),
            release_id=turn.row.id,
            ordinal=turn.ordinal,
            person_id=actor.person,
            key=approval.key,
            alg=approval.alg,
            signature=approval.signature,
            webauthn=asdict(approval.webauthn) if approval.webauthn else None,
            at=now,
        )
    )
    await session.flush()
    await _start_next(session, turn, held, now)
    details = {"release": turn.row.hash, "step": turn.step.key, "key": approval.key}
    verb = turn.plan.verb(turn.ordinal)
    await move(session, held, verb, actor=actor, now=now, note=opinion, details=details)
    return held.edition


async def _start_next(session: AsyncSession, turn: Turn, held: Held, now: dt.datetime) -> None:
    if turn.ordinal < len(turn.plan.steps):
        await begin_step(session, turn.row, turn.plan, turn.ordinal + 1, unit=held.unit.path, now=now)
    else:
        await stop(session, turn.row.id, now=now)


async def turn_of(session: AsyncSession, held: Held, actor: Actor, *, to_return: bool = False) -> Turn:
    """The next step of a submitted edition, if the actor may take it; `to_return`: only to send the piece back.

    Raises as `prepare_approval`, and Refused of `check_free`, of `check_proofs` before the last step.
    """
    step(held.state, Verb.SIGN)  # refuses every state but submitted
    row = await current_release(session, held.edition)
    decided = (await session.execute(select(ReviewStep).where(ReviewStep.release_id == row.id))).scalars().all()
    plan = plan_of(row.plan, row.terms)
    turn = Turn(row, read_release(row.text), plan, len(decided) + 1)
    if turn.ordinal > len(plan.steps):
        raise Refused("review.decided_already")
    may_take(turn, held, actor)
    if any(one.person_id == actor.person for one in decided):
        raise Refused("review.decided_already")
    await check_free(session, row, actor.person, Part.STEP, plan)
    if turn.ordinal == len(plan.steps) and not to_return:
        await check_proofs(session, row, plan)
    return turn


def may_take(turn: Turn, held: Held, actor: Actor) -> None:
    """Raises Denied unless the permission holds in the piece's unit, wherever it may be shown, where the plan says."""
    check_step(turn.step, turn.row, held, turn.release.envelope.units, actor)


def check_step(step: PlanStep, row: ReleaseRow, held: Held, shown: Sequence[str], actor: Actor) -> None:
    """As `may_take`, for units `shown` that are known without reading the release."""
    authors = frozenset(map(uuid.UUID, row.authors)) | held.subject.own_of
    for unit in (held.unit.path, *shown, *([step.at] if step.at else [])):
        require_can(actor, step.action, Subject(unit, authors))


async def current_release(session: AsyncSession, edition: Edition) -> ReleaseRow:
    """The release of the edition's present round and revision; every edit and submission leaves the old one behind.

    Raises NotFound `review.no_release`.
    """
    query = select(ReleaseRow).where(
        ReleaseRow.edition_id == edition.id,
        ReleaseRow.round == edition.round,
        ReleaseRow.revision_id == edition.revision_id,
    )
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("review.no_release")
    return found


def step_row(
    turn: Turn,
    actor: Actor,
    decision: str,
    *,
    opinion: str,
    now: dt.datetime,
    remarks: Remarks = (),
) -> ReviewStep:
    """The row of one decision."""
    return ReviewStep(
        id=uuid7(now),
        release_id=turn.row.id,
        ordinal=turn.ordinal,
        step=turn.step.key,
        decision=decision,
        person_id=actor.person,
        opinion=opinion,
        remarks=[{"block": block, "text": text} for block, text in remarks],
        at=now,
    )
