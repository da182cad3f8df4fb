"""Embargoes: an instant before which a document goes out nowhere, whoever promised or pressed what.

The floor holds three times: a promise below it is refused, the worker's claim does not see what lies below it, and the
order itself asks once more in the transaction that publishes.
"""

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Document, Edition
from cms.kernel.clock import to_ms
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Embargo, Occurrence
from cms.planning.occurrences import OPEN, OccurrenceKind
from schedules.clashes import said


async def set_embargo(
    session: AsyncSession, actor: Actor, document: uuid.UUID, *, until: dt.datetime, reason: str = "", now: dt.datetime
) -> Embargo:
    """Holds every edition of the document back until then; a second one replaces the first.

    Raises:
        Denied: no right to schedule in its unit.
        Invalid: `planning.embargo_past`.
        Refused: `planning.embargo_live` when it is out already, `planning.embargo_promised` when it was promised for
            an earlier time: that promise is taken back first, by a person who sees it.
        NotFound: `content.no_document`.
    """
    unit = await _held(session, actor, document)
    if until <= now:
        raise Invalid("planning.embargo_past", fields={"embargo": "planning.embargo_past"})
    if await session.scalar(select(Edition.id).where(Edition.document_id == document, Edition.is_live)) is not None:
        raise Refused("planning.embargo_live")
    earlier = select(Occurrence.at).where(
        Occurrence.document_id == document,
        Occurrence.kind == OccurrenceKind.PUBLISH.value,
        Occurrence.state.in_(OPEN),
        Occurrence.at < until,
    )
    promised = await session.scalar(earlier.order_by(Occurrence.at).limit(1))
    if promised is not None:
        raise Refused("planning.embargo_promised", at=said(promised))
    row = Embargo(document_id=document, until=until, reason=one_line(reason)[:200], set_by=actor.person, set_at=now)
    row = await session.merge(row)
    await session.flush()
    details = {"until": to_ms(until), "reason": row.reason}
    await record(session, actor, "embargo.set", of=("document", str(document)), unit=unit, details=details, now=now)
    return row


async def lift_embargo(session: AsyncSession, actor: Actor, document: uuid.UUID, *, now: dt.datetime) -> None:
    """Ends it now; what was held back and promised goes out at its time. Raises Denied, NotFound."""
    unit = await _held(session, actor, document)
    row = await session.get(Embargo, document)
    if row is None or row.until <= now:
        raise NotFound("planning.no_embargo")
    before = to_ms(row.until)
    row.until = now
    await session.flush()
    details = {"until": before}
    await record(session, actor, "embargo.lift", of=("document", str(document)), unit=unit, details=details, now=now)


async def embargo_of(session: AsyncSession, document: uuid.UUID, *, now: dt.datetime) -> Embargo | None:
    """The one that still holds."""
    row = await session.get(Embargo, document, populate_existing=True)
    return None if row is None or row.until <= now else row


async def check_embargo(session: AsyncSession, document: uuid.UUID, *, at: dt.datetime) -> None:
    """Raises Refused `planning.embargo` for an instant below the floor."""
    row = await session.get(Embargo, document, populate_existing=True)
    if row is not None and at < row.until:
        raise Refused("planning.embargo", until=said(row.until))


def free_of_embargo(now: dt.datetime) -> ColumnElement[bool]:
    """Occurrences that a worker may claim: all but a publication of what is held back now."""
    held = select(Embargo.document_id).where(Embargo.document_id == Occurrence.document_id, Embargo.until > now)
    return or_(Occurrence.kind != OccurrenceKind.PUBLISH.value, and_(~held.exists()))


async def _held(session: AsyncSession, actor: Actor, document: uuid.UUID) -> str:
    """The unit's path, with the document locked as everybody who changes its promises locks it."""
    row = await session.get(Document, document, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("content.no_document")
    unit = await session.get_one(Unit, row.unit_id)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit.path))
    return unit.path
