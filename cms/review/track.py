"""What review did beside the states of an edition, as lines of its timeline: proofs, passed deadlines, objections."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Edition, Revision
from cms.people.models import Person, Unit
from cms.review.entry import Entry, Placed
from cms.review.models import AfterReview, Deadline, ProofMark, ReleaseRow


async def beside(session: AsyncSession, document: uuid.UUID) -> list[Placed]:
    """Every such line of a document; ask permission before."""
    of = (
        select(ReleaseRow.id, Edition.number, Revision.number.label("revision"))
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .join(Revision, Revision.id == ReleaseRow.revision_id)
        .where(Edition.document_id == document)
        .subquery()
    )
    return [
        *await _proofs(session, of),
        *await _escalations(session, of),
        *await _objections(session, of),
    ]


async def _proofs(session: AsyncSession, of: Any) -> list[Placed]:
    query = select(ProofMark, Person.name, of.c.number, of.c.revision).join(of, of.c.id == ProofMark.release_id)
    rows = (await session.execute(query.join(Person, Person.id == ProofMark.person_id))).all()
    return [
        (
            (row.ProofMark.at, 2, row.number, row.ProofMark.ordinal),
            Entry(
                row.ProofMark.at,
                "proof",
                row.name,
                row.revision,
                row.number,
                note=row.ProofMark.note,
                details={"ordinal": row.ProofMark.ordinal, "clean": row.ProofMark.clean},
            ),
        )
        for row in rows
    ]


async def _escalations(session: AsyncSession, of: Any) -> list[Placed]:
    query = select(Deadline, Unit.name, of.c.number, of.c.revision).join(of, of.c.id == Deadline.release_id)
    query = query.outerjoin(Unit, Unit.path == Deadline.reached).where(Deadline.reached != "")
    found: list[Placed] = []
    for row in (await session.execute(query)).all():
        passed: Deadline = row.Deadline
        at = passed.finished_at or passed.at
        details = {"unit": row.name or passed.reached}
        entry = Entry(at, "escalation", "", row.revision, row.number, step=passed.step, details=details)
        found.append(((at, 3, row.number, passed.rung), entry))
    return found


async def _objections(session: AsyncSession, of: Any) -> list[Placed]:
    query = select(AfterReview, Person.name, of.c.number, of.c.revision).join(of, of.c.id == AfterReview.release_id)
    query = query.join(Person, Person.id == AfterReview.person_id).where(AfterReview.agreed.is_(False))
    return [
        (
            (row.AfterReview.at, 4, row.number, 0),
            Entry(row.AfterReview.at, "objection", row.name, row.revision, row.number, note=row.AfterReview.opinion),
        )
        for row in (await session.execute(query)).all()
    ]
