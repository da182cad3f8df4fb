"""Proofreading 校对: 初校, 二校, 三校 beside the review, each by another person and with a checklist."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import Held, hold
from cms.content.states import EditionState
from cms.kernel.errors import Conflict, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import clean
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, Subject, require_can
from cms.review.models import ProofMark, ReleaseRow
from cms.review.plans import CHECKS, Plan, plan_of
from cms.review.seats import Part, check_free, take_seat

GOOD, FAULT, NONE = "good", "fault", "none"
ANSWERS: Final = frozenset({GOOD, FAULT, NONE})
_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Proof:
    """A line of the track; nobody made it yet while `person` is empty. `checks` are answers by `CHECKS`."""

    ordinal: int
    person: str = ""
    checks: Mapping[str, str] | None = None
    clean: bool = True
    note: str = ""
    at: dt.datetime | None = None


async def proofs_of(session: AsyncSession, row: ReleaseRow) -> Sequence[Proof]:
    """Every proof the plan asks for, made or not."""
    query = select(ProofMark, Person.name).join(Person, Person.id == ProofMark.person_id)
    found = (await session.execute(query.where(ProofMark.release_id == row.id))).all()
    made = {one.ProofMark.ordinal: one for one in found}
    return [
        Proof(ordinal)
        if ordinal not in made
        else Proof(
            ordinal,
            made[ordinal].name,
            made[ordinal].ProofMark.checks,
            made[ordinal].ProofMark.clean,
            made[ordinal].ProofMark.note,
            made[ordinal].ProofMark.at,
        )
        for ordinal in range(1, plan_of(row.plan, row.terms).proofs + 1)
    ]


async def check_proofs(session: AsyncSession, row: ReleaseRow, plan: Plan) -> None:
    """Raises Refused `review.proofs_missing`, `review.proof_faults` unless every proof is made and clean."""
    query = select(ProofMark.clean).where(ProofMark.release_id == row.id)
    made = (await session.scalars(query)).all()
    if len(made) < plan.proofs:
        raise Refused("review.proofs_missing", count=plan.proofs - len(made))
    if not all(made):
        raise Refused("review.proof_faults")


async def next_proof(session: AsyncSession, held: Held, row: ReleaseRow, actor: Actor) -> int:
    """The number of the proof this person can make now.

    Raises Denied, Refused `content.state`, `review.proofs_done`, and of `check_free`.
    """
    if held.state is not EditionState.SUBMITTED:
        raise Refused("content.state", state=held.edition.state, verb="proof")
    authors = frozenset(map(uuid.UUID, row.authors)) | held.subject.own_of
    require_can(actor, Action.REVIEW_PROOF, Subject(held.unit.path, authors))
    plan = plan_of(row.plan, row.terms)
    query = select(ProofMark.person_id).where(ProofMark.release_id == row.id)
    made = (await session.scalars(query)).all()
    if actor.person in made:
        raise Refused("review.proofed_already")
    if len(made) >= plan.proofs:
        raise Refused("review.proofs_done")
    await check_free(session, row, actor.person, Part.PROOF, plan)
    return len(made) + 1


async def mark_proof(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    seen: str,
    checks: Mapping[str, str],
    note: str = "",
    now: dt.datetime,
) -> ProofMark:
    """Makes the next proof of the release that was on the page, `seen` by its hash.

    Raises as `next_proof`, Conflict `review.release_changed`, Invalid `review.proof_open` when an item was not
    answered, `review.proof_note` when a fault is not described.
    """
    held = await hold(session, edition)
    row = await _release(session, held)
    if row.hash != seen:
        raise Conflict("review.release_changed", release=row.hash)
    ordinal = await next_proof(session, held, row, actor)
    note = clean(note)[:_MOST]
    answers = {name: checks.get(name, "") for name in CHECKS}
    if set(answers.values()) - ANSWERS:
        raise Invalid("review.proof_open", fields=dict.fromkeys(answers, "review.proof_open"))
    is_clean = FAULT not in answers.values()
    if not is_clean and not note:
        raise Invalid("review.proof_note", fields={"note": "review.proof_note"})
    await take_seat(session, row, actor.person, Part.PROOF, plan_of(row.plan, row.terms))
    mark = ProofMark(
        id=uuid7(now),
        release_id=row.id,
        ordinal=ordinal,
        person_id=actor.person,
        checks=answers,
        clean=is_clean,
        note=note,
        at=now,
    )
    session.add(mark)
    await session.flush()
    details = {"document": held.document.public_id, "release": row.hash, "proof": ordinal, "clean": is_clean}
    of = ("edition", str(edition))
    await record(session, actor, "review.proof", of=of, unit=held.unit.path, details=details, now=now)
    return mark


async def _release(session: AsyncSession, held: Held) -> ReleaseRow:
    edition = held.edition
    query = select(ReleaseRow).where(ReleaseRow.edition_id == edition.id, ReleaseRow.round == edition.round)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("review.no_release")
    return found
