"""The programme list of a day, as it is and as it was: a page by the clock, with the way back to what was on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import Site, Target
from renderers.tv import guide, layout, pages, paths
from renderers.tv.guide import Programme
from renderers.tv.plan import Plan
from renderers.tv.programme import to_ms
from schedules.linear import SLOT_MS, slot_at

KIND: Final = "tv"
_DAY: Final = dt.timedelta(days=1)
_WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    time: str
    title: str
    state: str
    href: str


def page(plan: Plan, site: Site, query: Mapping[str, str], now: dt.datetime) -> str:
    """The page that holds `query`'s day (``on``, of Beijing) and part (``p``); by default the part that is on air."""
    today = now.astimezone(guide.BEIJING).date()
    first, last = guide.local(plan.start).date(), guide.local(max(plan.end - 1, plan.start)).date()
    on = min(max(_date(query.get("on", ""), today), min(first, today)), max(last, today))
    programmes = [p for p in _of_day(plan, on) if p.end > p.start]
    here = slot_at(to_ms(now))
    count = max(1, -(-len(programmes) // layout.ROWS))
    airing = next((n for n, p in enumerate(programmes) if p.end > here), 0) // layout.ROWS + 1
    number = min(max(_number(query.get("p", ""), airing if on == today else 1), 1), count)
    shown = programmes[(number - 1) * layout.ROWS : number * layout.ROWS]
    rows = [_row(programme, plan.code, here) for programme in shown]
    ways = _ways(plan.code, on, (number, count), (first, last))
    names = [*(f"row{n}" for n in range(len(rows))), *ways, "home"]
    data = pages.page(
        "day.html",
        site=site,
        target=Target(plan.code, KIND, plan.name),
        code=plan.code,
        reach=layout.reach("day", names),
        heading=f"{on.month}月{on.day}日 星期{_WEEKDAYS[on.weekday()]}" + (" 今天" if on == today else ""),
        rows=rows,
        ways=ways,
        number=number,
        count=count,
    )
    return data.decode()


def _of_day(plan: Plan, on: dt.date) -> Sequence[Programme]:
    start = dt.datetime.combine(on, dt.time(), guide.BEIJING)
    first, end = slot_at(to_ms(start)), slot_at(to_ms(start + _DAY))
    return [p for p in guide.programmes(plan, first, end) if first <= p.start < end or p.start < first < p.end]


def _row(programme: Programme, code: str, here: int) -> Row:
    begin = guide.local(programme.start).strftime("%H:%M")
    if programme.start <= here < programme.end:
        return Row(begin, programme.title, "直播", paths.live(code))
    if programme.item is None:
        return Row(begin, programme.title, "", "")
    if programme.end <= here:
        span = f"?begin={programme.start * SLOT_MS // 1000}&end={programme.end * SLOT_MS // 1000}"
        return Row(begin, programme.title, "回看", paths.live(code) + span)
    return Row(begin, programme.title, "预告", paths.document(code, programme.item.document))


def _ways(code: str, on: dt.date, part: tuple[int, int], days: tuple[dt.date, dt.date]) -> dict[str, str]:
    """Where the buttons of the page lead; those that lead nowhere are not there."""
    base = paths.day(code)
    (number, count), (first, last) = part, days
    ways = {
        "yesterday": f"{base}?on={on - _DAY}" if on > first else "",
        "before": f"{base}?on={on}&p={number - 1}" if number > 1 else "",
        "after": f"{base}?on={on}&p={number + 1}" if number < count else "",
        "tomorrow": f"{base}?on={on + _DAY}" if on < last else "",
    }
    return {name: href for name, href in ways.items() if href}


def _date(text: str, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return default


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else default
