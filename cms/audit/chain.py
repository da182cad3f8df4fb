"""Walks the chain and names the first row that is not as it was written."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.models import AuditArchive, AuditEvent, AuditHead
from cms.audit.record import GENESIS, Written, event_hash
from cms.trust.errors import TrustError

Fault = Literal["changed", "missing", "truncated", "archive"]
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Broken:
    """The first bad place: an event that was changed, is missing, was cut off at the end, or archives with a gap."""

    seq: int
    fault: Fault


async def verify_chain(session: AsyncSession) -> Broken | None:
    """Reads the whole record in order, behind what lies in archives; None when it is whole.

    An end cut off together with its head is only seen by comparing with a head kept elsewhere: see `head`. What is in
    the files of the archives is checked by `cms.audit.archives`.
    """
    seq, last, broken = await _archived(session)
    if broken is not None:
        return broken
    async for rows in pages(session, after=seq):
        # A million hashes are half a minute; nobody else waits for them.
        broken = await asyncio.to_thread(first_broken, rows, after=seq, hash_before=last)
        if broken is not None:
            return broken
        seq, last = rows[-1].seq, rows[-1].hash
    return None if (seq, last) == await head(session) else Broken(seq + 1, "truncated")


async def pages(session: AsyncSession, *, after: int, until: int | None = None) -> AsyncIterator[Sequence[Written]]:
    """The events behind number `after`, some at a time, in order; plain rows, which cost a third of mapped ones."""
    table = AuditEvent.__table__
    while True:
        query = select(table).where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(_PAGE)
        if until is not None:
            query = query.where(AuditEvent.seq <= until)
        rows = cast("Sequence[Any]", (await session.execute(query)).all())
        if not rows:
            return
        yield rows
        after = rows[-1].seq


def first_broken(events: Iterable[Written], *, after: int, hash_before: str) -> Broken | None:
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


async def _archived(session: AsyncSession) -> tuple[int, str, Broken | None]:
    """Where the rows begin, and what is wrong with the archives before them: each begins where the last one ended."""
    seq, last = 0, GENESIS
    for one in (await session.execute(select(AuditArchive).order_by(AuditArchive.last_seq))).scalars():
        if one.first_seq != seq + 1 or one.prev_hash != last:
            return seq, last, Broken(seq + 1, "archive")
        seq, last = one.last_seq, one.last_hash
    found = (await session.execute(select(AuditHead.archived_seq, AuditHead.archived_hash))).one_or_none()
    if found is not None and (found.archived_seq, found.archived_hash) != (seq, last):
        return seq, last, Broken(min(seq, found.archived_seq) + 1, "archive")
    return seq, last, None


def _as_written(event: Written) -> bool:
    try:
        return event_hash(event) == event.hash
    except TrustError:
        return False  # details that have no canonical text were not written by us
