"""From what was promised and what is live to the new plan: pure, and the same again when nothing changed."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from cms.contract import CutIn, Piece, Slot
from media.house import RUNGS, HouseIndex
from renderers.tv.items import Video, masters
from renderers.tv.over import Kind, Order, overridden
from renderers.tv.plan import NEVER, House, Item, Plan, house_number
from schedules.linear import FILLER, SLOT_MS, Loop, Run, extended, kept, loops_of, slot_at

BEIJING: Final = ZoneInfo("Asia/Shanghai")
BACK: Final = dt.timedelta(days=7)  # 回看
AHEAD: Final = dt.timedelta(days=4)  # of which today is a part
# What viewers hold in their lists, and the slot on air, stay; a change needs this long to reach every server.
FROZEN: Final = 2
# An emergency takes the very next slot, if its order can still reach every server before that begins.
REACH: Final = dt.timedelta(milliseconds=250)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Live:
    """What is live at a channel now: its line-up, its videos by release, and every known piece by document.

    `notices` are the pictures made of words, by the hash of their index.
    """

    slots: tuple[Slot, ...]
    videos: Mapping[str, tuple[Video, ...]]
    documents: Mapping[str, Piece]
    cut_ins: tuple[CutIn, ...] = ()
    notices: Mapping[str, Video] = field(default_factory=dict)

    @property
    def playable(self) -> tuple[Video, ...]:
        """Everything that an item can be made of."""
        return (*(video for videos in self.videos.values() for video in videos), *self.notices.values())


def to_ms(at: dt.datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def day_start(now: dt.datetime) -> dt.datetime:
    """Beijing midnight before `now`, so that all renders of a day agree on what is remembered and planned."""
    return now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)


def edge(now: dt.datetime) -> int:
    """The first slot that may still be changed."""
    return slot_at(to_ms(now)) + FROZEN


def planned(before: Plan | None, live: Live, slate: HouseIndex, *, code: str, name: str, now: dt.datetime) -> Plan:
    """The plan that follows `before`: frozen up to the edge, the loops of the line-up from there on."""
    here, since = slot_at(to_ms(now)), slot_at(to_ms(day_start(now) - BACK))
    houses = _houses(before, live, slate, edge(now) if before else here)
    items = _items(before, live, houses)
    runs: Sequence[Run] = () if before is None else before.runs
    stay = kept(runs, since=since, edge=edge(now), finishes=items.__contains__)
    loops = loops_of((to_ms(slot.start), to_ms(slot.end), _loop(slot, live, items)) for slot in live.slots)
    lengths = {item.id: item.segments for item in items.values()}
    # Nothing was promised yet: the first plan may begin at once.
    begin = here if before is None else edge(now)
    all_runs = extended(stay, _from(loops, begin), lengths, start=here)
    start = all_runs[0].start if all_runs else here
    overs = overridden(() if before is None else before.overrides, _orders(live, items), since=start, edges=edges(now))
    used = {run.item for run in all_runs} | {name for over in overs for name in (over.item, over.under)}
    return Plan(
        code,
        name,
        start,
        0 if before is None else before.discontinuity(start)[0],
        _used(houses, used, start),
        {key: item for key, item in items.items() if key in used},
        all_runs,
        overs,
    )


def edges(now: dt.datetime) -> Mapping[Kind, int]:
    """The first slot that an override of each kind may still change."""
    return {kind: edge(now) for kind in Kind} | {Kind.EMERGENCY: slot_at(to_ms(now + REACH)) + 1}


def _orders(live: Live, items: Mapping[str, Item]) -> Iterable[Order]:
    """The cut-ins that can be shown: of a piece with a video the first of it, else the picture of its words."""
    by_file = {(item.document, item.index): item for item in items.values()}
    for cut in live.cut_ins:
        if cut.ended or cut.piece is None:
            continue
        if cut.kind == "text":
            yield from _laid(cut, cut.piece, by_file)
            continue
        video = next(iter(live.videos.get(cut.piece.release, ())), live.notices.get(cut.index))
        item = None if video is None else by_file.get((video.piece.document, video.file.sha256))
        if item is not None:
            kind = Kind.EMERGENCY if cut.kind == "emergency" else Kind.INSERT
            until = None if cut.until is None else to_ms(cut.until)
            yield Order(cut.id, kind, item.id, item.segments, to_ms(cut.start), until)


def _laid(cut: CutIn, piece: Piece, by_file: Mapping[tuple[str, str], Item]) -> Iterable[Order]:
    for laid in cut.laid:
        item = by_file.get((piece.document, laid.index))
        if item is not None:
            start, until = laid.start * SLOT_MS, (laid.start + laid.count) * SLOT_MS
            name = f"{cut.id}:{laid.start}"
            yield Order(name, Kind.TEXT, item.id, item.segments, start, until, laid.under, laid.first)


def _houses(before: Plan | None, live: Live, slate: HouseIndex, since: int) -> tuple[House, ...]:
    """The houses known so far, the slate's and those of new items; ascending by when their slates began."""
    houses = list(before.houses) if before else []
    current = next((house for house in reversed(houses) if house.since < NEVER), None)
    if current is None or current.slate != slate:
        houses.append(House(_next_number(houses), slate.house, since, slate))
    for video in live.playable:
        if all(house.id != video.index.house for house in houses):
            houses.append(House(_next_number(houses), video.index.house, NEVER, slate))
    return tuple(sorted(houses, key=lambda house: house.since))


