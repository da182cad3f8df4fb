"""Days and hours as a viewer in Beijing reads them."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
_WEEKDAYS: Final = "一二三四五六日"


def day(at: dt.datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def date(on: dt.date) -> str:
    return f"{on.month}月{on.day}日 星期{_WEEKDAYS[on.weekday()]}"


def short(on: dt.date, today: dt.date) -> str:
    """A day in a list of days: today and its neighbours by their names."""
    names = {-1: "昨天", 0: "今天", 1: "明天"}
    name = names.get((on - today).days, f"周{_WEEKDAYS[on.weekday()]}")
    return f"{name} {on.month}月{on.day}日"
