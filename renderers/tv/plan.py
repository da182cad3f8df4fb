"""The plan of a channel: which item stands in which slot, days back and ahead, with all that serving it needs.

It is a file of the public tree. Each item carries its release where the serving path looks for it, so that a tombstone
takes the item out before anything is rendered again; a run whose item is missing is gone and shows the slate.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

from media.errors import MediaRefused
from media.house import RUNGS, HouseIndex, read_index, write_index
from renderers.tv.over import Kind, Layers, Over
from renderers.tv.tokens import PASS_MINUTES
from schedules.linear import FILLER, Run, run_at, runs_between

FORMAT: Final = 1
NEVER: Final = 1 << 53
PLAN_NAME: Final = "plan"


@dataclass(frozen=True, slots=True)
class Item:
    """A video of a piece.

    Attributes:
        id: house number and a count, ``2.17``; never given to another item while the plan remembers it.
        release: the newest edition's, whose recall takes the item off.
        master: the video's hash; another edition with the same video is the same item.
        index: hash of the file that says where its segments are.
        published: milliseconds; by it the piece is found again.
        bandwidth: bits a second of each rung at its peak.
        subtitles: hashes of its text tracks by language.
        looks: from which slot on it is shown out of which other index, ascending: that of the same film with the logo
            of the channel, or its own again. What was shown stays what it was.
        plain: of an item as a slot shows it, the index of the same film without the logo; empty where it is that.
    """

    id: str
    document: str
    release: str
    title: str
    summary: str
    column: str
    master: str
    index: str
    segments: int
    published: int
    bandwidth: tuple[int, ...]
    subtitles: tuple[tuple[str, str], ...] = ()
    looks: tuple[tuple[int, str], ...] = ()
    plain: str = ""

    def shown_in(self, slot: int) -> "Item":
        """The item with the index that its segments are read from in a slot."""
        index = next((index for since, index in reversed(self.looks) if since <= slot), self.index)
        return self if index == self.index else replace(self, index=index, plain=self.index)

    @property
    def house(self) -> int:
        return house_number(self.id)


@dataclass(frozen=True, slots=True)
class House:
    """A house format on this channel, and the slate that stands in holes from slot `since` on.

    A house that only has items is given the slate of the day, with `NEVER` as its beginning.
    """

    number: int
    id: str
    since: int
    slate: HouseIndex


@dataclass(frozen=True, slots=True)
class On:
    """What stands in a slot, of which house. `gone` was planned and taken back; like a hole it shows the slate.

    `over` is the override that it is shown by, None for what was planned. `rungs` are the pictures that were made, all
    but for live input on a small machine: the others are filled from the lowest.
    """

    slot: int
    house: str
    item: Item | None
    slate: HouseIndex
    segment: int
    gone: bool = False
    over: Over | None = None
    rungs: int = len(RUNGS)

    def rung(self, name: str) -> str:
        """The track that stands in a slot for the one that was asked for."""
        return RUNGS[-1] if name in RUNGS[: len(RUNGS) - self.rungs] else name


@dataclass(frozen=True, slots=True)
class Rule:
    """What the office set of the channel, as far as whoever serves it must know.

    Attributes:
        frozen: slots ahead of the one on air that stay as they were promised.
        epoch: the slot at which timestamps begin.
        signed: whether an address must be signed.
        keys: the number of each operator's key.
        furniture: items that are fillers and bumpers, and no programmes.
        missing: lines of the settings that name nothing.
        entry_only: whether the portal gives passes only to an operator's viewers; `pass_minutes` is how long one lasts.
    """

    frozen: int = 0
    epoch: int = 0
    signed: bool = False
    keys: tuple[tuple[str, int], ...] = ()
    furniture: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    entry_only: bool = False
    pass_minutes: int = PASS_MINUTES


@dataclass(frozen=True, eq=False)
class Plan:
    """The whole plan.

    Attributes:
        start: the first slot it remembers.
        breaks: how often the house had changed before `start`: players count these.
        overrides: what is shown instead of the runs; one whose item is gone shows what lies beneath it.
        live: by slot, the index of the segment that live input brought, and of how many rungs; it stands beside the
            plan (`renderers.tv.live`), not in it.
    """

    code: str
    name: str
    start: int
    breaks: int
    houses: tuple[House, ...]
    items: Mapping[str, Item]
    runs: tuple[Run, ...] = field(repr=False)
    rule: Rule = Rule()
    overrides: tuple[Over, ...] = field(default=(), repr=False)
    live: Mapping[int, tuple[str, int]] = field(default_factory=dict, repr=False)

    @property
    def end(self) -> int:
        return self.runs[-1].end if self.runs else self.start

    def on(self, slot: int) -> On:
        """What stands in a slot: emergency, live, insert, then what was planned, with text over it if there is any."""
        for over in self._layers.at(slot):
            item = self.items.get(over.item)
            if item is not None and over.kind is Kind.LIVE:
                if (found := self._live(over, item, slot)) is not None:
                    return found
            elif item is not None and self._fits(over, slot):
                house = self._house(item.id, slot)
                shown, segment = item.shown_in(slot), over.segment(slot, item.segments)
                return On(slot, house.id, shown, house.slate, segment, over=over)
        return self.planned(slot)

    def planned(self, slot: int) -> On:
        """What was planned for a slot, whatever lies over it; where nothing was planned, the slate."""
        run = run_at(self.runs, slot)
        filler = run is None or run.item == FILLER
        house = self._slate_at(slot) if run is None or filler else self._house(run.item, slot)
        item = None if run is None or filler else self.items.get(run.item)
        if run is None or item is None:
            return On(slot, house.slate.house, None, house.slate, slot % house.slate.segments, gone=not filler)
        return On(slot, house.id, item.shown_in(slot), house.slate, run.segment(slot))

    def shown(self, start: int, end: int) -> Iterator[tuple[int, int, Item | None]]:
        """What is shown by the runs that touch the slots [start, end) and over them, None for slate; for the guide."""
        for run in runs_between(self.runs, start, end):
            for first, stop, stack in self._layers.parts(run.start, run.end):
                if stop <= start or first >= end:
                    continue
                found = (self.items.get(over.item) for over in stack if over.kind is not Kind.TEXT)
                over = next((item for item in found if item is not None), None)
                yield first, stop, self.items.get(run.item) if over is None else over

    def discontinuity(self, slot: int) -> tuple[int, bool]:
        """How many changes of house lie at or before a slot, and whether one is there."""
        index = bisect_right(self._changes, slot)
        return self.breaks + index, index > 0 and self._changes[index - 1] == slot

    def discontinuities(self, slots: range) -> tuple[int, tuple[int, ...]]:
        """How many changes of house lie at or before the first of these slots, and those among them with one."""
        first = bisect_left(self._changes, slots.start)
        end = bisect_left(self._changes, slots.stop, first)
        changes = self._changes[first:end]
        return self.breaks + first + (changes[:1] == (slots.start,)), changes

    def bandwidth(self, rung: str) -> int:
        """Bits a second a player must have for any item of the plan."""
        number = RUNGS.index(rung)
        slates = [house.slate.tracks[rung].bandwidth for house in self.houses]
        return max([*slates, *(item.bandwidth[number] for item in self.items.values())])

    def time(self, slot: int) -> int:
        """Slots since timestamps began: at the epoch they begin anew, which is a break like that of a house."""
        return slot - self.rule.epoch if slot >= self.rule.epoch else slot

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages in which any item has subtitles."""
        return tuple(sorted({language for item in self.items.values() for language, _ in item.subtitles}, reverse=True))

    @cached_property
    def _changes(self) -> tuple[int, ...]:
        """Slots in which another house stands than in the slot before, and that of a new epoch."""
        epoch = (self.rule.epoch,) if self.start < self.rule.epoch else ()
        return tuple(sorted({*self._changes_of_house, *epoch}))

    @property
    def _changes_of_house(self) -> tuple[int, ...]:
        if len({name for house in self.houses for name in (house.id, house.slate.house)}) == 1:
            return ()
        since = {house.since for house in self.houses if self.start < house.since < NEVER}
        edges = sorted(
            {run.start for run in self.runs} | {run.end for run in self.runs} | since | {*self._layers.edges}
        )
        changes: list[int] = []
        before = self.on(self.start).house
        for edge in edges:
            here = self.on(edge).house
            if here != before:
                changes.append(edge)
            before = here
        return tuple(changes)

    @cached_property
    def _layers(self) -> Layers:
        return Layers(self.overrides)

    def _fits(self, over: Over, slot: int) -> bool:
        """Whether text lies over what it was made for."""
        if over.kind is not Kind.TEXT:
            return True
        run = run_at(self.runs, slot)
        if over.under == FILLER:
            first = (over.under_first + slot - over.start) % self._slate_at(slot).slate.segments
            return (run is None or run.item == FILLER) and first == slot % self._slate_at(slot).slate.segments
        planned = run is not None and run.item == over.under and run.item in self.items
        return planned and run is not None and run.segment(slot) == over.under_first + slot - over.start

    def _live(self, over: Over, item: Item, slot: int) -> On | None:
        """The signal's segment; once there was one, its filler or the slate where it is lost; before that, nothing."""
        house, line = self._house(item.id, slot), self.live.get(slot)
        if line is not None:
            shown = replace(item, index=line[0])
            return On(slot, house.id, shown, house.slate, 0, over=over, rungs=line[1])
        begun = self._begun.get(over.number)
        if begun is None or slot < begun:
            return None
        filler = self.items.get(over.under)
        if filler is None:
            house = self._slate_at(slot)
            return On(slot, house.slate.house, None, house.slate, slot % house.slate.segments)
        of = self._house(filler.id, slot).id
        return On(slot, of, filler.shown_in(slot), house.slate, (slot - over.start) % filler.segments, over=over)

    @cached_property
    def _begun(self) -> Mapping[int, int]:
        """By the number of each live input, the first slot in which its signal was there."""
        slots = sorted(self.live)
        found = {}
        for over in self.overrides:
            at = bisect_left(slots, over.start)
            if over.kind is Kind.LIVE and at < len(slots) and slots[at] < over.end:
                found[over.number] = slots[at]
        return found

    def _slate_at(self, slot: int) -> House:
        index = bisect_right([house.since for house in self.houses], slot) - 1
        return self.houses[max(index, 0)]

    def _house(self, item: str, slot: int) -> House:
        number = house_number(item)
        return next((house for house in self.houses if house.number == number), self._slate_at(slot))


