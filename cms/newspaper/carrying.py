"""What people drew on a page, brought over to the page that took its place: found again by its words. Pure.

A zone whose words stand on the new page goes where they went. One whose words changed stays where it was and is marked,
so that somebody looks at it before it goes out; so is one over a picture, of which nothing says where it went.
"""

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cms.content.blocks import clean_text
from cms.content.zones import (
    MAX_PARAGRAPHS,
    MAX_TITLE,
    MAX_ZONES,
    SCALE,
    Point,
    Points,
    Zone,
    box,
    contains,
    read_zones,
)
from cms.newspaper.proposing import Printed, propose

_SAME_WAY: Final = 100  # parts: how much the blocks of one article may differ in where they went
_STILL: Final = 30  # parts: less is the layout program's rounding
_ENOUGH: Final = 0.6  # of the words of a zone: found again
_ALIKE: Final = 0.6  # of two texts, as pairs of characters they share
_WORDS: Final = 4  # a shorter text is alike by accident
_MOST: Final = 300  # blocks of a page compared pair by pair

Match = Mapping[int, int]


@dataclass(frozen=True)
class Sheet:
    """A page: what is printed there, its zones, and its label."""

    blocks: tuple[Printed, ...]
    zones: tuple[Zone, ...] = ()
    label: str = ""

    @cached_property
    def proposed(self) -> tuple[Zone, ...]:
        """What its text proposes, as a body would have it; their ids mean nothing outside."""
        numbers = iter(range(10**6))
        return tuple(read_zones(propose(self.blocks, lambda: f"b_{next(numbers):012d}"), clean_text))


@dataclass(frozen=True, slots=True)
class Carried:
    """The zones of a page after the exchange: how many of them stood, moved with their words, or are to be checked."""

    zones: tuple[Zone, ...]
    stood: int = 0
    moved: int = 0
    check: int = 0
    left_out: int = 0

    @property
    def count(self) -> int:
        """Zones that came over, and proposals that stay deleted."""
        return self.stood + self.moved + self.check + self.left_out


def pairs(old: Sequence[Sheet], new: Sequence[Sheet]) -> dict[int, int]:
    """Which page of before each new one is, by place in the lists: that with most words in common, else its number."""
    texts = [_counted(one) for one in old]
    shared: list[tuple[int, int, int]] = []
    for at, sheet in enumerate(new):
        own = _counted(sheet)
        shared += [
            (sum(min(n, text.get(word, 0)) for word, n in own.items()), at, was) for was, text in enumerate(texts)
        ]
    found: dict[int, int] = {}
    for score, at, was in sorted(shared, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1])):
        if at not in found and was not in found.values() and (score > 0 or at == was):
            found[at] = was
    return found


def carry(old: Sheet, new: Sheet, new_id: Callable[[], str]) -> Carried:
    """The zones of `new`, which took the place of `old`: its proposals, or in their place what people made."""
    match = matched(old.blocks, new.blocks)
    drawn = by_hand(old)
    brought = [_brought(zone, old, new, match) for zone in drawn]
    fresh = _named(old, new, drawn, match, new_id)
    gone = _deleted(old, drawn)
    dropped = {one["id"] for one in fresh if "of" not in one and any(_alike_zone(one, was) for was in gone)}
    taken: dict[str, str] = {}
    for one in fresh:
        if (by := _taken_by(one, new, brought)) is not None:
            taken[one["id"]] = by
    zones: list[Zone] = [zone for zone, _ in brought]
    for one in fresh:
        if one["id"] in taken or one["id"] in dropped or one.get("of") in dropped:
            continue
        zones.append({**one, "of": taken[one["of"]]} if one.get("of") in taken else one)
    zones = _in_order(zones, new)[:MAX_ZONES]
    fates = [fate for _, fate in brought]
    return Carried(tuple(zones), fates.count("stood"), fates.count("moved"), fates.count("check"), len(dropped))


def whole(pages: Iterable[Sequence[Zone]]) -> list[list[Zone]]:
    """All pages of a body, where a zone that continued one that is gone opens nothing and is to be checked."""
    every = [list(zones) for zones in pages]
    firsts = {zone["id"] for zones in every for zone in zones if "of" not in zone}
    return [[zone if zone.get("of") in {None, *firsts} else _cut(zone) for zone in zones] for zones in every]


def _cut(zone: Zone) -> Zone:
    return {**{key: value for key, value in zone.items() if key != "of"}, "check": True}


# ------------------------------------------------------------ what was made by hand


