"""Walks the chain and names the first row that is not as it was written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditEvent, AuditHead
from cms.audit.record import GENESIS, event_hash
from cms.trust.errors import TrustError

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """The first bad place: an event that was changed, is missing, or was cut off at the end."""

    seq: int
    fault: Literal["changed", "missing", "truncated"]


async def verify_chain(session: AsyncSession) -> Broken | None:
    """Reads the whole record in order; None when it is whole.

    An end cut off together with its head is only seen by comparing with a head kept elsewhere: see `head`.
    """
    seq, last = 0, GENESIS
    while True:
        query = select(AuditEvent).where(AuditEvent.seq > seq).order_by(AuditEvent.seq).limit(_PAGE)
        events = (await session.execute(query.execution_options(populate_existing=True))).scalars().all()
        if not events:
            break
        broken = first_broken(events, after=seq, hash_before=last)
        if broken is not None:
            return broken
        seq, last = events[-1].seq, events[-1].hash
        session.expunge_all()
    return None if (seq, last) == await head(session) else Broken(seq + 1, "truncated")


def first_broken(events: Iterable[AuditEvent], *, after: int, hash_before: str) -> Broken | None:
    """The first event that does not follow `hash_before`, which event number `after` has; pure."""
    for event in events:
        if event.seq != after + 1:
            return Broken(after + 1, "missing")
        if event.prev_hash != hash_before or not _as_written(event):
            return Broken(event.seq, "changed")
        after, hash_before = event.seq, event.hash
    return None


async def head(session: AsyncSession) -> tuple[int, str]:
    """Number and hash of the last event; to be kept outside, where whoever owns the database cannot reach it."""
    found = (await session.execute(select(AuditHead.seq, AuditHead.hash))).one_or_none()
    return (0, GENESIS) if found is None else (found.seq, found.hash)


def _as_written(event: AuditEvent) -> bool:
    try:
        return event_hash(event) == event.hash
    except TrustError:
        return False  # details that have no canonical text were not written by us
