"""Days and waits by the clock of Beijing, which the platform counts its quotas by."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")


def day(at: dt.datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def until_tomorrow(now: dt.datetime) -> dt.timedelta:
    """The time to the next midnight in Beijing, when daily quotas begin anew, and a minute more."""
    local = now.astimezone(BEIJING)
    midnight = (local + dt.timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
    return midnight - local
