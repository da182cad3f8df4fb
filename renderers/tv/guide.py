"""The programme guide: what plays when, out of the same plan that playlists come from."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from cms.contract import Site
from renderers.tv import paths
from renderers.tv.dates import BEIJING
from renderers.tv.plan import Item, Plan
from renderers.tv.programme import to_ms
from schedules.linear import SLOT_MS, slot_at

HOLE: Final = "精彩内容即将播出"
# A hole that is over promises nothing any more.
NOTHING: Final = "没有节目"
# What the office keeps for between programmes: a viewer looks for no bumper of ten seconds by its name.
BREAK: Final = "短片与片花"
# One item that goes round alone would be one entry of three days; viewers read a guide by the hour.
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_AHEAD_MS: Final = 8 * _HOUR_MS  # of Greenwich
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NOT_XML: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])
UPCOMING: Final = 4


@dataclass(frozen=True, slots=True)
class Programme:
    """An entry of the guide: slots [start, end) of one item, of a hole, or of fillers and bumpers one after another."""

    start: int
    end: int
    item: Item | None
    is_break: bool = False

    @property
    def title(self) -> str:
        if self.is_break:
            return BREAK
        return HOLE if self.item is None else self.item.title

    def title_at(self, here: int) -> str:
        """What it is called in the slot `here`, from which on it may lie in the past."""
        is_hole = self.item is None and not self.is_break
        return NOTHING if is_hole and self.end <= here else self.title


def programmes(plan: Plan, start: int, end: int) -> Iterator[Programme]:
    """The entries that touch the slots [start, end), without gap or overlap; what was taken back is a hole.

    Each is asked of the plan like a playlist asks, so that the guide is what plays. Entries are whole at the beginning
    where the plan remembers it; the last one ends where its run does.
    """
    held: Programme | None = None
    furniture = frozenset(plan.rule.furniture)
    for first, stop, item in _stretches(plan, start, end):
        is_break = item is not None and item.id in furniture
        named = None if is_break else item
        if held is not None and _continues(held, named, first, is_break=is_break):
            held = Programme(held.start, stop, named, is_break)
            continue
        if held is not None:
            yield held
        held = Programme(first, stop, named, is_break)
    if held is not None:
        yield held


def first(plan: Plan, here: int, count: int) -> Iterator[Programme]:
    """What is on in a slot, and what follows: at least one."""
    return islice(programmes(plan, here, max(plan.end, here + 1)), count)


def numbered(codes: Iterable[str]) -> dict[str, int]:
    """The number under which a remote finds each channel."""
    return {code: number for number, code in enumerate(sorted(codes), start=1)}


def now(plan: Plan, at: dt.datetime, number: int = 1, past: int | None = None) -> dict[str, Any]:
    """What is on, and what comes next; with a slot of the `past`, what was on then."""
    here = slot_at(to_ms(at))
    coming = first(plan, here if past is None else past, UPCOMING)
    return {
        "now": to_ms(at),
        "number": number,
        "channel": plan.name,
        # Until then the plan stays as it is, come what may but a recall.
        "frozen_until": (here + plan.rule.frozen) * SLOT_MS,
        "programmes": [_told(programme, here) for programme in coming],
    }


def listed(plans: Iterable[Plan], at: dt.datetime, span: tuple[int, int] | None = None) -> dict[str, Any]:
    """All channels' guide as JSON: the slots of `span`, else all that is remembered and planned."""
    ordered, here = sorted(plans, key=lambda plan: plan.code), slot_at(to_ms(at))
    numbers = numbered(plan.code for plan in ordered)
    return {
        "now": to_ms(at),
        "channels": [
            {
                "code": plan.code,
                "number": numbers[plan.code],
                "name": plan.name,
                "path": paths.live(plan.code),
                "programmes": [_told(p, here) for p in programmes(plan, *(span or (plan.start, _end(plan, at))))],
            }
            for plan in ordered
        ],
    }


