"""回看: the time of a request in any of the forms that players and operators use, as slots of the past."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from renderers.tv.plan import Plan
from schedules.linear import SLOT_MS, slot_at, slot_from

BEIJING: Final = ZoneInfo("Asia/Shanghai")
LONGEST: Final = 6 * 3_600_000 // SLOT_MS
_LOCAL: Final = re.compile(r"(\d{14})(GMT|Z)?")
_SECONDS: Final = re.compile(r"\d{9,10}")


def slots(query: Mapping[str, str], plan: Plan, now: int) -> range | None:
    """The slots asked for, clipped to what the plan remembers and to the slot on air; None for nonsense."""
    begin, end = query.get("begin", ""), query.get("end", "")
    if "playseek" in query:
        begin, _, end = query["playseek"].partition("-")
    first, last = milliseconds(begin), milliseconds(end)
    if first is None or last is None:
        return None
    found = range(max(slot_at(first), plan.start), min(slot_from(last), now + 1))
    return found[:LONGEST] if found else None


def milliseconds(text: str) -> int | None:
    """``20261126190000`` is local time, with ``GMT`` behind it Greenwich's; ten digits are seconds since 1970."""
    if _SECONDS.fullmatch(text):
        return int(text) * 1000
    match = _LOCAL.fullmatch(text)
    if match is None:
        return None
    try:
        at = dt.datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC if match[2] else BEIJING)
    except ValueError:
        return None
    return round(at.timestamp() * 1000)
