"""Posts under fault schedules: exactly one side effect, or none with the right reason, and never two."""

from pathlib import Path

import pytest

from cms.kernel.db import Database
from media.store import Store
from tests.faults.post_story import Tally, after, stories
from tests.faults.post_world import Room, fake_of


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


async def _run(database: Database, store: Store, **counts: int) -> Tally:
    room = await Room.opened(database, store)
    tally, first = Tally(), 0
    for kind, count in counts.items():
        fakes = {f"{kind}-{n}": fake_of(kind, f"{kind}-{n}", first + n) for n in range(count)}
        told = await stories(room, tally, fakes, first=first)
        first += count
        await after(room, told, [await story.told() for story in told])
    print(f"\n{tally.said()}")  # noqa: T201 - what the run is for
    return tally


def _check(tally: Tally) -> None:
    assert tally.wrong == []
    assert tally.lost == tally.found
    assert tally.alerts == tally.pauses


async def test_posts_in_bad_weather_go_out_once_or_not_at_all_for_a_reason(sqlite: Database, store: Store) -> None:
    tally = await _run(sqlite, store, wechat=6, douyin=2, cityapp=4)
    _check(tally)
    assert tally.kills


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_posts_under_five_hundred_schedules_go_out_once_or_not_at_all_for_a_reason(
    sqlite: Database, store: Store
) -> None:
    tally = await _run(sqlite, store, wechat=300, douyin=120, cityapp=80)
    _check(tally)
    assert sum(tally.schedules.values()) == 500


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", ["wechat", "douyin", "cityapp"])
async def test_post_killed_at_every_step_in_turn_goes_out_once(sqlite: Database, store: Store, kind: str) -> None:
    room, tally, step, killed = await Room.opened(sqlite, store), Tally(), 0, True
    while killed:
        fakes = {f"{kind}-{step + n}": fake_of(kind, f"{kind}-{step + n}", step + n) for n in range(1, 11)}
        for story in await stories(room, tally, fakes, rough=False):
            step += 1
            killed = await story.killed_at(step)
    print(f"\n{tally.said()}")  # noqa: T201
    _check(tally)
    assert tally.kills > 10
