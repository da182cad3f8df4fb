"""Who else has a piece open: a row a person and piece, written by the editor's heartbeat, at most every few seconds."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.models import Presence
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, require_can

# A page that says nothing for this long is closed, asleep, or its connection is gone.
AWAY: Final = dt.timedelta(seconds=50)
# Two windows of one person, or an eager page, cost no second write.
_QUIET: Final = dt.timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Here:
    """A colleague who has the piece open."""

    person: uuid.UUID
    name: str


async def beat(session: AsyncSession, actor: Actor, held: Held, *, now: dt.datetime) -> None:
    """Says that the actor has the piece open."""
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    document = held.document.id
    row = await session.get(Presence, (document, actor.person))
    if row is not None:
        if now - row.seen_at >= _QUIET:
            row.seen_at = now
        return
    await session.execute(delete(Presence).where(Presence.document_id == document, Presence.seen_at < now - AWAY))
    try:
        async with session.begin_nested():
            session.add(Presence(document_id=document, person_id=actor.person, seen_at=now))
    except IntegrityError:
        # Another window of the same person was faster, and said the same.
        return


async def leave(session: AsyncSession, actor: Actor, held: Held) -> None:
    """Says that the actor closed it."""
    mine = Presence.document_id == held.document.id, Presence.person_id == actor.person
    await session.execute(delete(Presence).where(*mine))


async def others(session: AsyncSession, actor: Actor, held: Held, *, now: dt.datetime) -> Sequence[Here]:
    """Who else has the piece open, by name."""
    require_can(actor, Action.DOCUMENT_READ, held.subject)
    query = select(Person.id, Person.name).join(Presence, Presence.person_id == Person.id)
    query = query.where(
        Presence.document_id == held.document.id, Presence.seen_at > now - AWAY, Presence.person_id != actor.person
    )
    rows = await session.execute(query.order_by(Person.name, Person.id))
    return [Here(row.id, row.name) for row in rows]
