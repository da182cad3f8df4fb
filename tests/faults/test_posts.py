"""Posts under fault schedules: exactly one side effect, or none with the right reason, and never two.

The worker is a process of its own, on a real database file and over real sockets, and it dies by SIGKILL.
"""

from pathlib import Path

import pytest

from cms.kernel.db import Database
from tests.faults.post_fakes import FAKES
from tests.faults.post_story import Tally, after, stories
from tests.faults.post_world import Room


async def _run(database: Database, folder: Path, **counts: int) -> Tally:
    tally, first = Tally(), 0
    async with Room.opened(database, folder) as room:
        for kind, count in counts.items():
            fakes = {f"{kind}-{n}": FAKES[kind](f"{kind}-{n}", first + n) for n in range(count)}
            told = await stories(room, tally, fakes, first=first)
            first += count
            await after(room, told, [await story.told() for story in told])
    print(f"\n{tally.said()}")  # noqa: T201 - what the run is for
    return tally


def _check(tally: Tally) -> None:
    assert tally.wrong == []
    assert tally.lost == tally.found
    assert tally.alerts == tally.pauses


async def test_posts_in_bad_weather_go_out_once_or_not_at_all_for_a_reason(sqlite: Database, tmp_path: Path) -> None:
    tally = await _run(sqlite, tmp_path, wechat=2, push=1, scan=1, cityapp=1, notice=1)
    _check(tally)
    assert tally.kills


@pytest.mark.faults
@pytest.mark.timeout(0)
async def test_posts_under_five_hundred_schedules_go_out_once_or_not_at_all_for_a_reason(
    sqlite: Database, tmp_path: Path
) -> None:
    tally = await _run(sqlite, tmp_path, wechat=140, push=80, douyin=80, scan=50, pack=30, cityapp=60, notice=60)
    _check(tally)
    assert sum(tally.schedules.values()) == 500
    assert len(tally.schedules) == len(FAKES)


@pytest.mark.faults
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", list(FAKES))
async def test_post_killed_at_every_step_in_turn_goes_out_once(sqlite: Database, tmp_path: Path, kind: str) -> None:
    tally, step, killed = Tally(), 0, True
    async with Room.opened(sqlite, tmp_path) as room:
        while killed:
            # Each with a seed of its own; where it is a code, all post by codes and all are scanned.
            fakes = {f"{kind}-{step + n}": FAKES[kind](f"{kind}-{step + n}", 10 * (step + n) + 5) for n in range(1, 11)}
            for story in await stories(room, tally, fakes, rough=False):
                step += 1
                killed = await story.killed_at(step)
    print(f"\n{tally.said()}")  # noqa: T201
    _check(tally)
    assert tally.steps == set(range(1, max(tally.steps) + 1))
    assert tally.kills > 8
