"""Looks after the record: checks at intervals that it is whole, and moves what is older than is kept into files."""

import asyncio
import datetime as dt
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cms.audit.archives import archive_old
from cms.audit.checking import check_record, last_check
from cms.audit.models import AuditCheck
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell_all
from cms.people.models import Unit
from cms.people.permissions import Action
from deploy.installation import Installation

# Between two questions whether a look is due; a worker that was down makes up for it soon.
_TICK: Final = 300.0
CAUSE: Final = "audit.broken"

log = logger("record")


async def look_after_record(here: Installation) -> None:
    """Goes on until it is cancelled; of several workers whoever sees first that a look is due makes it."""
    while True:
        # A database or disk that is away is the other loops' complaint as well; the next turn tries again.
        try:
            await look_once(here)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the record could not be looked at", exc_info=error)
        await asyncio.sleep(_TICK)


async def look_once(here: Installation) -> AuditCheck | None:
    """A look, when one is due, then what is old into files; the alarm is a gauge and an error in the log."""
    settings, now = here.settings, here.clock.now()
    async with here.db.read() as session:
        last = await last_check(session)
    if last is not None:
        _tell(here, last)
        if now - last.at < dt.timedelta(hours=settings.audit_check_hours):
            return None
    row = await check_record(here.db, settings.audit_dir, now=now)
    _tell(here, row)
    if row.fault:
        log.error("the record is not whole", fault=row.fault, event_seq=row.fault_seq)
        await _alarm(here, row)
        return row
    async with here.db.write() as session:
        await settle(session, cause=CAUSE, now=now)
    log.info("the record is whole", event_seq=row.seq, head=row.hash)
    keep = dt.timedelta(days=settings.audit_keep_days)
    try:
        while await archive_old(here.db, settings.audit_dir, keep=keep, now=now):
            pass
    except DomainError as refused:
        log.warning("the record was not archived", code=refused.code)
    return row


async def _alarm(here: Installation, row: AuditCheck) -> None:
    """Tells whoever reads the record, and whoever watches the machines."""
    now = here.clock.now()
    async with here.db.write() as session:
        top = await session.scalar(select(Unit.path).where(Unit.parent_id.is_(None)).limit(1)) or "/"
        people = [await who_may(session, action, top) for action in (Action.AUDIT_READ, Action.SYSTEM_READ)]
        await tell_all(
            session,
            {one for some in people for one in some},
            cause=CAUSE,
            subject="notices.subject.audit_broken",
            params={"seq": row.fault_seq},
            href="/desk/audit/",
            now=now,
        )


def _tell(here: Installation, row: AuditCheck) -> None:
    here.metrics.gauge("yunping_audit_broken", 1 if row.fault else 0)
    here.metrics.gauge("yunping_audit_checked_at", row.at.timestamp())
