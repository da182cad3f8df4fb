"""A platform says that something changed: what waits for its word is asked about now. The state comes from reading."""

import datetime as dt
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.wake import ring
from cms.planning.models import Target
from cms.publishing.models import Delivery
from cms.publishing.states import ASKED, DeliveryState

_ASKED: Final = [state.value for state in sorted(ASKED)]
# Orders that wait for the end of an earlier call.
_BEHIND_ONE: Final = ("publishing.platform_has_it", "publishing.outcome_unknown")


async def look_now(session: AsyncSession, target: str, *, now: dt.datetime) -> int:
    """Makes what is open at the target due now; returns how many. Waits for a quota or a repair are left alone."""
    here = Delivery.target_id.in_(select(Target.id).where(Target.code == target))
    behind = (Delivery.state == DeliveryState.RETRY.value) & Delivery.error_code.in_(_BEHIND_ONE)
    wanted = (here, Delivery.state.in_(_ASKED) | behind, Delivery.not_before > now)
    moved = update(Delivery).where(*wanted).values(not_before=now).execution_options(synchronize_session=False)
    result = await session.execute(moved)
    await ring(session, "publishing")
    return result.rowcount if isinstance(result, CursorResult) else 0
