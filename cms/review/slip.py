"""The review slip 审签单: who wrote, who passed, who signed, when, with what opinion, over which hash."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import look
from cms.content.kinds import Kind
from cms.content.states import EditionState
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, require_can
from cms.review.findings import Finding, finding_of
from cms.review.models import AfterReview, ApprovalRow, ReleaseRow, ReviewStep
from cms.review.plans import Plan, plan_of
from cms.review.proof import Proof, proofs_of
from cms.trust.release import Release, read_release


@dataclass(frozen=True, slots=True)
class SlipStep:
    """A step of the plan; `decision` is empty while nobody took it."""

    key: str
    decision: str = ""
    person: str = ""
    opinion: str = ""
    remarks: tuple[tuple[str, str], ...] = ()
    at: dt.datetime | None = None
    signing_key: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """What was said of an emergency publication after it went out."""

    person: str
    agreed: bool
    opinion: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Slip:
    """The sheet of one submission. `counts`: it is the edition's present one; `after` is an emergency's second look."""

    public_id: str
    number: int
    round: int
    kind: Kind
    state: EditionState
    title: str
    unit_name: str
    authors: tuple[str, ...]
    submitted_by: str
    submitted_at: dt.datetime
    note: str
    steps: tuple[SlipStep, ...]
    findings: tuple[Finding, ...]
    rules_version: str
    hash: str
    release: Release
    counts: bool
    proofs: tuple[Proof, ...]
    plan: Plan
    after: After | None


async def slip_of(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, round_: int | None = None) -> Slip:
    """The slip of the edition's last submission, or of an earlier one by its number.

    Raises NotFound `review.no_release` before the first submission.
    """
    held = await look(session, edition)
    require_can(actor, Action.DOCUMENT_READ, held.subject)
    wanted = held.edition.round if round_ is None else round_
    query = select(ReleaseRow).where(ReleaseRow.edition_id == edition, ReleaseRow.round == wanted)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("review.no_release")
    taken = (await session.execute(select(ReviewStep).where(ReviewStep.release_id == row.id))).scalars().all()
    keys = select(ApprovalRow.ordinal, ApprovalRow.key).where(ApprovalRow.release_id == row.id)
    signed = {one.ordinal: one.key for one in (await session.execute(keys)).all()}
    authors = tuple(map(uuid.UUID, row.authors))
    names = await names_of(session, {row.submitted_by, *authors, *(one.person_id for one in taken)})
    by_ordinal = {one.ordinal: one for one in taken}
    plan = plan_of(row.plan, row.terms)
    return Slip(
        public_id=held.document.public_id,
        number=held.edition.number,
        round=row.round,
        kind=Kind(held.document.kind),
        state=held.state,
        title=str(read_release(row.text).content["title"]),
        unit_name=held.unit.name,
        authors=tuple(names[author] for author in authors),
        submitted_by=names[row.submitted_by],
        submitted_at=row.submitted_at,
        note=row.note,
        steps=tuple(
            _step(step.key, by_ordinal.get(ordinal), names, signed.get(ordinal, ""))
            for ordinal, step in enumerate(plan.steps, start=1)
        ),
        findings=tuple(map(finding_of, row.findings)),
        rules_version=row.rules_version,
        hash=row.hash,
        release=read_release(row.text),
        counts=row.round == held.edition.round and row.revision_id == held.edition.revision_id,
        proofs=tuple(await proofs_of(session, row)),
        plan=plan,
        after=await _after(session, row),
    )


async def _after(session: AsyncSession, row: ReleaseRow) -> After | None:
    query = select(AfterReview, Person.name).join(Person, Person.id == AfterReview.person_id)
    found = (await session.execute(query.where(AfterReview.release_id == row.id))).one_or_none()
    if found is None:
        return None
    return After(found.name, found.AfterReview.agreed, found.AfterReview.opinion, found.AfterReview.at)


async def names_of(session: AsyncSession, people: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names by person."""
    found = await session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    return {row.id: row.name for row in found}


def _step(key: str, taken: ReviewStep | None, names: dict[uuid.UUID, str], signed: str) -> SlipStep:
    if taken is None:
        return SlipStep(key)
    remarks = tuple((one["block"], one["text"]) for one in taken.remarks)
    return SlipStep(key, taken.decision, names[taken.person_id], taken.opinion, remarks, taken.at, signed)
