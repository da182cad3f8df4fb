"""The rule of two weeks: 政务新媒体 that post nothing in 14 days count as dead, so silence is spoken of before."""

import datetime as dt
import uuid
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.publishing.models import Receipt
from cms.publishing.states import DeliveryState

# Yellow leaves four days to write something.
YELLOW: Final = 10
RED: Final = 13
_DAY: Final = dt.timedelta(days=1)

Tone = Literal["good", "wait", "bad"]


def tone_of_silence(days: int) -> Tone:
    """Green, yellow or red; pure."""
    if days >= RED:
        return "bad"
    return "wait" if days >= YELLOW else "good"


def level_of_silence(days: int) -> int:
    """The last mark that is passed, 0 for none; pure."""
    return max((mark for mark in (YELLOW, RED) if days >= mark), default=0)


def silent_days(last: dt.datetime | None, added: dt.datetime, now: dt.datetime) -> int:
    """Whole days since the last post, or since the account was added."""
    return max(0, (now - (last or added)) // _DAY)


async def last_post(session: AsyncSession, target: uuid.UUID) -> dt.datetime | None:
    """The newest proof that something of ours went live at a target."""
    query = select(func.max(Receipt.at)).where(Receipt.target_id == target, Receipt.state == DeliveryState.LIVE.value)
    return (await session.execute(query)).scalar_one()
