"""Accounts nobody has used for long: found by when their person last came, and shut out together."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.people.accounts import set_active
from cms.people.actor import Actor
from cms.people.models import Person, Unit


@dataclass(frozen=True, slots=True)
class Stale:
    """An account that is open and unused; `last_at` None: nobody ever came."""

    id: uuid.UUID
    name: str
    login: str
    unit: str
    last_at: dt.datetime | None
    since: dt.datetime


async def stale(session: AsyncSession, *, within: Sequence[str], before: dt.datetime) -> Sequence[Stale]:
    """Active people of the units in `within` who did not come since `before`, the longest away first."""
    if not within:
        return []
    away = func.coalesce(Person.signed_in_at, Person.created_at)
    query = select(Person, Unit.name).join(Unit, Unit.id == Person.unit_id).where(*_unused(within, before))
    return [
        Stale(
            row.Person.id, row.Person.name, row.Person.login, row.name, row.Person.signed_in_at, row.Person.created_at
        )
        for row in (await session.execute(query.order_by(away, Person.login))).all()
    ]


async def count_stale(session: AsyncSession, *, within: Sequence[str], before: dt.datetime) -> int:
    if not within:
        return 0
    query = select(func.count()).select_from(Person).join(Unit, Unit.id == Person.unit_id)
    return await session.scalar(query.where(*_unused(within, before))) or 0


async def shut_out(
    session: AsyncSession, actor: Actor, people: Sequence[uuid.UUID], *, before: dt.datetime, now: dt.datetime
) -> int:
    """Shuts the chosen ones out who are still stale: whoever came back meanwhile stays.

    All of them, or none when one may not be touched.
    """
    unused = select(Person.id).where(Person.id.in_(people), *_since(before))
    found = (await session.execute(unused.order_by(Person.id))).scalars().all()
    for person in found:
        await set_active(session, actor, person, active=False, now=now)
    return len(found)


def _unused(within: Sequence[str], before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (or_(*(Unit.path.startswith(path, autoescape=True) for path in within)), *_since(before))


def _since(before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (Person.active.is_(True), func.coalesce(Person.signed_in_at, Person.created_at) < before)
