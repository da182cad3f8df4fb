"""Which silence is one outage: screens that fell out together are told once, at the unit they have in common. Pure."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# An outage is decided when its first screen was silent for so long; whoever is late by then belongs to it. A beat
# comes every 18 to 22 s, so one that is later than LATE missed one. With a look every 5 s an alarm comes within 65 s.
OUT_AFTER: Final = dt.timedelta(seconds=60)
LATE: Final = dt.timedelta(seconds=24)
# From this share on, in hundredths, the unit itself is out, and not so many of its screens.
_MOST_OF: Final = 90
# More parts than this under one unit are one outage of it: nobody reads a hundred alarms of one evening.
_PARTS: Final = 5
# With fewer left, in hundredths of what fell out, an outage of many is over; those left have outages of their own.
_LEFT: Final = 10


@dataclass(frozen=True, slots=True)
class Silent:
    """A screen and when it last showed the sign of life in question."""

    screen: uuid.UUID
    unit: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Group:
    """One outage: screens under `unit`, of `of` that stand there; of a single one `is_single`."""

    unit: str
    screens: Sequence[Silent]
    of: int

    @property
    def is_single(self) -> bool:
        return len(self.screens) == 1

    @property
    def began_at(self) -> dt.datetime:
        return min(one.since for one in self.screens)


def new_outages(late: Iterable[Silent], totals: Mapping[str, int], *, now: dt.datetime) -> list[Group]:
    """The outages among screens that are late and in no outage yet; none while nobody is out for certain.

    `totals` counts the screens that stand in each unit, whether they are late or not.
    """
    found = list(late)
    if not any(now - one.since >= OUT_AFTER for one in found):
        return []
    tree = _Tree(found, totals)
    return [group for top in sorted(tree.tops) for group in tree.walk(top)]


def is_over(count: int, left: int) -> bool:
    """Whether an outage of `count` screens, of which `left` are still late, has ended."""
    return left == 0 or (count > 1 and left * 100 < count * _LEFT)


def ancestors(path: str) -> list[str]:
    """The path and what it hangs below, outermost first: ``/a/``, ``/a/b/``."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1)]


class _Tree:
    """Late screens and all screens, summed up every path to its top."""

    def __init__(self, late: Iterable[Silent], totals: Mapping[str, int]) -> None:
        self.late: dict[str, list[Silent]] = defaultdict(list)
        self.own: dict[str, list[Silent]] = defaultdict(list)
        self.total: dict[str, int] = defaultdict(int)
        self.below: dict[str, set[str]] = defaultdict(set)
        self.tops: set[str] = set()
        for one in sorted(late, key=lambda silent: (silent.unit, silent.screen)):
            self.own[one.unit].append(one)
            way = ancestors(one.unit)
            self.tops.add(way[0])
            for above, path in zip([None, *way], way, strict=False):
                self.late[path].append(one)
                if above is not None:
                    self.below[above].add(path)
        for unit, count in totals.items():
            for path in ancestors(unit):
                self.total[path] += count

    def walk(self, path: str) -> list[Group]:
        late, below = self.late[path], sorted(self.below[path])
        if len(below) == 1 and len(self.late[below[0]]) == len(late):
            return self.walk(below[0])  # nothing else here is out: the trouble is further down
        here = Group(path, late, max(self.total[path], len(late)))
        if len(late) > 1 and len(late) * 100 >= here.of * _MOST_OF:
            return [here]
        parts = [Group(path, [one], here.of) for one in self.own[path]]
        parts += [group for child in below for group in self.walk(child)]
        return parts if len(parts) <= _PARTS else [here]
