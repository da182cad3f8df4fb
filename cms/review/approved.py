"""What may be published: the approved release of an edition, everything asked once more."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Edition
from cms.content.states import APPROVED, EditionState
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound, Refused
from cms.review.approve import PASSED, current_release
from cms.review.models import ApprovalRow, ProofMark, ReleaseRow, ReviewStep
from cms.review.plans import plan_of
from cms.trust.approval import Approval, Bundle, release_digest
from cms.trust.limits import THRESHOLD
from cms.trust.release import Release, read_release
from cms.trust.webauthn import Assertion


@dataclass(frozen=True, slots=True)
class Approved:
    """A release with its approvals; `bundle` proves it to whoever holds the delegations."""

    row: ReleaseRow
    release: Release
    bundle: Bundle


async def approved_release(session: AsyncSession, edition: uuid.UUID) -> Approved:
    """The release an edition in an approved state stands on.

    Signatures were checked when they were recorded, and will be by every screen; here the database is asked whether it
    still says what the plan of that day wants: this round, this revision, every step passed and every proof clean, by
    different people, none of them an author.
    Raises NotFound `content.no_edition`, Refused `review.not_approved`.
    """
    row = await session.get(Edition, edition, populate_existing=True)
    if row is None:
        raise NotFound("content.no_edition")
    if EditionState(row.state) not in APPROVED:
        raise Refused("review.not_approved")
    try:
        release = await current_release(session, row)
    except NotFound as error:
        raise Refused("review.not_approved") from error
    approvals = await approvals_of(session, release.id)
    await _as_planned(session, release, approvals)
    return Approved(release, read_release(release.text), Bundle(release.text, approvals))


async def approvals_of(session: AsyncSession, release: uuid.UUID) -> tuple[Approval, ...]:
    """The approvals of a release in the order of its steps."""
    query = select(ApprovalRow).where(ApprovalRow.release_id == release).order_by(ApprovalRow.ordinal)
    return tuple(
        Approval(str(row.person_id), row.key, row.alg, row.signature, to_ms(row.at), _assertion(row.webauthn))
        for row in (await session.execute(query)).scalars()
    )


def _assertion(held: Mapping[str, Any] | None) -> Assertion | None:
    return Assertion(**held) if held else None


async def _as_planned(session: AsyncSession, release: ReleaseRow, approvals: tuple[Approval, ...]) -> None:
    query = select(ReviewStep).where(ReviewStep.release_id == release.id).order_by(ReviewStep.ordinal)
    steps = (await session.execute(query)).scalars().all()
    people = {approval.person for approval in approvals}
    plan = plan_of(release.plan, release.terms)
    planned = [step.key for step in plan.steps]
    proofs = (await session.execute(select(ProofMark).where(ProofMark.release_id == release.id))).scalars().all()
    good = (
        len(people) >= THRESHOLD
        and len(people) == len(approvals)
        and not people & set(release.authors)
        and [step.step for step in steps if step.decision == PASSED] == planned
        and {str(step.person_id) for step in steps} == people
        and len({proof.person_id for proof in proofs if proof.clean}) >= plan.proofs
        and not {str(proof.person_id) for proof in proofs} & set(release.authors)
        and (plan.reviewer_proofs or not {str(proof.person_id) for proof in proofs} & people)
        and release_digest(release.text) == release.hash
    )
    if not good:
        raise Refused("review.not_approved")
