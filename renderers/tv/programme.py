"""From what was promised and what is live to the new plan: pure, and the same again when nothing changed."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from cms.contract import CutIn, Entry, Piece, Slot
from media.house import RUNGS, SUBTITLES, HouseIndex
from renderers.tv.furniture import NO_FURNITURE, Furniture
from renderers.tv.items import Video, masters
from renderers.tv.looks import Look, dressed
from renderers.tv.over import Kind, Order, overridden
from renderers.tv.plan import NEVER, House, Item, Plan, Rule, house_number
from renderers.tv.settings import ChannelSettings
from schedules.linear import FILLER, SLOT_MS, Loop, Run, kept, loops_of, slot_at, with_fixed
from schedules.weaving import Rules, extended

BEIJING: Final = ZoneInfo("Asia/Shanghai")
BACK: Final = dt.timedelta(days=7)  # 回看
AHEAD: Final = dt.timedelta(days=4)  # of which today is a part
# What viewers hold in their lists, and the slot on air, stay; a change needs this long to reach every server.
FROZEN: Final = 2
# Entries of one piece side by side are one stretch; a loop of one piece alone goes round more often.
_MOST_TIMES: Final = 4
_UNSET: Final = ChannelSettings()
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Live:
    """What is live at a channel now: its line-up, its videos by release, and every known piece by document.

    `furniture` are the pieces for between programmes, whose videos are among the others; `notices` are the pictures
    made of words, by the hash of their index; `looks` are films with the channel's logo, by the index of the plain one.
    """

    slots: tuple[Slot, ...]
    videos: Mapping[str, tuple[Video, ...]]
    documents: Mapping[str, Piece]
    settings: ChannelSettings = _UNSET
    furniture: Furniture = NO_FURNITURE
    cut_ins: tuple[CutIn, ...] = ()
    notices: Mapping[str, Video] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)

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
    """The first slot that can be changed at all."""
    return slot_at(to_ms(now)) + FROZEN


def planned(before: Plan | None, live: Live, slate: HouseIndex, *, code: str, name: str, now: dt.datetime) -> Plan:
    """The plan that follows `before`: frozen up to its horizon, the loops of the line-up from there on."""
    here, since = slot_at(to_ms(now)), slot_at(to_ms(day_start(now) - BACK))
    houses = _houses(before, live, slate, edge(now) if before else here)
    items = _items(before, live, houses)
    lengths = {item.id: item.segments for item in items.values()}
    rules = _rules(live, items)
    loops = _loops(live, items, rules)
    runs: Sequence[Run] = ()
    if before is not None:
        horizon = _horizon(before, items, live.settings, now)
        fixed = [loop for loop in loops if loop.fixed]
        runs = kept(before.runs, since=since, edge=horizon, finishes=items.__contains__, fixed=fixed)
        # The plan had ended, or is to begin: what viewers hold in their lists is the slate.
        begin = runs[-1].end if runs else here
        runs = (*runs, Run(begin, horizon - begin)) if begin < horizon else runs
    all_runs = extended(runs, loops, lengths, start=here, rules=rules)
    start = all_runs[0].start if all_runs else here
    filler = next((name for name in rules.filler if name in items), "")
    overs = overridden(
        () if before is None else before.overrides, _orders(live, items, filler), since=start, edges=edges(now)
    )
    used = {run.item for run in all_runs} | {name for over in overs for name in (over.item, over.under)}
    return Plan(
        code,
        name,
        start,
        0 if before is None else before.discontinuity(start)[0],
        _used(houses, used, start),
        {key: dressed(item, live.looks, since=start, edge=edge(now)) for key, item in items.items() if key in used},
        all_runs,
        _rule(live, rules, used),
        overs,
    )


def _horizon(before: Plan, items: Mapping[str, Item], settings: ChannelSettings, now: dt.datetime) -> int:
    """The first slot that may be planned anew: promises end where one cannot be kept, and where the plan did."""
    least = edge(now)
    horizon = min(max(least, slot_at(to_ms(now)) + settings.frozen), max(least, before.end))
    gone = (run for run in before.runs if run.item not in items and run.item != FILLER and run.end > least)
    return min([horizon, *(max(least, run.start) for run in gone)])


def _rules(live: Live, items: Mapping[str, Item]) -> Rules:
    by_file = _by_file(items)
    pools = (live.furniture.filler, live.furniture.before, live.furniture.after)
    return Rules(*(_of(pool, live, by_file) for pool in pools))


def _rule(live: Live, rules: Rules, used: AbstractSet[str]) -> Rule:
    settings = live.settings
    return Rule(
        frozen=max(FROZEN, settings.frozen),
        epoch=settings.epoch,
        signed=settings.signed,
        keys=tuple(sorted(settings.keys.items())),
        furniture=tuple(sorted(rules.items & used)),
        missing=live.furniture.missing,
        entry_only=settings.entry_only,
        pass_minutes=settings.pass_minutes,
    )


def _of(pieces: Iterable[Piece], live: Live, by_file: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    videos = (video for piece in pieces for video in live.videos.get(piece.release, ()))
    return tuple(dict.fromkeys(by_file[video.piece.document, video.file.sha256] for video in videos))


def _by_file(items: Mapping[str, Item]) -> dict[tuple[str, str], str]:
    return {(item.document, item.index): item.id for item in items.values()}


def edges(now: dt.datetime) -> Mapping[Kind, int]:
    """The first slot that an override of each kind may still change.

    An emergency takes the very next one, however soon that begins: a server that hears of it a moment late has listed
    what was planned to a few viewers, who see the emergency one slot later; all others must not wait for them.
    """
    return {kind: edge(now) for kind in Kind} | {Kind.EMERGENCY: slot_at(to_ms(now)) + 1}


def _orders(live: Live, items: Mapping[str, Item], filler: str) -> Iterable[Order]:
    """The cut-ins that can be shown: of a piece with a video the first of it, else the picture of its words."""
    by_file = {(item.document, item.index): item for item in items.values()}
    for cut in live.cut_ins:
        if cut.ended or cut.piece is None:
            continue
        if cut.kind == "text":
            yield from _laid(cut, cut.piece, by_file)
            continue
        if cut.kind == "live":
            yield from _input(cut, cut.piece, by_file, filler)
            continue
        video = next(iter(live.videos.get(cut.piece.release, ())), live.notices.get(cut.index))
        item = None if video is None else by_file.get((video.piece.document, video.file.sha256))
        if item is not None:
            kind = Kind.EMERGENCY if cut.kind == "emergency" else Kind.INSERT
            until = None if cut.until is None else to_ms(cut.until)
            yield Order(cut.id, kind, item.id, item.segments, to_ms(cut.start), until)


def _input(cut: CutIn, piece: Piece, by_file: Mapping[tuple[str, str], Item], filler: str) -> Iterable[Order]:
    item = by_file.get((piece.document, live_index(cut)))
    if item is not None:
        until = None if cut.until is None else to_ms(cut.until)
        yield Order(cut.id, Kind.LIVE, item.id, item.segments, to_ms(cut.start), until, filler)


def live_index(cut: CutIn) -> str:
    """What stands for an index until a slot's own is known: no file has such a name."""
    return f"live:{cut.id}"


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
        # Texts come with an edition like words; those of a video the newest edition has no more stay.
        texts = _subtitles(piece, item.master) if item.master in masters(piece) else item.subtitles
        yield item.id, dataclasses.replace(item, subtitles=texts, **_words(piece))


