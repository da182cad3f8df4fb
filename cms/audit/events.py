"""Reads the record for the auditor's pages, newest first."""

import uuid
from collections.abc import Sequence

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent


async def events(
    session: AsyncSession,
    *,
    within: Sequence[str],
    of: tuple[str, str] | None = None,
    person: uuid.UUID | None = None,
    action: str = "",
    before: int | None = None,
    limit: int = 100,
) -> Sequence[AuditEvent]:
    """Events of the units in `within`, optionally of one object, one person or one family of actions (``document.``).

    `within` is `require_reach(actor, Action.AUDIT_READ)`, and an empty one shows nothing. `before` is the seq of the
    last row of the page before.
    """
    inside = (AuditEvent.unit_path.startswith(path, autoescape=True) for path in within)
    query = select(AuditEvent).where(or_(false(), *inside))
    if of is not None:
        query = query.where(AuditEvent.object_kind == of[0], AuditEvent.object_id == of[1])
    if person is not None:
        query = query.where(AuditEvent.actor_id == person)
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    return (await session.execute(query.order_by(AuditEvent.seq.desc()).limit(limit))).scalars().all()
