"""Actions that fall due: leased rows, one open at a time for each cause."""

import datetime as dt
import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.kernel.leases import LeaseRules
from cms.planning.models import Occurrence


class OccurrenceKind(StrEnum):
    """What falls due."""

    PUBLISH = "publish"
    UNPUBLISH = "unpublish"
    REFRESH = "refresh"
    ROLL_OVER = "roll_over"


OPEN: Final = ("due", "working", "retry")
RULES: Final = LeaseRules(
    ready=frozenset({"due", "retry"}),
    held="working",
    retry="retry",
    poisoned="failed",
    lease=dt.timedelta(seconds=15),
    max_attempts=8,
)


async def add_occurrence(
    session: AsyncSession,
    *,
    key: str,
    kind: OccurrenceKind,
    at: dt.datetime,
    targets: Sequence[str],
    now: dt.datetime,
    document: uuid.UUID | None = None,
    edition: uuid.UUID | None = None,
    actor: uuid.UUID | None = None,
) -> Occurrence:
    """Adds one, or gives the open one of the same key; callers hold the row that the key is about."""
    found = await session.scalar(select(Occurrence).where(Occurrence.key == key, Occurrence.state.in_(OPEN)))
    if found is not None:
        return found
    row = Occurrence(
        id=uuid7(now),
        key=key,
        kind=kind.value,
        state="due",
        at=at,
        not_before=at,
        document_id=document,
        edition_id=edition,
        targets=list(targets),
        actor_id=actor,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def cancel_occurrences(session: AsyncSession, *, now: dt.datetime, keys: Sequence[str]) -> int:
    """Ends open ones without doing them; one that is being worked on finds its lease gone. Returns how many."""
    cancelled = (
        update(Occurrence)
        .where(Occurrence.key.in_(keys), Occurrence.state.in_(OPEN))
        .values(state="cancelled", finished_at=now, lease_owner=None, lease_until=None, fence=Occurrence.fence + 1)
        .returning(Occurrence.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.scalars(cancelled)).all())


def publish_key(edition: uuid.UUID) -> str:
    return f"publish:{edition}"


def unpublish_key(edition: uuid.UUID) -> str:
    return f"unpublish:{edition}"
