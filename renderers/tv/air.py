"""The plan of a channel as the desk sees it: out of the same value that playlists, guide and catch-up come from."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from cms.contract import Aired, Airing, AssetGone, Assets, OnAir, Piece, Published
from media.errors import MediaRefused
from media.house import DELAY_MS, INDEX, RUNGS, SEGMENT_MS
from renderers.tv import paths
from renderers.tv.items import masters
from renderers.tv.live import with_live
from renderers.tv.looks import shown_index
from renderers.tv.plan import PLAN_NAME, Item, On, Plan, decode, from_value
from renderers.tv.programme import edge, to_ms
from schedules.linear import slot_at


class TvOnAir:
    """Implements `cms.contract.OnAir`."""

    value: str = PLAN_NAME

    def aired(self, plan: Any, start: int, end: int, now: dt.datetime) -> Aired:
        read = from_value(plan)
        return Aired(tuple(_airings(read, start, end)), open_from(read, now), read.end, read.rule.missing)

    def slots_of(self, piece: Piece) -> int:
        """Every video of the piece, one after the other, each on whole slots; 0 when one is not in house format."""
        videos = list(masters(piece))
        if not all(piece.rendition(master, INDEX) for master in videos):
            return 0
        return sum(-(-(piece.durations.get(master, 0) + DELAY_MS) // SEGMENT_MS) for master in videos)

    async def newest(self, code: str, published: Published, assets: Assets, now: dt.datetime) -> int | None:
        """What stands last in the channel's list; one segment back when a file is missing, and no further."""
        plan = await _plan(code, published)
        if plan is None:
            return None
        here = slot_at(to_ms(now))
        for slot in (here, here - 1):
            on = plan.on(slot)
            if await _is_there(on, assets):
                return slot
        return None

    async def picture(self, code: str, published: Published, assets: Assets, now: dt.datetime) -> bytes | None:
        """The smallest rung of the slot on air; what was taken back is never decoded."""
        plan = await _plan(code, published)
        if plan is None:
            return None
        on = plan.on(slot_at(to_ms(now)))
        if on.item is not None and published.is_recalled(on.item.release):
            return None
        return await _segment(on, RUNGS[-1], assets)


async def _plan(code: str, published: Published) -> Plan | None:
    data = await published.read(paths.plan(code))
    try:
        return None if data is None else await with_live(decode(data), published)
    except ValueError:
        return None


async def _segment(on: On, name: str, assets: Assets) -> bytes | None:
    """A track's beginning with the segment that stands in a slot."""
    index = on.slate if on.item is None else await shown_index(on.item.index, on.item.plain, assets)
    if index is None:
        return None
    track = index.tracks[name]
    number = on.slot % index.segments if on.item is None else on.segment
    try:
        start, length = track.segment(number)
        return await assets.part(track.sha256, track.start, track.init) + await assets.part(track.sha256, start, length)
    except (AssetGone, MediaRefused, IndexError):
        return None


async def _is_there(on: On, assets: Assets) -> bool:
    """Whether a viewer gets this segment: the head of one of its tracks can be read."""
    index = on.slate if on.item is None else await shown_index(on.item.index, on.item.plain, assets)
    if index is None:
        return False
    track = index.tracks[RUNGS[1]]
    number = on.slot % index.segments if on.item is None else on.segment
    try:
        start, _ = track.segment(number)
        return bool(await assets.part(track.sha256, start, 8))
    except (AssetGone, MediaRefused, IndexError):
        return False


def open_from(plan: Plan, now: dt.datetime) -> int:
    """The first slot a change can reach: behind what the office froze. What fills gives way there."""
    return max(edge(now), slot_at(to_ms(now)) + plan.rule.frozen)


def _airings(plan: Plan, start: int, end: int) -> Iterator[Airing]:
    """What is shown in [start, end) and the stills between and around it."""
    at = start
    for first, stop, item in plan.shown(start, end):
        if first > at:
            yield Airing(at, first)
        if item is None:
            yield Airing(max(first, start), stop, gone=plan.on(first).gone)
        else:
            yield _airing(plan, first, stop, item)
        at = stop
    if at < end:
        yield Airing(at, end)


def _airing(plan: Plan, first: int, stop: int, item: Item) -> Airing:
    of = (item.document, item.release, item.title, item.master)
    return Airing(first, stop, *of, index=item.index, first=plan.on(first).segment, segments=item.segments)


_CHECKED: Final[OnAir] = TvOnAir()
