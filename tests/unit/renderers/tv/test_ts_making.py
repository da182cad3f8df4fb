"""Slots made ahead: from the plan as it is now, in the picture that fits, the slate where nothing else is there."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Sequence

import pytest

from cms.contract import AssetGone
from media.house import AUDIO, HouseIndex, write_index
from renderers.tv import paths
from renderers.tv.plan import House, Item, Plan, encode
from renderers.tv.serve import clean
from renderers.tv.ts import mux
from renderers.tv.ts.events import events
from renderers.tv.ts.frames import Stored
from renderers.tv.ts.making import Maker, Stream
from renderers.tv.ts.tables import Service
from schedules.linear import DAY_SLOTS, Run
from tests.fakes import ts_items
from tests.fakes.channel import NOW, slot_of
from tests.fakes.house_files import imagined
from tests.fakes.ts_checker import check

START = slot_of(NOW.replace(hour=16) - dt.timedelta(days=1))
RATE = 1_000_000


class Held:
    """Files and the tree in memory; `gone` are recalled."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.tree: dict[str, bytes] = {}
        self.recalled: set[str] = set()

    async def read(self, name: str) -> bytes:
        return (await self.part(name, 0, 1 << 40)) if name in self.files else self._none(name)

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        if sha256 not in self.files:
            raise AssetGone("gone")
        return self.files[sha256][start : start + length]

    def _none(self, name: str) -> bytes:
        raise AssetGone(name)

    def paths(self, prefix: str) -> Sequence[str]:
        return [path for path in self.tree if path.startswith(prefix)]

    def is_recalled(self, release: str) -> bool:
        return release in self.recalled

    def kept(self, name: str, by_rung: dict[str, Stored]) -> HouseIndex:
        """An item of one segment; every rung's bytes are its own."""
        tracks = {}
        for track, old in imagined(name, segments=1).tracks.items():
            one = by_rung.get(track) or by_rung["480"]
            init, data = (one.audio_init, one.audio) if track == AUDIO else (one.video_init, one.video)
            tracks[track] = dataclasses.replace(old, init=len(init), ends=(len(init) + len(data),))
            self.files[old.sha256] = init + data
        index = HouseIndex("house-of-tests", 1, 3840, tracks)
        self.files[f"index {name}"] = write_index(index)
        return index


class Tree(Held):
    """The same with `read` for the tree."""

    def __init__(self, held: Held) -> None:
        super().__init__()
        self.held = held

    async def read(self, path: str) -> bytes | None:  # type: ignore[override]
        return self.tree.get(path)


def plan(slate: HouseIndex, names: Sequence[str]) -> Plan:
    items = {
        f"1.{n}": Item(f"1.{n}", f"d{n}", f"r-{name}", f"节目{name}", "", "", f"m{n}", f"index {name}", 1, 0, (0, 0, 0))
        for n, name in enumerate(names)
    }
    runs = tuple(Run(START + n, 1, name) for n, name in enumerate(items))
    return Plan("tv", "频道", START, 0, (House(1, "house-of-tests", START, slate),), items, runs)


@pytest.fixture
def held() -> Held:
    return Held()


async def test_maker_takes_what_fits_and_follows_the_plan_and_recalls(held: Held) -> None:
    small, big = ts_items.moving(1, 300_000), ts_items.moving(2, 2_000_000)
    slate = held.kept("slate", {"480": ts_items.slides(9000)})
    held.kept("fits", {"720": small, "480": small})
    held.kept("large", {"720": big, "480": small})
    tree = Tree(held)
    tree.tree[paths.plan("tv")] = encode(plan(slate, ["fits", "large", "away"]))
    maker = Maker(tree, held, clean)  # type: ignore[arg-type]
    stream = Stream("tv", "720", RATE)
    first = await maker.slot(stream, START)
    smaller = await maker.slot(stream, START + 1)
    nothing = await maker.slot(stream, START + 2)
    assert first is not None
    assert smaller is not None
    assert nothing is not None
    assert [first.short, smaller.short, nothing.short] == [False, True, True]
    report = check(first.data + smaller.data + nothing.data)
    assert (report.continuity, report.crc) == ([], 0)
    assert report.names == {"频道"}
    assert {title for _, _, title in report.events} >= {"节目fits", "节目large", "节目away"}
    assert await maker.slot(stream, START) is first
    tree.recalled.add("r-fits")
    after = await maker.slot(stream, START)
    assert after is not None
    assert after.data != first.data
    assert await maker.slot(Stream("other", "720", RATE), START) is None
    maker.forget(START + 1)
    whole = Stored(big.video, big.video_init, small.audio, small.audio_init)
    assert await maker.segment("tv", "720", START + 1) == mux.segment(whole, START + 1, Service(1, "频道"))


def test_events_change_their_version_with_each_programme(held: Held) -> None:
    slate = imagined("slate", segments=1)
    made = plan(slate, [f"n{n}" for n in range(40)])
    told = [events(made, START + n) for n in range(40)]
    assert [one.present.title for one in told if one.present] == [f"节目n{n}" for n in range(40)]
    assert all(a.version != b.version for a, b in itertools.pairwise(told))
    assert all(a.following == b.present for a, b in itertools.pairwise(told))
    assert events(made, START + DAY_SLOTS) == events(made, START + DAY_SLOTS + 1)
