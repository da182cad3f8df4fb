"""The programme guide: what plays when, out of the same plan that playlists come from."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from cms.contract import Site
from renderers.tv import paths
from renderers.tv.plan import Item, Plan
from renderers.tv.programme import to_ms
from schedules.linear import SLOT_MS, slot_at

BEIJING: Final = ZoneInfo("Asia/Shanghai")
HOLE: Final = "精彩内容即将播出"
# One item that goes round alone would be one entry of three days; viewers read a guide by the hour.
_HOUR_MS: Final = 3_600_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NOT_XML: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])
UPCOMING: Final = 4


@dataclass(frozen=True, slots=True)
class Programme:
    """An entry of the guide: slots [start, end) of one item, or of a hole."""

    start: int
    end: int
    item: Item | None

    @property
    def title(self) -> str:
        return HOLE if self.item is None else self.item.title


def programmes(plan: Plan, start: int, end: int) -> Iterator[Programme]:
    """The entries that touch the slots [start, end), without gap or overlap; what was taken back is a hole."""
    held: Programme | None = None
    for run in plan.runs:
        if run.end <= start or run.start >= end:
            continue
        item = plan.items.get(run.item)
        if held is not None and _continues(held, item, run.start):
            held = Programme(held.start, run.end, held.item)
            continue
        if held is not None:
            yield held
        held = Programme(run.start, run.end, item)
    if held is not None:
        yield held


def now(plan: Plan, at: dt.datetime) -> dict[str, Any]:
    """What is on, and what comes next."""
    here = slot_at(to_ms(at))
    coming = []
    for programme in programmes(plan, here, max(plan.end, here + 1)):
        coming.append(_told(programme))
        if len(coming) == UPCOMING:
            break
    # Until then the plan stays as it is, come what may but a recall.
    frozen = (here + plan.rule.frozen) * SLOT_MS
    return {"now": to_ms(at), "channel": plan.name, "frozen_until": frozen, "programmes": coming}


def xmltv(plans: Iterable[Plan], site: Site, at: dt.datetime) -> str:
    """All channels' guide (xmltv.dtd): as far back as 回看 goes, as far ahead as is planned."""
    ordered = sorted(plans, key=lambda plan: plan.code)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE tv SYSTEM "xmltv.dtd">',
        f'<tv source-info-name={_quoted(site.name)} generator-info-name="yunping">',
    ]
    for plan in ordered:
        name = _text(plan.name)
        lines.append(f'<channel id={_quoted(plan.code)}><display-name lang="zh">{name}</display-name></channel>')
    for plan in ordered:
        end = max(plan.end, slot_at(to_ms(at)) + 1)
        lines += [_entry(plan.code, programme) for programme in programmes(plan, plan.start, end)]
    return "\n".join([*lines, "</tv>"]) + "\n"


def channels(plans: Sequence[Plan], site: Site) -> str:
    """The list for players and boxes, with the guide and 回看."""
    lines = [f'#EXTM3U x-tvg-url="{site.base_url}{paths.EPG}"']
    for number, plan in enumerate(sorted(plans, key=lambda plan: plan.code), start=1):
        base = site.base_url + paths.home(plan.code)
        source = f"{base}catchup.m3u8?begin=${{(b)yyyyMMddHHmmss}}&end=${{(e)yyyyMMddHHmmss}}"
        name, group = _line(plan.name), _line(site.name)
        about = f'tvg-id="{plan.code}" tvg-chno="{number}" tvg-name="{name}" group-title="{group}"'
        back = f'catchup="default" catchup-days="7" catchup-source="{source}"'
        lines += [f"#EXTINF:-1 {about} {back},{name}", f"{base}master.m3u8"]
    return "\n".join(lines) + "\n"


def local(slot: int) -> dt.datetime:
    """When a slot begins, in Beijing."""
    return (_EPOCH + dt.timedelta(milliseconds=slot * SLOT_MS)).astimezone(BEIJING)


def _continues(held: Programme, item: Item | None, start: int) -> bool:
    if held.end != start or held.item != item:
        return False
    return item is None or start * SLOT_MS // _HOUR_MS == held.start * SLOT_MS // _HOUR_MS


def _told(programme: Programme) -> dict[str, Any]:
    item = programme.item
    return {
        "title": programme.title,
        "start": programme.start * SLOT_MS,
        "end": programme.end * SLOT_MS,
        "document": None if item is None else item.document,
    }


def _entry(code: str, programme: Programme) -> str:
    start, stop = _stamp(programme.start), _stamp(programme.end)
    head = f'<programme start="{start}" stop="{stop}" channel={_quoted(code)}>'
    title = f'<title lang="zh">{_text(programme.title)}</title>'
    item = programme.item
    if item is None:
        return f"{head}{title}</programme>"
    about = f'<desc lang="zh">{_text(item.summary)}</desc>' if item.summary else ""
    return f'{head}{title}{about}<category lang="zh">{_text(item.column)}</category></programme>'


def _stamp(slot: int) -> str:
    return local(slot).strftime("%Y%m%d%H%M%S %z")


def _text(text: str) -> str:
    return escape(text.translate(_NOT_XML))


def _quoted(text: str) -> str:
    return quoteattr(text.translate(_NOT_XML))


def _line(text: str) -> str:
    """Nothing that ends a line or an attribute of a list."""
    return "".join(" " if ch in '"\r\n,' else ch for ch in text.translate(_NOT_XML))