def house_number(item: str) -> int:
    """The number of an item's house, which its id tells even when the item itself is gone."""
    return int(item.partition(".")[0])


def to_value(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "format": FORMAT,
        "code": plan.code,
        "name": plan.name,
        "start": plan.start,
        "breaks": plan.breaks,
        "houses": [[h.number, h.id, h.since, json.loads(write_index(h.slate))] for h in plan.houses],
        "items": [_item_value(item) for item in plan.items.values()],
        "runs": [[run.start, run.count, run.item, run.first] for run in plan.runs],
        "rule": {
            "frozen": plan.rule.frozen,
            "epoch": plan.rule.epoch,
            "signed": plan.rule.signed,
            "keys": [list(key) for key in plan.rule.keys],
            "furniture": list(plan.rule.furniture),
            "missing": list(plan.rule.missing),
            "entry_only": plan.rule.entry_only,
            "pass_minutes": plan.rule.pass_minutes,
        },
        **({"overrides": [_over_value(over) for over in plan.overrides]} if plan.overrides else {}),
    }


def from_value(value: Mapping[str, Any]) -> Plan:
    """Raises ValueError for another format or damaged values."""
    if value.get("format") != FORMAT:
        raise ValueError(f"plan format {value.get('format')}")
    try:
        items = [_item(row) for row in value["items"]]
        houses = [House(number, name, since, _slate(slate)) for number, name, since, slate in value["houses"]]
        runs = tuple(Run(*row) for row in value["runs"])
        rule = _rule(value.get("rule") or {})
        overs = tuple(_over(row) for row in value.get("overrides", ()))
    except (KeyError, TypeError, MediaRefused) as error:
        raise ValueError("plan") from error
    named = {item.id: item for item in items}
    return Plan(value["code"], value["name"], value["start"], value["breaks"], tuple(houses), named, runs, rule, overs)


