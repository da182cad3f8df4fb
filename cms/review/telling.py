"""Who is told of what waits in review: one notice a person and release, closed when it is decided."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell_all
from cms.people.models import Membership, Person, Unit
from cms.people.permissions import TABLE, Action, Relation
from cms.review.models import ReleaseRow

LATE: Final = "notices.subject.review_late"
KEYS: Final = "notices.subject.review_urgent"
AFTERWARDS: Final = "notices.subject.review_after"


async def tell_unit(session: AsyncSession, row: ReleaseRow, action: Action, unit: str, *, now: dt.datetime) -> None:
    """Tells the people of this very unit who can take the step; where it has none, those above who can."""
    people = await _people_at(session, action, unit) or await who_may(session, action, unit)
    await _tell(session, row, people, LATE, now=now, urgent=False)


async def tell_of_emergency(
    session: AsyncSession, row: ReleaseRow, action: Action, unit: str, *, subject: str, now: dt.datetime
) -> None:
    """Tells everybody who can turn a key, or look at it afterwards; it waits for no morning."""
    await _tell(session, row, await who_may(session, action, unit), subject, now=now, urgent=True)


async def told_no_more(session: AsyncSession, release: uuid.UUID, *, now: dt.datetime) -> None:
    """It was decided: nobody is asked any more."""
    await settle(session, cause=_cause(release), now=now)


async def _tell(
    session: AsyncSession, row: ReleaseRow, people: Sequence[uuid.UUID], subject: str, *, now: dt.datetime, urgent: bool
) -> None:
    query = select(Document.public_id, Document.title).join(Edition, Edition.document_id == Document.id)
    piece = (await session.execute(query.where(Edition.id == row.edition_id))).one()
    others = set(people) - set(map(uuid.UUID, row.authors))
    await tell_all(
        session,
        others,
        cause=_cause(row.id),
        subject=subject,
        params={"title": piece.title},
        href=f"/desk/documents/{piece.public_id}/review",
        now=now,
        urgent=urgent,
    )


async def _people_at(session: AsyncSession, action: Action, unit: str) -> Sequence[uuid.UUID]:
    roles = [role.value for role, row in TABLE.items() if Relation.UNIT in row.get(action, frozenset())]
    query = (
        select(Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Unit.path == unit, Membership.ended_at.is_(None), Membership.role.in_(roles), Person.active)
        .distinct()
    )
    return sorted((await session.scalars(query)).all())


def _cause(release: uuid.UUID) -> str:
    return f"review:{release}"
