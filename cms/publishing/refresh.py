"""Orders to show again what is live, because the devices, the placements or the day changed; nothing is published."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.planning.models import Target
from cms.planning.occurrences import OccurrenceKind, add_occurrence
from cms.planning.targets import targets, targets_by_code
from cms.publishing.fan_out import Cause, order
from cms.publishing.models import Delivery, Publication
from cms.publishing.states import DeliveryState, PublicationKind
from schedules.beijing import day_of, day_start

# After midnight in Beijing, when yesterday's manifests still reach a week ahead and nobody publishes.
_AFTER_MIDNIGHT: Final = dt.timedelta(minutes=5)
_DAY: Final = dt.timedelta(days=1)


async def request_refresh(
    session: AsyncSession, *, kind: str, reason: str, now: dt.datetime, actor: uuid.UUID | None = None
) -> Publication | None:
    """Asks for every active target of a channel kind to be rendered anew; None when that is asked for already."""
    return await refresh_targets(session, await targets(session, kind=kind), reason=reason, now=now, actor=actor)


async def refresh_codes(
    session: AsyncSession, codes: Sequence[str], *, reason: str, now: dt.datetime
) -> Publication | None:
    """As `request_refresh`, for targets by code."""
    return await refresh_targets(session, await targets_by_code(session, codes), reason=reason, now=now)


async def refresh_targets(
    session: AsyncSession,
    chosen: Sequence[Target],
    *,
    reason: str,
    now: dt.datetime,
    actor: uuid.UUID | None = None,
) -> Publication | None:
    # One that waits will render what is true then; one that is being sent may have read the rows already.
    waiting = select(Delivery.target_id).where(
        Delivery.state == DeliveryState.DUE.value, Delivery.kind == PublicationKind.REFRESH.value
    )
    asked = set((await session.scalars(waiting)).all())
    left = [target for target in chosen if target.id not in asked]
    if not left:
        return None
    cause = Cause(f"refresh:{uuid7(now)}", actor, now, reason)
    return await order(session, PublicationKind.REFRESH, cause, left, now=now)


async def plan_roll_over(session: AsyncSession, *, now: dt.datetime) -> None:
    """Makes sure that the next roll-over is planned: timelines of the next days must be made anew each day."""
    day = day_of(now) + _DAY
    at = day_start(day) + _AFTER_MIDNIGHT
    key = f"roll_over:{day.isoformat()}"
    await add_occurrence(session, key=key, kind=OccurrenceKind.ROLL_OVER, at=at, targets=[], now=now)


async def roll_over(session: AsyncSession, *, now: dt.datetime) -> Publication | None:
    """Refreshes every target whose output is a timeline, and plans the next roll-over."""
    await plan_roll_over(session, now=now)
    rolling = select(Target).where(Target.active, Target.rolls).order_by(Target.code)
    return await refresh_targets(session, (await session.scalars(rolling)).all(), reason="roll_over", now=now)
