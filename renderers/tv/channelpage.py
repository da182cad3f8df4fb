"""All channels of the office with what is on each and what comes next: a page by the clock."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cms.contract import Site, Target
from renderers.tv import guide, layout, pages, paths
from renderers.tv.plan import Plan
from renderers.tv.programme import to_ms
from schedules.linear import slot_at

KIND: Final = "tv"


@dataclass(frozen=True, slots=True)
class Line:
    """A channel of the list."""

    number: int
    name: str
    now: str
    next: str
    part: int
    href: str
    is_here: bool


def page(plan: Plan, channels: Mapping[int, Plan], site: Site, query: Mapping[str, str], now: dt.datetime) -> str:
    """The part of the list that `query` asks for (``p``), by default the one with the portal's own channel.

    `channels` are those that the viewer may see, by the number that each has whoever looks.
    """
    ordered = sorted(channels.items())
    count = max(1, -(-len(ordered) // layout.LINES))
    own = next((at for at, (_, one) in enumerate(ordered) if one.code == plan.code), 0) // layout.LINES + 1
    number = min(max(pages.number(query.get("p", ""), own), 1), count)
    shown = ordered[(number - 1) * layout.LINES : number * layout.LINES]
    before = f"{paths.channels(plan.code)}?p={number - 1}" if number > 1 else ""
    after = f"{paths.channels(plan.code)}?p={number + 1}" if number < count else ""
    names = [*(f"line{n}" for n in range(len(shown))), "home", *["before"] * bool(before), *["after"] * bool(after)]
    data = pages.page(
        "channels.html",
        site=site,
        target=Target(plan.code, KIND, plan.name),
        code=plan.code,
        reach=layout.reach("channels", names),
        lines=[_line(one, at, plan.code, now) for at, one in shown],
        before=before,
        after=after,
        number=number,
        count=count,
    )
    return data.decode()


def _line(plan: Plan, number: int, own: str, now: dt.datetime) -> Line:
    here = slot_at(to_ms(now))
    coming = list(guide.first(plan, here, 2))
    on, then = coming[0], coming[1] if len(coming) > 1 else None
    said = f"{guide.local(then.start):%H:%M}　{then.title}" if then else ""
    return Line(
        number,
        plan.name,
        on.title,
        said,
        layout.part(here - on.start, on.end - on.start),
        paths.live(plan.code),
        plan.code == own,
    )
