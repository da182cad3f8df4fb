"""When a piece that is out is taken off again: set, moved or lifted by a person, kept by a row of the runner."""

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import hold
from cms.kernel.clock import to_ms
from cms.kernel.errors import Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.envelope import Allowed
from cms.planning.models import Target
from cms.planning.occurrences import OccurrenceKind, add_occurrence, cancel_occurrences, unpublish_key
from cms.publishing.models import Showing
from cms.publishing.publish import end_showing
from cms.review.approved import approved_release


async def set_take_off(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, at: dt.datetime | None, now: dt.datetime
) -> None:
    """Has a live edition taken off everywhere at `at`; None leaves it to the end of its envelope.

    Raises:
        Denied: no right to schedule in its unit.
        Refused: `planning.not_live`, `planning.in_the_past`, `planning.too_late` for what lies behind the envelope.
        NotFound: the edition.
    """
    held = await hold(session, edition)
    require_can(actor, Action.PUBLISHING_SCHEDULE, held.subject)
    if not held.edition.is_live:
        raise Refused("planning.not_live")
    if at is not None and at <= now:
        raise Refused("planning.in_the_past")
    allowed = Allowed.of((await approved_release(session, edition)).release.envelope)
    if at is not None:
        allowed.check_time(at)
    here = (Showing.document_id == held.document.id, Showing.edition_id == edition, Showing.removed_at.is_(None))
    codes = (
        await session.scalars(select(Target.code).join(Showing, Showing.target_id == Target.id).where(*here))
    ).all()
    await cancel_occurrences(session, now=now, keys=[unpublish_key(edition)])
    end = at or allowed.not_after
    if end is None:
        await session.execute(update(Showing).where(*here).values(until=None))
    else:
        by = actor.person if at is not None else None
        await end_showing(session, held.document.id, edition, end=end, codes=codes, now=now, by=by)
    for code in sorted(codes):
        key = f"refresh:{code}"
        await add_occurrence(session, key=key, kind=OccurrenceKind.REFRESH, at=now, targets=[code], now=now)
    details = {"document": held.document.public_id, "at": None if at is None else to_ms(at)}
    of = ("edition", str(edition))
    await record(session, actor, "edition.take_off", of=of, unit=held.unit.path, details=details, now=now)
