"""Leased rows of long ago: what ended is deleted by age, what is on its way is never touched."""

import datetime as dt
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from cms.kernel.db import Database
from cms.kernel.leases import Leased, LeaseRules

# A transaction of its own each, so that a first look over years of rows holds up nobody.
_BATCH: Final = 1_000


async def delete_ended(
    db: Database,
    table: type[Leased],
    rules: LeaseRules,
    finished_at: InstrumentedAttribute[dt.datetime | None],
    *,
    before: dt.datetime,
) -> int:
    """Deletes rows that ended before an instant, as their column `finished_at` says; returns how many."""
    gone = 0
    # One whose tries ran out has no end of its own: its last turn is as good.
    ended = func.coalesce(finished_at, table.not_before)
    is_over = table.state.not_in((*sorted(rules.ready), rules.held))
    old = select(table.id).where(is_over, table.not_before < before, ended < before).limit(_BATCH)
    while True:
        async with db.read() as session:
            if (await session.execute(old.limit(1))).first() is None:
                return gone
        async with db.write() as session:
            ids = (await session.scalars(old.with_for_update(skip_locked=True))).all()
            await session.execute(delete(table).where(table.id.in_(ids)))
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone
