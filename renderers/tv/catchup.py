"""回看: the time of a request in any of the forms that players and operators use, as slots of the past."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from renderers.tv.plan import Plan
from schedules.linear import SLOT_MS, run_at, slot_at, slot_from

BEIJING: Final = ZoneInfo("Asia/Shanghai")
LONGEST: Final = 6 * 3_600_000 // SLOT_MS
_SECOND: Final = 999  # milliseconds that a stamp in seconds leaves out at most
_LOCAL: Final = re.compile(r"(\d{14})(GMT|Z)?")
_SECONDS: Final = re.compile(r"\d{9,10}")
_MILLISECONDS: Final = re.compile(r"\d{12,13}")


@dataclass(frozen=True, slots=True)
class Recording:
    """Slots of the past; an open one still grows to its end."""

    first: int
    end: int
    is_open: bool = False

    @property
    def query(self) -> str:
        """The same slots in an address: an open one by its beginning alone."""
        end = "" if self.is_open else f"&end={self.end * SLOT_MS}"
        return f"?begin={self.first * SLOT_MS}{end}"


def recording(query: Mapping[str, str], plan: Plan, now: int) -> Recording | None:
    """What a request asks for; None for nonsense and for what is still to come.

    With begin and end: those slots, as far as the plan remembers and up to the slot on air. With begin alone: from
    there to the end of the programme, growing while it is on.
    """
    begin, end = query.get("begin", ""), query.get("end", "")
    if "playseek" in query:
        begin, _, end = query["playseek"].partition("-")
    first, last = milliseconds(begin), milliseconds(end)
    if first is None or (last is None and end):
        return None
    # A stamp in whole seconds is that of the slot that begins in its second, not of the one which ends there.
    start = max(slot_at(first), min(slot_at(first + _SECOND), now), plan.start)
    if last is None:
        return _to_the_end(start, plan, now) if start <= now else None
    found = range(start, min(slot_from(last), now + 1))[:LONGEST]
    return Recording(found.start, found.stop) if found else None


def from_the_start(plan: Plan, now: int) -> Recording:
    """从头看: the programme on air, from its beginning."""
    return _to_the_end(_programme(plan, now).start, plan, now)


def _to_the_end(start: int, plan: Plan, now: int) -> Recording:
    end = min(_programme(plan, start).stop, start + LONGEST)
    return Recording(start, min(end, now + 1), is_open=end > now + 1)


def _programme(plan: Plan, slot: int) -> range:
    """The slots of the run that holds a slot; of a time without one, the slot alone."""
    run = run_at(plan.runs, slot)
    return range(slot, slot + 1) if run is None else range(max(run.start, plan.start), run.end)


def milliseconds(text: str) -> int | None:
    """``20261126190000`` is local time, with ``GMT`` behind it Greenwich's; ten digits are seconds since 1970.

    Thirteen are milliseconds, as our own lists write them.
    """
    if _MILLISECONDS.fullmatch(text):
        return int(text)
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