def xmltv(plans: Iterable[Plan], site: Site, at: dt.datetime) -> str:
    """All channels' guide (xmltv.dtd): as far back as 回看 goes, as far ahead as is planned."""
    ordered, here = sorted(plans, key=lambda plan: plan.code), slot_at(to_ms(at))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE tv SYSTEM "xmltv.dtd">',
        f'<tv source-info-name={quoted(site.name)} generator-info-name="yunping">',
    ]
    for plan in ordered:
        name = _text(plan.name)
        lines.append(f'<channel id={quoted(plan.code)}><display-name lang="zh">{name}</display-name></channel>')
    for plan in ordered:
        lines += [_entry(plan.code, programme, here) for programme in programmes(plan, plan.start, _end(plan, at))]
    return "\n".join([*lines, "</tv>"]) + "\n"


def channels(plans: Sequence[Plan], site: Site) -> str:
    """The list for players and boxes, with the guide and 回看."""
    lines = [f'#EXTM3U x-tvg-url="{site.base_url}{paths.EPG}"']
    numbers = numbered(plan.code for plan in plans)
    for plan in sorted(plans, key=lambda plan: plan.code):
        base = site.base_url + paths.home(plan.code)
        source = f"{base}catchup.m3u8?begin=${{(b)yyyyMMddHHmmss}}&end=${{(e)yyyyMMddHHmmss}}"
        name, group = _line(plan.name), _line(site.name)
        about = f'tvg-id="{plan.code}" tvg-chno="{numbers[plan.code]}" tvg-name="{name}" group-title="{group}"'
        back = f'catchup="default" catchup-days="7" catchup-source="{source}"'
        lines += [f"#EXTINF:-1 {about} {back},{name}", f"{base}master.m3u8"]
    return "\n".join(lines) + "\n"


def local(slot: int) -> dt.datetime:
    """When a slot begins, in Beijing."""
    return (_EPOCH + dt.timedelta(milliseconds=slot * SLOT_MS)).astimezone(BEIJING)


def _end(plan: Plan, at: dt.datetime) -> int:
    return max(plan.end, slot_at(to_ms(at)) + 1)


def _stretches(plan: Plan, start: int, end: int) -> Iterator[tuple[int, int, Item | None]]:
    """What is shown in which slots, with the slate between and after what the plan knows."""
    at = start
    for first, stop, item in plan.shown(start, end):
        if at < first:
            yield at, first, None
        yield first, stop, item
        at = stop
    if at < end:
        yield at, end, None


def _continues(held: Programme, item: Item | None, start: int, *, is_break: bool) -> bool:
    if held.end != start or held.item != item or held.is_break != is_break:
        return False
    return (item is None and not is_break) or start * SLOT_MS // _HOUR_MS == held.start * SLOT_MS // _HOUR_MS


def _told(programme: Programme, here: int) -> dict[str, Any]:
    item = programme.item
    return {
        "title": programme.title_at(here),
        "start": programme.start * SLOT_MS,
        "end": programme.end * SLOT_MS,
        "document": None if item is None else item.document,
    }


def _entry(code: str, programme: Programme, here: int) -> str:
    start, stop = _stamp(programme.start), _stamp(programme.end)
    head = f'<programme start="{start}" stop="{stop}" channel={quoted(code)}>'
    title = f'<title lang="zh">{_text(programme.title_at(here))}</title>'
    item = programme.item
    if item is None:
        return f"{head}{title}</programme>"
    about = f'<desc lang="zh">{_text(item.summary)}</desc>' if item.summary else ""
    return f'{head}{title}{about}<category lang="zh">{_text(item.column)}</category></programme>'


def _stamp(slot: int) -> str:
    """Beijing's wall clock by arithmetic: no summer time since 1991, and a guide has ten thousands of these."""
    days, ms = divmod(slot * SLOT_MS + _AHEAD_MS, _DAY_MS)
    seconds = ms // 1000
    return f"{_date(days)}{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d} +0800"


@lru_cache(maxsize=64)
def _date(days: int) -> str:
    return (_EPOCH + dt.timedelta(days=days)).strftime("%Y%m%d")


def plain(text: str) -> str:
    """Without what no XML may hold."""
    return text.translate(_NOT_XML)


def quoted(text: str) -> str:
    return quoteattr(plain(text))


@lru_cache(maxsize=1024)
def _text(text: str) -> str:
    """Escaped; kept, because the items of a week come again and again."""
    return escape(plain(text))


def _line(text: str) -> str:
    """Nothing that ends a line or an attribute of a list."""
    return "".join(" " if ch in '"\r\n,' else ch for ch in plain(text))
