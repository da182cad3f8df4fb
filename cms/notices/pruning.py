"""Letters of long ago: what left or was given up is deleted by age; the notice itself stays in the inbox."""

import datetime as dt

from cms.kernel.db import Database
from cms.kernel.pruning import delete_ended
from cms.notices.carrying import RULES
from cms.notices.models import Letter


async def prune_letters(db: Database, *, before: dt.datetime) -> int:
    """Deletes letters that ended before an instant; returns how many. What is still on its way is never touched."""
    return await delete_ended(db, Letter, RULES, Letter.finished_at, before=before)
