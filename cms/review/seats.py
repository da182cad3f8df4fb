"""Who has which part in a release: one part a person, asked before it is taken and kept by a key of the database."""

import uuid
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Refused
from cms.people.models import Person
from cms.review.models import ReleaseRow, Seat
from cms.review.plans import Plan


class Part(StrEnum):
    """What a person is to one release."""

    AUTHOR = "author"
    STEP = "step"
    PROOF = "proof"
    AFTER = "after"


async def seat_authors(session: AsyncSession, release: uuid.UUID, authors: Iterable[str]) -> None:
    """The authors sit first: from then on the database lets none of them review."""
    wrote = {uuid.UUID(author) for author in authors}
    known = (await session.scalars(select(Person.id).where(Person.id.in_(wrote)))).all()
    session.add_all(Seat(release_id=release, person_id=person, seat=Part.AUTHOR.value) for person in known)
    await session.flush()


async def part_of(session: AsyncSession, release: uuid.UUID, person: uuid.UUID) -> Part | None:
    """What the person is to it already."""
    seat = select(Seat.seat).where(Seat.release_id == release, Seat.person_id == person)
    found = (await session.execute(seat)).scalar_one_or_none()
    return None if found is None else Part(found)


async def check_free(session: AsyncSession, row: ReleaseRow, person: uuid.UUID, part: Part, plan: Plan) -> Part | None:
    """What they are already, when it does not stand against `part`.

    Raises Refused `review.author_sits`, `review.proofed_already`, `review.decided_already`.
    """
    held = await part_of(session, row.id, person)
    if held is None:
        return None
    both = {Part.STEP, Part.PROOF}
    if held in both and part in both and held is not part and plan.reviewer_proofs:
        return held
    if held is Part.AUTHOR:
        raise Refused("review.author_sits")
    raise Refused("review.proofed_already" if held is Part.PROOF else "review.decided_already")


async def take_seat(session: AsyncSession, row: ReleaseRow, person: uuid.UUID, part: Part, plan: Plan) -> None:
    """Sits down, or refuses as `check_free`; whoever proofs and reviews sits as a reviewer."""
    held = await check_free(session, row, person, part, plan)
    if held is None:
        session.add(Seat(release_id=row.id, person_id=person, seat=part.value))
    elif part is Part.STEP:
        seat = await session.get_one(Seat, (row.id, person))
        seat.seat = Part.STEP.value
    await session.flush()
