"""Deadlines of review steps: leased rows; when one passes, the unit one level up hears of it, and so on to the root."""

import datetime as dt
import random
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import hold
from cms.content.states import EditionState
from cms.kernel import leases
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.people.permissions import Action
from cms.review.models import AfterReview, Deadline, ReleaseRow, ReviewStep
from cms.review.plans import Plan, plan_of
from cms.review.telling import AFTERWARDS, KEYS, tell_of_emergency, tell_unit, told_no_more

OPEN: Final = ("due", "working", "retry")
RULES: Final = leases.LeaseRules(
    ready=frozenset({"due", "retry"}),
    held="working",
    retry="retry",
    poisoned="failed",
    lease=dt.timedelta(seconds=15),
    max_attempts=8,
)
AFTER: Final = "after"
_AT_ONCE: Final = 20

log = logger("review.deadlines")


@dataclass(frozen=True, slots=True)
class Waits:
    """How a release's present step stands to its deadline: when it is or was, and the units that were told."""

    due: dt.datetime | None = None
    reached: tuple[str, ...] = field(default=())


async def begin_step(
    session: AsyncSession, row: ReleaseRow, plan: Plan, ordinal: int, *, unit: str, now: dt.datetime
) -> None:
    """The clock of step `ordinal` starts; that of the step before stops."""
    await stop(session, row.id, now=now)
    step = plan.steps[ordinal - 1]
    if plan.urgent:
        await tell_of_emergency(session, row, step.action, unit, subject=KEYS, now=now)
    if step.hours is not None:
        await _add(session, row.id, ordinal, step.key, step.hours, step.at or unit, now=now)


async def begin_after(session: AsyncSession, row: ReleaseRow, plan: Plan, *, unit: str, now: dt.datetime) -> None:
    """The clock of the review that follows an emergency publication."""
    await stop(session, row.id, now=now)
    await tell_of_emergency(session, row, Action.REVIEW_SIGN, unit, subject=AFTERWARDS, now=now)
    await _add(session, row.id, len(plan.steps) + 1, AFTER, plan.after_hours, unit, now=now)


async def stop(session: AsyncSession, release: uuid.UUID, *, now: dt.datetime) -> None:
    """Nothing is waited for any more: it was decided, returned or taken back."""
    await session.execute(
        update(Deadline)
        .where(Deadline.release_id == release, Deadline.state.in_(OPEN))
        .values(state="done", finished_at=now, lease_owner=None, lease_until=None, fence=Deadline.fence + 1)
        .execution_options(synchronize_session=False)
    )
    await told_no_more(session, release, now=now)


async def waits(session: AsyncSession, releases: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Waits]:
    """The deadline of each release's newest step; one without is missing."""
    query = select(Deadline).where(Deadline.release_id.in_(releases)).order_by(Deadline.ordinal, Deadline.rung)
    found: dict[uuid.UUID, list[Deadline]] = {}
    for row in (await session.scalars(query)).all():
        before = found.setdefault(row.release_id, [])
        if before and before[-1].ordinal != row.ordinal:
            before.clear()
        before.append(row)
    return {
        release: Waits(rows[0].at, tuple(row.reached for row in rows if row.reached)) for release, rows in found.items()
    }


async def escalate_due(database: Database, *, owner: str, now: dt.datetime) -> int:
    """Tells of every deadline that passed; returns how many. May run in any number of workers."""
    async with database.read() as session:
        if not await leases.is_due(session, Deadline, RULES, now=now):
            return 0
    async with database.write() as session:
        claimed = await leases.claim(session, Deadline, RULES, owner=owner, now=now, limit=_AT_ONCE)
    told = 0
    for held in claimed:
        try:
            async with database.write() as session:
                told += await _pass(session, held, now)
        except DomainError as problem:
            log.warning("a deadline was not told of", deadline=str(held.id), code=problem.code)
            async with database.write() as session:
                jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
                await leases.fail(session, Deadline, RULES, held, now=now, jitter=jitter, failed="failed")
    return told


async def _pass(session: AsyncSession, claim: leases.Claim, now: dt.datetime) -> int:
    row = await session.get_one(Deadline, claim.id)
    release = await session.get_one(ReleaseRow, row.release_id)
    held = await hold(session, release.edition_id)
    reached = _above(row.unit_path) if await _still_waits(session, row, release, held.edition.round) else ""
    if not await leases.finish(session, Deadline, RULES, claim, state="done", reached=reached, finished_at=now):
        return 0
    if not reached:
        return 0
    if reached != row.unit_path:
        hours, rung = row.hours, row.rung + 1
        await _add(session, release.id, row.ordinal, row.step, hours, reached, now=now, rung=rung)
    plan = plan_of(release.plan, release.terms)
    action = Action.REVIEW_SIGN if row.step == AFTER else plan.steps[row.ordinal - 1].action
    await tell_unit(session, release, action, reached, now=now)
    details = {"document": held.document.public_id, "step": row.step, "reached": reached, "due": row.at.isoformat()}
    of = ("edition", str(release.edition_id))
    await record(session, None, "review.escalate", of=of, unit=held.unit.path, details=details, now=now)
    return 1


async def _still_waits(session: AsyncSession, row: Deadline, release: ReleaseRow, round_: int) -> bool:
    held = await hold(session, release.edition_id)
    if row.step == AFTER:
        done = await session.scalar(select(AfterReview.id).where(AfterReview.release_id == release.id))
        return held.state is EditionState.PUBLISHED_PENDING_REVIEW and done is None
    if held.state is not EditionState.SUBMITTED or release.round != round_:
        return False
    taken = select(ReviewStep.id).where(ReviewStep.release_id == release.id, ReviewStep.ordinal == row.ordinal)
    return await session.scalar(taken) is None


def _above(path: str) -> str:
    """The unit one level up; the root tells itself, for there is nobody above."""
    parts = path.strip("/").split("/")
    return "/" + "/".join(parts[:-1]) + "/" if len(parts) > 1 else path


async def _add(  # noqa: PLR0917 - private
    session: AsyncSession,
    release: uuid.UUID,
    ordinal: int,
    step: str,
    hours: int,
    unit: str,
    *,
    now: dt.datetime,
    rung: int = 0,
) -> None:
    at = now + dt.timedelta(hours=hours)
    session.add(
        Deadline(
            id=uuid7(now),
            state="due",
            not_before=at,
            release_id=release,
            ordinal=ordinal,
            rung=rung,
            step=step,
            hours=hours,
            at=at,
            unit_path=unit,
        )
    )
    await session.flush()
