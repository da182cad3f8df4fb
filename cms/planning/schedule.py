"""Scheduling an approved edition: a promise of the runner, inside what approvers allowed, and kept as a row.

Planned, scheduled and published are three facts: `planned_at` is a wish in `cms.content`, `scheduled_at` is set here,
`published_at` by whoever publishes. A scheduled edition cannot be edited; unschedule it first.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold
from cms.content.move import move
from cms.content.states import EditionState, Verb
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound, Refused
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.envelope import Allowed
from cms.planning.models import Occurrence
from cms.planning.occurrences import (
    OPEN,
    OccurrenceKind,
    add_occurrence,
    cancel_occurrences,
    publish_key,
)
from cms.planning.targets import targets_by_code
from cms.review.approved import approved_release

# Beyond this nobody remembers why; GOV.UK's publisher has used the same bound for years.
MAX_MONTHS: Final = 14
TOPIC: Final = "planning"


async def schedule(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    at: dt.datetime,
    targets: Sequence[str],
    now: dt.datetime,
) -> Occurrence:
    """Promises to publish an approved edition at `at` on the targets of these codes.

    Raises:
        Denied: no right to schedule in its unit.
        Refused: `planning.in_the_past`, `.too_far`, `.too_early`, `.too_late`, `.channel_not_approved`,
            `.unit_not_approved`; `content.state` unless approved; `review.…` when the approvals do not hold.
        NotFound: the edition or a target.
    """
    held = await hold(session, edition)
    if held.state is EditionState.SCHEDULED:
        raise Refused("content.state", state=held.state.value, verb=Verb.SCHEDULE.value)
    return await _promise(session, held, actor, at=at, targets=targets, now=now)


async def reschedule(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    at: dt.datetime,
    now: dt.datetime,
    targets: Sequence[str] | None = None,
) -> Occurrence:
    """Moves a scheduled edition to another time, and to other targets when they are given.

    Raises as `schedule`, and NotFound `planning.not_scheduled`.
    """
    held = await hold(session, edition)
    before = await scheduled(session, edition)
    if held.state is not EditionState.SCHEDULED or before is None:
        raise NotFound("planning.not_scheduled")
    await cancel_occurrences(session, now=now, keys=[publish_key(edition)])
    return await _promise(session, held, actor, at=at, targets=targets or before.targets, now=now)


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


async def _promise(
    session: AsyncSession, held: Held, actor: Actor, *, at: dt.datetime, targets: Sequence[str], now: dt.datetime
) -> Occurrence:
    require_can(actor, Action.PUBLISHING_SCHEDULE, held.subject)
    if at <= now:
        raise Refused("planning.in_the_past")
    if at > now + relativedelta(months=MAX_MONTHS):
        raise Refused("planning.too_far", months=MAX_MONTHS)
    approved = await approved_release(session, held.edition.id)
    chosen = await targets_by_code(session, targets)
    allowed = Allowed.of(approved.release.envelope)
    allowed.check_time(at)
    allowed.check_targets(chosen)
    codes = [target.code for target in chosen]
    held.edition.scheduled_at = at
    occurrence = await add_occurrence(
        session,
        key=publish_key(held.edition.id),
        kind=OccurrenceKind.PUBLISH,
        at=at,
        targets=codes,
        now=now,
        document=held.document.id,
        edition=held.edition.id,
        actor=actor.person,
    )
    await ring(session, TOPIC)
    details = {"at": to_ms(at), "targets": codes, "release": approved.row.hash}
    await move(session, held, Verb.SCHEDULE, actor=actor, now=now, details=details)
    return occurrence
