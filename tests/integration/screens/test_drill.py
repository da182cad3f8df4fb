"""`./yunping simulate screens`: screens that pair in somebody's name, come back with their keys, and tell."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.kernel.db import Database
from cms.kernel.errors import NotFound
from cms.kernel.ids import uuid7
from cms.people.models import Membership, Person, Unit
from deploy.settings import Settings, load
from deploy.simulating import FILE, simulate_screens
from screens.district import District
from screens.simulator import SimulatedScreen
from tests.integration.screens.conftest import CLOCK, UNIT, Street, eventually


@pytest.fixture
async def lane(sqlite: Database, district: District) -> AsyncIterator[Street]:
    made = Street(sqlite, district)
    await made.start()
    await made.unit()
    yield made
    await made.stop()


def _settings(lane: Street, folder: Path) -> Settings:
    return load(
        {
            "YUNPING_DATA": str(folder),
            "YUNPING_DATABASE": lane.database.url.replace("+aiosqlite", ""),
            "YUNPING_GATEWAY_URL": lane.url,
        }
    )


async def _hire(lane: Street) -> None:
    now = CLOCK.now()
    async with lane.database.write() as session:
        unit = (await session.scalars(select(Unit.id))).one()
        person, member = uuid7(now), uuid7(now)
        session.add(Person(id=person, login="li", name="李操作", unit_id=unit, must_set_password=False, created_at=now))
        await session.flush()
        session.add(Membership(id=member, person_id=person, unit_id=unit, role="operator", granted_at=now))


async def test_drill_when_run_twice_pairs_once_and_tells_what_is_shown_and_how_fast(
    lane: Street, tmp_path: Path
) -> None:
    await _hire(lane)
    told: list[str]
    settings, told = _settings(lane, tmp_path), []

    async def drill(count: int, seconds: float) -> None:
        await simulate_screens(
            settings, count, person="李操作", unit=UNIT, seconds=seconds, each=True, tell=told.append
        )

    await drill(3, 0.1)
    kept = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    rows = await lane.rows()
    assert {one["screen"] for one in kept} == {str(row.id) for row in rows}
    assert {row.name for row in rows} == {"模拟屏 0001", "模拟屏 0002", "模拟屏 0003"}
    receivers = [SimulatedScreen(lane.url, screen=one["screen"]) for one in kept]
    await lane.publish(receivers)
    again = asyncio.create_task(drill(2, 8.0))
    await eventually(lambda: len(lane.live.registry) == 2, within=8)
    version = await lane.publish(receivers)
    await again
    assert len(await lane.rows()) == 3
    assert json.loads((tmp_path / FILE).read_text("utf-8")) == kept
    assert any(f"版本 {version}" in line and "2 块：受众 street" in line for line in told)
    assert any("p99" in line for line in told)


async def test_drill_when_nobody_of_that_name_can_pair_says_so(lane: Street, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"people\.no_person"):
        await simulate_screens(
            _settings(lane, tmp_path), 1, person="没有此人", unit="", seconds=1, each=False, tell=print
        )
