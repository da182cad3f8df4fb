"""What happens when an occurrence falls due: all of it in the transaction that ends the occurrence."""

import datetime as dt
import random

from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.db import Database
from cms.kernel.errors import DomainError, Unavailable
from cms.kernel.log import logger
from cms.planning.models import Occurrence
from cms.planning.occurrences import OccurrenceKind
from cms.publishing.alarming import MISSED, alarm_of_promise
from cms.publishing.publish import fail_to_publish, publish_due, unpublish_due
from cms.publishing.refresh import refresh_codes, roll_over

log = logger("publishing.due")


class _Gone(Exception):
    """The lease is somebody else's: everything is rolled back."""


async def run_occurrence(
    database: Database,
    held: leases.Claim,
    rules: leases.LeaseRules,
    *,
    now: dt.datetime,
    posts: frozenset[str] = frozenset(),
) -> None:
    """Does it or says on it why not; a rule that forbids it is final, stands on the edition, and raises an alarm.

    `posts` are the channel kinds that only post: what is sent there hours late is worse than not sent.
    """
    try:
        async with database.write() as session:
            await _do(session, await session.get_one(Occurrence, held.id), now, posts)
            await _finish(session, held, rules, now)
    except _Gone:
        log.info("an occurrence was taken over", occurrence=str(held.id))
    except Unavailable as problem:
        await _again(database, held, rules, problem, now)
    except DomainError as problem:
        await _refused(database, held, rules, problem, now)


async def _finish(session: AsyncSession, held: leases.Claim, rules: leases.LeaseRules, now: dt.datetime) -> None:
    # After the work, because whoever takes a promise back holds the document first and this row second.
    if not await leases.finish(session, Occurrence, rules, held, state="done", finished_at=now):
        raise _Gone


async def _do(session: AsyncSession, row: Occurrence, now: dt.datetime, posts: frozenset[str]) -> None:
    match OccurrenceKind(row.kind):
        case OccurrenceKind.PUBLISH:
            await publish_due(session, row, now=now, posts=posts)
        case OccurrenceKind.UNPUBLISH:
            await unpublish_due(session, row, now=now)
        case OccurrenceKind.REFRESH:
            await refresh_codes(session, row.targets, reason="placement", now=now)
        case OccurrenceKind.ROLL_OVER:
            await roll_over(session, now=now)


async def _refused(
    database: Database, held: leases.Claim, rules: leases.LeaseRules, problem: DomainError, now: dt.datetime
) -> None:
    params = {name: str(value) for name, value in problem.params.items()}
    async with database.write() as session:
        ended = await leases.finish(
            session,
            Occurrence,
            rules,
            held,
            state="missed" if problem.code == MISSED else "failed",
            finished_at=now,
            error_code=problem.code,
            error_params=params,
        )
        row = await session.get_one(Occurrence, held.id, populate_existing=True)
        if ended and row.kind == OccurrenceKind.PUBLISH and row.edition_id is not None:
            await fail_to_publish(session, row.edition_id, code=problem.code, params=dict(problem.params), now=now)
            await alarm_of_promise(session, row, code=problem.code, now=now)
    log.warning("an occurrence was refused", occurrence=str(held.id), code=problem.code)


async def _again(
    database: Database, held: leases.Claim, rules: leases.LeaseRules, problem: DomainError, now: dt.datetime
) -> None:
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    async with database.write() as session:
        await leases.fail(
            session, Occurrence, rules, held, now=now, jitter=jitter, failed="failed", error_code=problem.code
        )
