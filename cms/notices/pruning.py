"""Letters of long ago: what left or was given up is deleted by age; the notice itself stays in the inbox."""

import datetime as dt
from typing import Final

from sqlalchemy import delete, func, select

from cms.kernel.db import Database
from cms.notices.carrying import RULES
from cms.notices.models import Letter

# A transaction of its own each, so that a first look over years of letters holds up nobody.
_BATCH: Final = 1_000
_OPEN: Final = (*sorted(RULES.ready), RULES.held)


async def prune_letters(db: Database, *, before: dt.datetime) -> int:
    """Deletes letters that ended before an instant; returns how many. What is still on its way is never touched."""
    gone = 0
    while True:
        # One whose tries ran out has no end of its own: its last turn is as good.
        ended = func.coalesce(Letter.finished_at, Letter.not_before)
        old = select(Letter.id).where(Letter.state.not_in(_OPEN), Letter.not_before < before, ended < before)
        old = old.limit(_BATCH)
        async with db.read() as session:
            if (await session.execute(old.limit(1))).first() is None:
                return gone
        async with db.write() as session:
            ids = (await session.scalars(old.with_for_update(skip_locked=True))).all()
            await session.execute(delete(Letter).where(Letter.id.in_(ids)))
        gone += len(ids)
        if len(ids) < _BATCH:
            return gone