def _rule(value: Mapping[str, Any]) -> Rule:
    """A plan of before there were rules has none."""
    return Rule(
        value.get("frozen", 0),
        value.get("epoch", 0),
        value.get("signed", False),
        tuple((name, number) for name, number in value.get("keys", ())),
        tuple(value.get("furniture", ())),
        tuple(value.get("missing", ())),
        value.get("entry_only", False),
        value.get("pass_minutes", PASS_MINUTES),
    )


def encode(plan: Plan) -> bytes:
    return json.dumps(to_value(plan), ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=1024)
def decode(data: bytes) -> Plan:
    """Kept while the bytes are the same: a playlist is asked for thousands of times a second, of hundreds of channels.

    ValueError as above.
    """
    return from_value(json.loads(data))


def releases(plan: Plan) -> tuple[str, ...]:
    """Which signed pieces the plan names."""
    return tuple(dict.fromkeys(item.release for item in plan.items.values()))


def _over_value(over: Over) -> list[Any]:
    return [
        *(over.number, over.order, int(over.kind), over.start, over.count, over.item),
        *(over.first, over.under, over.under_first),
    ]


def _over(row: Sequence[Any]) -> Over:
    number, order, kind, start, count, item, first, under, under_first = row
    return Over(number, order, Kind(kind), start, count, item, first, under, under_first)


def _slate(value: Any) -> HouseIndex:
    index = read_index(json.dumps(value).encode())
    if not set(RUNGS) <= set(index.tracks):
        raise ValueError("slate")
    return index


def _item_value(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "document": item.document,
        "title": item.title,
        "summary": item.summary,
        "column": item.column,
        "master": item.master,
        "index": item.index,
        "segments": item.segments,
        "published": item.published,
        "bandwidth": list(item.bandwidth),
        "subtitles": [list(one) for one in item.subtitles],
        **({"looks": [list(one) for one in item.looks]} if item.looks else {}),
        "_yunping": {"release": item.release},
    }


def _item(row: Mapping[str, Any]) -> Item:
    bandwidth: Sequence[int] = row["bandwidth"]
    return Item(
        row["id"],
        row["document"],
        row["_yunping"]["release"],
        row["title"],
        row["summary"],
        row["column"],
        row["master"],
        row["index"],
        row["segments"],
        row["published"],
        tuple(bandwidth),
        tuple((language, sha256) for language, sha256 in row.get("subtitles", ())),
        tuple((since, index) for since, index in row.get("looks", ())),
    )
