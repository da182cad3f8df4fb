"""`./yunping audit`: whether the record is whole, said in the terminal, for cron and for whoever was called."""

import asyncio

from cms.audit.checking import check_record
from cms.audit.models import AuditCheck
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from deploy.at_hand import database_at_hand
from deploy.settings import Settings


def verify(settings: Settings) -> AuditCheck:
    """Chain, archives and the end that was seen last time. Blocking."""
    return asyncio.run(_verify(settings))


async def _verify(settings: Settings) -> AuditCheck:
    db = Database(settings.database_url)
    try:
        with database_at_hand():
            return await check_record(db, settings.audit_dir, now=SystemClock().now())
    finally:
        await db.close()
