"""Reads the record for the auditor's pages, newest first; and the same choice in order, for an export."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent
from cms.audit.record import Written

_EXPORT_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for; what is empty is not asked.

    Attributes:
        who: a part of the name of whoever acted.
        since, until: half-open, by when it happened.
        where: the path of a unit; it and everything below.
        ip: the beginning of an address.
        action: an action, or a family of them that ends with a dot (``document.``).
        of: kind and id of one object.
        object: a part of an object's id.
    """

    who: str = ""
    person: uuid.UUID | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    where: str = ""
    ip: str = ""
    action: str = ""
    of: tuple[str, str] | None = None
    object: str = ""
    result: str = ""


async def events(
    session: AsyncSession,
    *,
    within: Sequence[str],
    of: tuple[str, str] | None = None,
    person: uuid.UUID | None = None,
    action: str = "",
    search: Search | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[AuditEvent]:
    """Events of the units in `within`, optionally of one object, one person or one family of actions (``document.``).

    `within` is `require_reach(actor, Action.AUDIT_READ)`, and an empty one shows nothing. `before` is the seq of the
    last row of the page before.
    """
    query = _narrowed(select(AuditEvent), within, search or Search(of=of, person=person, action=action))
    if before is not None:
        query = query.where(AuditEvent.seq < before)
    found: Sequence[AuditEvent] = (await session.scalars(query.order_by(AuditEvent.seq.desc()).limit(limit))).all()
    return found


async def every_event(
    session: AsyncSession, *, within: Sequence[str], search: Search, until: int
) -> AsyncIterator[Sequence[Written]]:
    """All that a search finds up to number `until`, oldest first, some at a time."""
    after = 0
    while True:
        query = _narrowed(select(AuditEvent.__table__), within, search).where(AuditEvent.seq > after)
        query = query.where(AuditEvent.seq <= until).order_by(AuditEvent.seq).limit(_EXPORT_PAGE)
        rows = cast("Sequence[Any]", (await session.execute(query)).all())
        if not rows:
            return
        yield rows
        after = rows[-1].seq


def _narrowed(query: Select[Any], within: Sequence[str], search: Search) -> Select[Any]:
    inside = (AuditEvent.unit_path.startswith(path, autoescape=True) for path in within)
    query = query.where(or_(false(), *inside))
    if search.of is not None:
        query = query.where(AuditEvent.object_kind == search.of[0], AuditEvent.object_id == search.of[1])
    if search.person is not None:
        query = query.where(AuditEvent.actor_id == search.person)
    if search.since is not None:
        query = query.where(AuditEvent.at >= search.since)
    if search.until is not None:
        query = query.where(AuditEvent.at < search.until)
    if search.result:
        query = query.where(AuditEvent.result == search.result)
    if search.who:
        query = query.where(AuditEvent.actor_name.contains(search.who, autoescape=True))
    if search.object:
        query = query.where(AuditEvent.object_id.contains(search.object, autoescape=True))
    for column, begins in (
        (AuditEvent.unit_path, search.where),
        (AuditEvent.ip, search.ip),
        (AuditEvent.action, search.action),
    ):
        if begins:
            query = query.where(column.startswith(begins, autoescape=True))
    return query
