"""Lines of accounts' journals of long ago; what became of each post stands in the ledger, which keeps all of it."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import delete, select

from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.publishing.services.models import AccountEvent

# A transaction of its own each, so that a first look over years of lines holds up nobody.
_BATCH: Final = 1_000


async def prune_journal(db: Database, *, before: dt.datetime) -> int:
    """Deletes lines that were written before an instant; returns how many."""
    gone = 0
    # An id begins with its time, so that the key finds them: the index of times is by account.
    old = select(AccountEvent.id).where(AccountEvent.id < _first(before)).order_by(AccountEvent.id).limit(_BATCH)
    while True:
        async with db.read() as session:
            ids = (await session.scalars(old)).all()
        if not ids:
            return gone
        async with db.write() as session:
            await session.execute(delete(AccountEvent).where(AccountEvent.id.in_(ids)))
        gone += len(ids)


def _first(at: dt.datetime) -> uuid.UUID:
    """The least id of a millisecond."""
    return uuid.UUID(int=to_ms(at) << 80)
