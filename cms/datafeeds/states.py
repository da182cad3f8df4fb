"""How a feed stands at a moment: pure."""

import datetime as dt
from enum import StrEnum

from cms.datafeeds.models import DataFeed


class DataState(StrEnum):
    """Whether the screens show what a feed said last."""

    EMPTY = "empty"
    CURRENT = "current"
    STALE = "stale"
    OFF = "off"


def state_of(feed: DataFeed, now: dt.datetime) -> DataState:
    if not feed.active:
        return DataState.OFF
    if feed.signed is None or feed.expires_at is None:
        return DataState.EMPTY
    return DataState.CURRENT if now < feed.expires_at else DataState.STALE
