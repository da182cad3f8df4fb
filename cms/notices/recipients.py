"""Who is in charge of something: the people whose roles let them act on it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.people.models import Membership, Person, Unit
from cms.people.permissions import TABLE, Action, Relation


async def who_may(session: AsyncSession, action: Action, unit: str) -> Sequence[uuid.UUID]:
    """Active people who may do this to something of the unit that is not their own."""
    roles = [role.value for role, row in TABLE.items() if Relation.UNIT in row.get(action, frozenset())]
    parts = unit.strip("/").split("/")
    above = ["/", *("/" + "/".join(parts[:count]) + "/" for count in range(1, len(parts) + 1))]
    query = (
        select(Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_at.is_(None), Membership.role.in_(roles), Person.active)
        .where(or_(Unit.path.in_(above)))
        .distinct()
    )
    return sorted((await session.scalars(query)).all())
