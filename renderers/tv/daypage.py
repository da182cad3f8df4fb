"""The programme list of a day, as it is and as it was: a page by the clock, with the way back to what was on."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import Site, Target
from renderers.tv import dates, guide, layout, pages, paths
from renderers.tv.dates import BEIJING
from renderers.tv.guide import Programme
from renderers.tv.plan import Plan
from renderers.tv.programme import to_ms
from schedules.linear import SLOT_MS, slot_at

KIND: Final = "tv"
_DAY: Final = dt.timedelta(days=1)
ON_AIR: Final = "直播"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; `part` is how much of it is over, in the bar's parts."""

    time: str
    title: str
    state: str
    href: str
    part: int = 0
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Date:
    """A day to choose."""

    name: str
    href: str
    is_shown: bool


def page(plan: Plan, site: Site, query: Mapping[str, str], now: dt.datetime) -> str:
    """The page that holds `query`'s day (``on``, of Beijing) and part (``p``); by default the part that is on air."""
    today = now.astimezone(BEIJING).date()
    days = _days(plan, today)
    on = min(max(_date(query.get("on", ""), today), days[0]), days[-1])
    programmes = [p for p in _of_day(plan, on) if p.end > p.start]
    here = slot_at(to_ms(now))
    count = max(1, -(-len(programmes) // layout.ROWS))
    airing = next((n for n, p in enumerate(programmes) if p.end > here), 0) // layout.ROWS + 1
    number = min(max(pages.number(query.get("p", ""), airing if on == today else 1), 1), count)
    shown = programmes[(number - 1) * layout.ROWS : number * layout.ROWS]
    rows = [_row(programme, plan.code, here) for programme in shown]
    first = next((n for n, row in enumerate(rows) if row.state == ON_AIR), 0)
    rows = [dataclasses.replace(row, is_first=n == first) for n, row in enumerate(rows)]
    base = f"{paths.day(plan.code)}?on={on}&p="
    before, after = f"{base}{number - 1}" if number > 1 else "", f"{base}{number + 1}" if number < count else ""
    names = [*(f"date{n}" for n in range(len(days))), *(f"row{n}" for n in range(len(rows))), "home"]
    names += ["before"] * bool(before) + ["after"] * bool(after)
    data = pages.page(
        "day.html",
        site=site,
        target=Target(plan.code, KIND, plan.name),
        code=plan.code,
        reach=layout.reach("day", names),
        dates=[Date(dates.short(one, today), f"{paths.day(plan.code)}?on={one}", one == on) for one in days],
        rows=rows,
        before=before,
        after=after,
        number=number,
        count=count,
    )
    return data.decode()


def _days(plan: Plan, today: dt.date) -> list[dt.date]:
    """The days that can be chosen: as far back as is remembered, and tomorrow when it is planned."""
    first, last = guide.local(plan.start).date(), guide.local(max(plan.end - 1, plan.start)).date()
    first, last = min(max(first, today - _DAY * (layout.DATES - 2)), today), max(min(last, today + _DAY), today)
    return [first + _DAY * n for n in range((last - first).days + 1)]


def _of_day(plan: Plan, on: dt.date) -> Sequence[Programme]:
    start = dt.datetime.combine(on, dt.time(), BEIJING)
    first, end = slot_at(to_ms(start)), slot_at(to_ms(start + _DAY))
    return [p for p in guide.programmes(plan, first, end) if first <= p.start < end or p.start < first < p.end]


def _row(programme: Programme, code: str, here: int) -> Row:
    begin = guide.local(programme.start).strftime("%H:%M")
    if programme.start <= here < programme.end:
        part = layout.part(here - programme.start, programme.end - programme.start)
        return Row(begin, programme.title, ON_AIR, paths.live(code), part)
    if programme.item is None:
        return Row(begin, programme.title_at(here), "", "")
    if programme.end <= here:
        span = f"?begin={programme.start * SLOT_MS // 1000}&end={programme.end * SLOT_MS // 1000}"
        return Row(begin, programme.title, "回看", paths.live(code) + span)
    return Row(begin, programme.title, "预告", paths.document(code, programme.item.document))


def _date(text: str, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return default
