"""The notes of one delivery's calls, on its row and in the store; every write needs the fence of the claim."""

import base64
import json
import secrets
from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import CursorResult

from cms.contract import Accepted, Outcome, Prepared, Sent, Unknown
from cms.kernel.db import Database
from cms.kernel.leases import Claim
from cms.publishing.models import Delivery
from media.store import Store


class LeaseLost(Exception):
    """The lease ran out while working; whatever was found must be dropped."""


class RowLedger:
    """Implements `cms.publishing.run.Ledger`."""

    def __init__(self, database: Database, store: Store, held: Claim) -> None:
        self._database = database
        self._store = store
        self._held = held

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
        call = secrets.token_hex(16)
        await self._note(call=call)
        return call

    async def end(self, outcome: Outcome) -> None:
        if isinstance(outcome, Unknown | Accepted):
            return
        post = {"post": outcome.post} if isinstance(outcome, Sent) else {}
        await self._note(call=None, **post)

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


def _encode(prepared: Prepared) -> bytes:
    value = {"payload": base64.b64encode(prepared.payload).decode(), "uploads": dict(prepared.uploads)}
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _decode(data: bytes) -> Prepared:
    value = json.loads(data)
    return Prepared(base64.b64decode(value["payload"]), value["uploads"])