def by_hand(sheet: Sheet) -> list[Zone]:
    """The zones of a page that its text did not propose so."""
    machine = {key for one in sheet.proposed for key in _keys(one, sheet.proposed)}
    return [one for one in sheet.zones if not machine.intersection(_keys(one, sheet.zones)[:1])]


def _keys(zone: Zone, among: Iterable[Zone]) -> list[tuple[Any, ...]]:
    """A zone without its id; a proposal may have lost its words where an issue had too many."""
    points = tuple(map(tuple, zone["points"]))
    first = next((one for one in among if one["id"] == zone.get("of")), None)
    follows = zone.get("of") and (tuple(map(tuple, first["points"])) if first else "elsewhere")
    head = (points, zone.get("title", ""), zone.get("document", ""), follows, bool(zone.get("check")))
    return [(*head, tuple(zone.get("text", ()))), (*head, ())]


def _deleted(old: Sheet, drawn: Sequence[Zone]) -> list[Zone]:
    """Proposals that somebody took away: nothing of the page is on their place."""
    there = {key for one in old.zones for key in _keys(one, old.zones)}
    return [
        one
        for one in old.proposed
        if "of" not in one
        and not there.intersection(_keys(one, old.proposed))
        and not any(_share(_inside(one, old.blocks), _inside(zone, old.blocks), old.blocks) > 0 for zone in drawn)
    ]


# ------------------------------------------------------------ where words went


def matched(old: Sequence[Printed], new: Sequence[Printed]) -> Match:
    """Which block of `new` each of `old` is: the same words, the nearest of them; then those with most in common."""
    places: dict[str, list[int]] = {}
    for at, block in enumerate(new):
        places.setdefault(_bare(block.text), []).append(at)
    found: dict[int, int] = {}
    for at, block in enumerate(old):
        if there := places.get(_bare(block.text)):
            nearest = min(there, key=lambda one: _apart(block, new[one]))
            there.remove(nearest)
            found[at] = nearest
    left = [at for at, one in enumerate(old) if at not in found and len(_bare(one.text)) >= _WORDS][:_MOST]
    free = [at for ats in places.values() for at in ats if len(_bare(new[at].text)) >= _WORDS][:_MOST]
    of_old, of_new = ({at: _grams(blocks[at].text) for at in ats} for blocks, ats in ((old, left), (new, free)))
    scored = [(_alike(one, other), at, to) for at, one in of_old.items() for to, other in of_new.items()]
    for score, at, to in sorted(scored, key=lambda one: (-one[0], _apart(old[one[1]], new[one[2]]))):
        if score < _ALIKE:
            break
        if at not in found and to in free:
            found[at] = to
            free.remove(to)
    return found


def _brought(zone: Zone, old: Sheet, new: Sheet, match: Match) -> tuple[Zone, str]:
    """A zone at its place on the new page, and whether it stood, moved or is to be checked."""
    points = _points(zone)
    inside = _inside(zone, old.blocks)
    ways = {at: _way(old.blocks[at], new.blocks[match[at]]) for at in inside if at in match}
    way = _common(ways.values())
    along = [at for at, one in ways.items() if max(abs(one[0] - way[0]), abs(one[1] - way[1])) <= _SAME_WAY]
    found = _size(along, old.blocks) >= _ENOUGH * max(1, _size(inside, old.blocks))
    still = not found or max(map(abs, way)) <= _STILL
    now: Zone = {**zone, "points": [list(one) for one in points] if still else _moved(points, way)}
    now.pop("check", None)
    sure = _reworded(now, zone, old, new, match)
    if not found or not sure or zone.get("check"):
        return {**now, "check": True}, "check"
    return now, "stood" if still else "moved"


def _reworded(now: Zone, was: Zone, old: Sheet, new: Sheet, match: Match) -> bool:
    """Puts the new page's words in the place of those taken from the old one; False where that is not sure."""
    heads = [at for at, one in enumerate(old.blocks) if was.get("title") and _bare(one.text) == _bare(was["title"])]
    head = next((match[at] for at in heads if at in match), None)
    if head is not None:
        now["title"] = " ".join(clean_text(new.blocks[head].text.replace("\n", "")).split())[:MAX_TITLE]
    elif heads:
        return False
    if "text" not in was:
        return True
    said = {_bare(line) for line in was["text"]}
    sources = [at for at, one in enumerate(old.blocks) if said.issuperset(map(_bare, _lines(one)))]
    covered = {_bare(line) for at in sources for line in _lines(old.blocks[at])}
    if said != covered:
        # Words somebody wrote: they stay, and are sure as long as what stands below them did.
        inside = _inside(was, old.blocks)
        return all(at in match and _bare(old.blocks[at].text) == _bare(new.blocks[match[at]].text) for at in inside)
    taken = {match[at] for at in sources if at in match}
    added = {at for at in _inside(now, new.blocks) if at not in match.values() and at != head}
    words = [line for at in sorted(taken | added) for line in _lines(new.blocks[at])]
    if taken:
        now["text"] = [clean_text(line) for line in words][:MAX_PARAGRAPHS]
    return all(at in match for at in sources)


