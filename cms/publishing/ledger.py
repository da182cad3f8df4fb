"""The notes of one delivery's calls, on its row and in the store; every write needs the fence of the claim."""

import base64
import datetime as dt
import json
import secrets
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cms.contract import Accepted, Manual, NotSent, Outcome, Prepared, Sent, Unknown
from cms.kernel.db import Database
from cms.kernel.leases import Claim
from cms.publishing.attempts import BEGUN, note_end, outcome_of
from cms.publishing.models import Delivery, PostAttempt
from cms.publishing.states import DeliveryState, PublicationKind
from media.store import Store

_SHOWS: Final = frozenset({PublicationKind.PUBLISH.value, PublicationKind.CORRECT.value})


class LeaseLost(Exception):
    """The lease ran out while working; whatever was found must be dropped."""


class Overtaken(Exception):
    """A later order stands at the target, and nothing irreversible was begun: this one ends here."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


async def overtaken_by(session: AsyncSession, row: Delivery) -> str | None:
    """The kind of a later order about the same document here; None for an order that must be carried out anyway."""
    if row.kind not in _SHOWS or row.call is not None or row.document_id is None:
        return None
    other = aliased(Delivery)
    later = or_(
        other.created_at > row.created_at, and_(other.created_at == row.created_at, other.priority > row.priority)
    )
    here = (other.document_id == row.document_id, other.target_id == row.target_id, other.id != row.id)
    stands = other.state != DeliveryState.CANCELLED.value
    query = select(other.kind).where(*here, later, stands).order_by(other.priority.desc())
    return await session.scalar(query.limit(1))


class RowLedger:
    """Implements `cms.publishing.run.Ledger`."""

    def __init__(self, database: Database, store: Store, held: Claim, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._store = store
        self._held = held
        self._now = now

    async def prepared(self) -> Prepared | None:
        row = await self._row()
        return None if row.payload is None else _decode(await self._store.get(row.payload))

    async def freeze(self, prepared: Prepared) -> Prepared:
        kept = await self.prepared()
        if kept is not None:
            return kept
        stored = await self._store.put(_encode(prepared), media_type="application/json")
        await self._note(payload=stored.sha256)
        return prepared

    async def begun(self) -> str | None:
        return (await self._row()).call

    async def sent(self) -> str | None:
        return (await self._row()).post

    async def begin(self) -> str:
        """Raises Overtaken when what is about to be sent was recalled or replaced while it was being made."""
        call = secrets.token_hex(16)
        async with self._database.write() as session:
            row = await self._ours(session)
            later = await overtaken_by(session, row)
            if later is not None:
                raise Overtaken(later)
            row.call = call
            session.add(PostAttempt(id=call, delivery_id=row.id, begun_at=self._now(), outcome=BEGUN))
        return call

    async def end(self, outcome: Outcome) -> None:
        is_open = isinstance(outcome, Unknown | Accepted)
        if is_open and not await self._is_news(outcome):
            return
        async with self._database.write() as session:
            row = await self._ours(session)
            if row.call is not None:
                await note_end(session, row.call, outcome, now=self._now())
            if not is_open and not _ends_delivery(outcome):
                row.call, row.accepted_at = None, None
            if isinstance(outcome, Sent):
                row.post = outcome.post

    async def _is_news(self, outcome: Outcome) -> bool:
        """A platform that takes hours is asked hundreds of times and says the same."""
        async with self._database.read() as session:
            row = await session.get_one(Delivery, self._held.id)
            noted = None if row.call is None else await session.get(PostAttempt, row.call)
        return noted is not None and (noted.outcome, noted.why) != outcome_of(outcome)

    async def _ours(self, session: AsyncSession) -> Delivery:
        """The row, locked. Raises LeaseLost."""
        row = await session.get(Delivery, self._held.id, with_for_update=True, populate_existing=True)
        if row is None or row.fence != self._held.fence:
            raise LeaseLost
        return row

    async def _row(self) -> Delivery:
        async with self._database.read() as session:
            row = await session.get(Delivery, self._held.id)
        if row is None:
            raise LeaseLost
        return row

    async def _note(self, **values: Any) -> None:
        mine = (Delivery.id == self._held.id, Delivery.fence == self._held.fence)
        async with self._database.write() as session:
            result = await session.execute(update(Delivery).where(*mine).values(**values))
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            raise LeaseLost


def _ends_delivery(outcome: Outcome) -> bool:
    """Whether no further try follows: then the call is closed with the delivery's own end, in one transaction.

    A worker that died between the two would leave a delivery that looks as if nothing had ever been begun.
    """
    return isinstance(outcome, Manual) or (isinstance(outcome, NotSent) and not outcome.retry)


def _encode(prepared: Prepared) -> bytes:
    value = {"payload": base64.b64encode(prepared.payload).decode(), "uploads": dict(prepared.uploads)}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _decode(data: bytes) -> Prepared:
    value = json.loads(data)
    return Prepared(base64.b64decode(value["payload"]), value["uploads"])