def _words(piece: Piece) -> dict[str, Any]:
    return {
        "release": piece.release,
        "title": piece.title,
        "summary": piece.summary,
        "column": piece.column_name,
    }


def _subtitles(piece: Piece, master: str) -> tuple[tuple[str, str], ...]:
    files = {language: piece.rendition(master, name) for language, name in SUBTITLES.items()}
    return tuple((language, file.sha256) for language, file in files.items() if file is not None)


def _item(name: str, video: Video) -> Item:
    return Item(
        id=name,
        document=video.piece.document,
        master=video.master,
        index=video.file.sha256,
        segments=video.index.segments,
        published=to_ms(video.piece.published_at),
        bandwidth=tuple(video.index.tracks[rung].bandwidth for rung in RUNGS),
        subtitles=_subtitles(video.piece, video.master),
        **_words(video.piece),
    )


def _loops(live: Live, items: Mapping[str, Item], rules: Rules) -> tuple[Loop, ...]:
    """The line-up in slots: what takes turns, and over it the entries of the day."""
    by_file = _by_file(items)
    stretches = []
    wanted: list[tuple[int, int, str]] = []
    for slot in live.slots:
        start, end = to_ms(slot.start), to_ms(slot.end)
        found = tuple(dict.fromkeys(item for entry in slot.loop for item in _entry(entry, live, by_file)))
        turns = found if len(slot.loop) == 1 else tuple(item for item in found if item not in rules.items)
        stretches.append((start, end, turns))
        if len(slot.loop) == 1:
            wanted += _promised(start, end, [(item, items[item].segments) for item in found])
    return with_fixed(loops_of(stretches), wanted)


def _entry(entry: Entry, live: Live, by_file: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    videos = live.videos.get(entry.release, ())
    return tuple(by_file[video.piece.document, video.file.sha256] for video in videos)


def _promised(start: int, end: int, items: Sequence[tuple[str, int]]) -> list[tuple[int, int, str]]:
    """The entries of a stretch that is as long as its one piece, or a few of it: it was put there to the slot."""
    whole = sum(segments for _, segments in items) * SLOT_MS
    times = round((end - start) / whole) if whole else 0
    if not 1 <= times <= _MOST_TIMES or abs(end - start - times * whole) >= SLOT_MS:
        return []
    found, at = [], start
    for item, segments in [*items] * times:
        found.append((at, segments, item))
        at += segments * SLOT_MS
    return found


def _used(houses: Sequence[House], items: Iterable[str], start: int) -> tuple[House, ...]:
    numbers = {house_number(item) for item in items if item != FILLER}
    slates = [house for house in houses if house.since < NEVER]
    newest_old = max((house.since for house in slates if house.since <= start), default=start)
    return tuple(
        house for house in houses if house.number in numbers or (house.since < NEVER and house.since >= newest_old)
    )