def _named(old: Sheet, new: Sheet, drawn: Sequence[Zone], match: Match, new_id: Callable[[], str]) -> list[Zone]:
    """The new page's proposals; one whose article was proposed before keeps that id, which other zones may continue."""
    free = [one for one in old.zones if one not in drawn]
    ids: dict[str, str] = {}
    for one in new.proposed:
        here = set(_inside(one, new.blocks))
        best = max(free, key=lambda was: len(here & {match.get(at) for at in _inside(was, old.blocks)}), default=None)
        if best is not None and here & {match.get(at) for at in _inside(best, old.blocks)}:
            ids[one["id"]] = best["id"]
            free.remove(best)
        else:
            ids[one["id"]] = new_id()
    return [{**one, "id": ids[one["id"]], **({"of": ids[one["of"]]} if "of" in one else {})} for one in new.proposed]


def _taken_by(fresh: Zone, new: Sheet, brought: Sequence[tuple[Zone, str]]) -> str | None:
    """The id of what a zone that came over opens, where it stands for most words of a proposal."""
    own = _inside(fresh, new.blocks)
    for zone, fate in brought:
        if fate != "check" and _share(own, _inside(zone, new.blocks), new.blocks) >= 0.5:
            return str(zone.get("of", zone["id"]))
    return None


# ------------------------------------------------------------ small parts


def _in_order(zones: Sequence[Zone], sheet: Sheet) -> list[Zone]:
    """As the page is read: by the first words each holds, then down the page."""

    def place(zone: Zone) -> tuple[int, int]:
        inside = _inside(zone, sheet.blocks)
        return (inside[0] if inside else len(sheet.blocks), box(_points(zone))[1])

    return sorted(zones, key=place)


def _points(zone: Zone) -> Points:
    return tuple((x, y) for x, y in zone["points"])


def _inside(zone: Zone, blocks: Sequence[Printed]) -> list[int]:
    points = _points(zone)
    return [at for at, block in enumerate(blocks) if contains(points, *block.centre)]


def _size(ats: Iterable[int], blocks: Sequence[Printed]) -> int:
    return sum(len(blocks[at].text) for at in ats)


def _share(own: Collection[int], others: Collection[int], blocks: Sequence[Printed]) -> float:
    return _size(set(own) & set(others), blocks) / max(1, _size(own, blocks))


def _way(one: Printed, other: Printed) -> Point:
    return other.left - one.left, other.top - one.top


def _apart(one: Printed, other: Printed) -> int:
    return sum(map(abs, _way(one, other)))


def _common(ways: Iterable[Point]) -> Point:
    found = list(ways)
    if not found:
        return 0, 0
    return statistics.median_low(x for x, _ in found), statistics.median_low(y for _, y in found)


def _moved(points: Points, way: Point) -> list[list[int]]:
    """As a whole, as far as the page goes."""
    left, top, right, bottom = box(points)
    x, y = max(-left, min(SCALE - right, way[0])), max(-top, min(SCALE - bottom, way[1]))
    return [[px + x, py + y] for px, py in points]


def _lines(block: Printed) -> list[str]:
    return [line.strip() for line in block.text.split("\n") if line.strip()]


def _bare(text: str) -> str:
    return "".join(text.split())


def _grams(text: str) -> frozenset[str]:
    bare = _bare(text)
    return frozenset(bare[at : at + 2] for at in range(len(bare) - 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(1, len(one) + len(other))


def _alike_zone(one: Zone, other: Zone) -> bool:
    texts = ("".join([zone.get("title", ""), *zone.get("text", ())]) for zone in (one, other))
    first, second = map(_grams, texts)
    return _alike(first, second) >= _ALIKE


def _counted(sheet: Sheet) -> dict[str, int]:
    """The characters of each text of a page, as often as it stands there; short ones stand on every page."""
    found: dict[str, int] = {}
    for block in sheet.blocks:
        for line in map(_bare, _lines(block)):
            if len(line) >= _WORDS:
                found[line] = found.get(line, 0) + len(line)
    return found
