"""Scheduling an approved edition: a promise of the runner, inside what approvers allowed, and kept as a row.

Planned, scheduled and published are three facts: `planned_at` is a wish in `cms.content`, `scheduled_at` is set here,
`published_at` by whoever publishes. A scheduled edition cannot be edited; unschedule it first.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold
from cms.content.move import move
from cms.content.states import EditionState, Verb, step
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound, Refused
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.embargo import check_embargo
from cms.planning.envelope import Allowed
from cms.planning.models import Occurrence, Target
from cms.planning.occurrences import (
    OPEN,
    OccurrenceKind,
    add_occurrence,
    cancel_occurrences,
    publish_key,
)
from cms.planning.targets import targets_by_code
from cms.review.approved import Approved, approved_release

# Beyond this nobody remembers why; GOV.UK's publisher has used the same bound for years.
MAX_MONTHS: Final = 14
TOPIC: Final = "planning"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is promised: when, on which targets, when it is taken off again, and together with what."""

    at: dt.datetime
    targets: tuple[str, ...]
    take_off_at: dt.datetime | None = None
    batch: uuid.UUID | None = None


async def schedule(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    at: dt.datetime,
    targets: Sequence[str],
    now: dt.datetime,
    take_off_at: dt.datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Occurrence:
    """Promises to publish an approved edition at `at` on the targets of these codes, and to take it off again.

    Raises:
        Denied: no right to schedule in its unit.
        Refused: `planning.in_the_past`, `.too_far`, `.too_early`, `.too_late`, `.channel_not_approved`,
            `.unit_not_approved`, `.embargo`, `.take_off_first`; `content.state` unless approved; `review.…` when the
            approvals do not hold.
        NotFound: the edition or a target.
    """
    held = await hold(session, edition)
    if held.state is EditionState.SCHEDULED:
        raise Refused("content.state", state=held.state.value, verb=Verb.SCHEDULE.value)
    wanted = Wanted(at, tuple(targets), take_off_at, batch)
    return await _promise(session, held, actor, wanted, now=now)


async def reschedule(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    at: dt.datetime,
    now: dt.datetime,
    targets: Sequence[str] | None = None,
    take_off_at: dt.datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Occurrence:
    """Moves a scheduled edition to another time, and to other targets when they are given.

    When it is taken off stays as it was promised unless it is given. A piece that is moved alone leaves its batch.
    Raises as `schedule`, and NotFound `planning.not_scheduled`.
    """
    held = await hold(session, edition)
    before = await scheduled(session, edition)
    if held.state is not EditionState.SCHEDULED or before is None:
        raise NotFound("planning.not_scheduled")
    await cancel_occurrences(session, now=now, keys=[publish_key(edition)])
    wanted = Wanted(at, tuple(targets or before.targets), take_off_at or before.take_off_at, batch)
    return await _promise(session, held, actor, wanted, now=now)


async def promise(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, wanted: Wanted, *, now: dt.datetime
) -> Occurrence:
    """Promises, or moves the promise that stands, to exactly what is wanted: no end where none is. Raises as both."""
    is_again = (await hold(session, edition)).state is EditionState.SCHEDULED
    if is_again and wanted.take_off_at is None:
        # `reschedule` alone would keep the end that was promised before.
        await unschedule(session, actor, edition, now=now)
        is_again = False
    act = reschedule if is_again else schedule
    return await act(
        session,
        actor,
        edition,
        at=wanted.at,
        targets=wanted.targets,
        take_off_at=wanted.take_off_at,
        batch=wanted.batch,
        now=now,
    )


async def unschedule(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, now: dt.datetime) -> None:
    """Takes the promise back; the edition is approved as before.

    Raises Denied, Refused `content.state`.
    """
    held = await hold(session, edition)
    await cancel_occurrences(session, now=now, keys=[publish_key(edition)])
    held.edition.scheduled_at = None
    await move(session, held, Verb.UNSCHEDULE, actor=actor, now=now)


async def scheduled(session: AsyncSession, edition: uuid.UUID) -> Occurrence | None:
    """The open promise to publish an edition."""
    query = select(Occurrence).where(Occurrence.key == publish_key(edition), Occurrence.state.in_(OPEN))
    return await session.scalar(query)


async def check_promise(
    session: AsyncSession, held: Held, actor: Actor, wanted: Wanted, *, now: dt.datetime
) -> tuple[Approved, Sequence[Target]]:
    """Everything a promise is refused for, before anything is written. Raises as `schedule`."""
    require_can(actor, Action.PUBLISHING_SCHEDULE, held.subject)
    if wanted.at <= now:
        raise Refused("planning.in_the_past")
    if wanted.at > now + relativedelta(months=MAX_MONTHS):
        raise Refused("planning.too_far", months=MAX_MONTHS)
    if wanted.take_off_at is not None and wanted.take_off_at <= wanted.at:
        raise Refused("planning.take_off_first")
    approved = await approved_release(session, held.edition.id)
    step(held.state, Verb.SCHEDULE)
    chosen = await targets_by_code(session, wanted.targets)
    allowed = Allowed.of(approved.release.envelope)
    allowed.check_time(wanted.at)
    allowed.check_targets(chosen)
    await check_embargo(session, held.document.id, at=wanted.at)
    return approved, chosen


async def _promise(session: AsyncSession, held: Held, actor: Actor, wanted: Wanted, *, now: dt.datetime) -> Occurrence:
    approved, chosen = await check_promise(session, held, actor, wanted, now=now)
    codes = [target.code for target in chosen]
    held.edition.scheduled_at = wanted.at
    occurrence = await add_occurrence(
        session,
        key=publish_key(held.edition.id),
        kind=OccurrenceKind.PUBLISH,
        at=wanted.at,
        targets=codes,
        now=now,
        document=held.document.id,
        edition=held.edition.id,
        actor=actor.person,
    )
    occurrence.take_off_at, occurrence.batch_id = wanted.take_off_at, wanted.batch
    await ring(session, TOPIC)
    off = {} if wanted.take_off_at is None else {"take_off": to_ms(wanted.take_off_at)}
    details = {"at": to_ms(wanted.at), "targets": codes, "release": approved.row.hash, **off}
    await move(session, held, Verb.SCHEDULE, actor=actor, now=now, details=details)
    return occurrence