def _next_number(houses: Sequence[House]) -> int:
    return max((house.number for house in houses), default=0) + 1


def _items(before: Plan | None, live: Live, houses: Sequence[House]) -> dict[str, Item]:
    """The remembered items that may still be shown, with the words of the newest edition, and the new ones."""
    items = {} if before is None else dict(_remembered(before.items.values(), live))
    known = {(item.document, item.index): item.id for item in items.values()}
    runs: Sequence[Run] = () if before is None else before.runs
    ids = [*(run.item for run in runs if run.item != FILLER), *(() if before is None else before.items)]
    ids += [] if before is None else [over.item for over in before.overrides]
    count = max((int(name.partition(".")[2]) for name in ids), default=0)
    for video in sorted(live.playable, key=_order):
        if (video.piece.document, video.file.sha256) in known:
            continue
        count += 1
        number = max(house.number for house in houses if house.id == video.index.house)
        item = _item(f"{number}.{count}", video)
        items[item.id] = item
        known[item.document, item.index] = item.id
    return items


def _order(video: Video) -> tuple[dt.datetime, str, str]:
    return video.piece.published_at, video.piece.document, video.master


def _remembered(items: Iterable[Item], live: Live) -> Iterable[tuple[str, Item]]:
    playable = {(video.piece.document, video.master) for video in live.playable}
    for item in items:
        piece = live.documents.get(item.document)
        # A video that is still in the piece and cannot be played is broken; one of an older edition ends its turn.
        if piece is None or (item.master in masters(piece) and (item.document, item.master) not in playable):
            continue
        yield item.id, dataclasses.replace(item, **_words(piece))


def _words(piece: Piece) -> dict[str, Any]:
    return {
        "release": piece.release,
        "title": piece.title,
        "summary": piece.summary,
        "column": piece.column_name,
    }


def _item(name: str, video: Video) -> Item:
    return Item(
        id=name,
        document=video.piece.document,
        master=video.master,
        index=video.file.sha256,
        segments=video.index.segments,
        published=to_ms(video.piece.published_at),
        bandwidth=tuple(video.index.tracks[rung].bandwidth for rung in RUNGS),
        **_words(video.piece),
    )


def _loop(slot: Slot, live: Live, items: Mapping[str, Item]) -> tuple[str, ...]:
    by_file = {(item.document, item.index): item.id for item in items.values()}
    videos = (video for entry in slot.loop for video in live.videos.get(entry.release, ()))
    return tuple(dict.fromkeys(by_file[video.piece.document, video.file.sha256] for video in videos))


def _from(loops: Sequence[Loop], begin: int) -> tuple[Loop, ...]:
    """The loops from a slot on."""
    return tuple(Loop(max(loop.start, begin), loop.end, loop.items) for loop in loops if loop.end > begin)


def _used(houses: Sequence[House], items: Iterable[str], start: int) -> tuple[House, ...]:
    numbers = {house_number(item) for item in items if item != FILLER}
    slates = [house for house in houses if house.since < NEVER]
    newest_old = max((house.since for house in slates if house.since <= start), default=start)
    return tuple(
        house for house in houses if house.number in numbers or (house.since < NEVER and house.since >= newest_old)
    )
