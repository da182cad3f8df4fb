"""The wall, and alarms: a still that nobody planned, a list that stops, each told once until it is over."""

import datetime as dt

from sqlalchemy import delete, select

from cms.airing.alarming import Watch
from cms.airing.monitor import Health, wall
from cms.contract import Channel
from cms.notices.models import Alarm
from cms.publishing.services.models import AccountValue
from schedules.beijing import slot_of
from tests.day_office import AIR, CODE, DayOffice
from tests.office import NOW

CHANNELS = {"tv": Channel(kind="tv", on_air=AIR)}


async def alarms(office: DayOffice) -> list[tuple[str, int]]:
    async with office.db.read() as session:
        rows = await session.scalars(select(Alarm).where(Alarm.taken_at.is_(None)).order_by(Alarm.cause))
        return [(row.subject, row.times) for row in rows.all()]


async def test_channel_that_stops_is_told_once_and_again_only_after_it_was_over(office: DayOffice) -> None:
    await office.out("第一讲", 100)
    await office.render()
    watch, other = Watch(), Watch()
    late = {"by": 0}

    async def probe(_kind: str, _code: str) -> int | None:
        return slot_of(NOW) - late["by"]

    assert (await watch.look(office.db, CHANNELS, probe, now=NOW))[Health.GOOD] == 1
    assert await alarms(office) == []
    late["by"] = 10
    for one in (watch, other, watch):
        assert (await one.look(office.db, CHANNELS, probe, now=NOW))[Health.STOPPED] == 1
    assert await alarms(office) == [("airing.alarm.stopped", 1)]
    late["by"] = 0
    await watch.look(office.db, CHANNELS, probe, now=NOW)
    assert await alarms(office) == []


async def test_wall_says_what_is_on_and_next_and_that_a_channel_without_a_plan_has_not_begun(office: DayOffice) -> None:
    await office.out("第一讲", 100)
    await office.out("第二讲", 50)
    await office.render()
    publisher, neighbour = await office.office.actor("publisher"), await office.office.actor("neighbour")
    at = NOW + dt.timedelta(seconds=8)
    async with office.db.read() as session:
        (tile,), count = await wall(session, publisher, CHANNELS, None, now=at)
        assert (await wall(session, neighbour, CHANNELS, None, now=at))[0] == []
    assert tile.now is not None
    assert tile.next is not None
    assert (count, tile.health, {tile.now.title, tile.next.title}) == (1, Health.GOOD, {"第一讲", "第二讲"})
    assert tile.now.end == tile.next.start
    assert tile.asset is not None
    assert tile.missing == ()
    async with office.db.write() as session:
        await session.execute(delete(AccountValue).where(AccountValue.account == CODE))
        (tile,), _ = await wall(session, publisher, CHANNELS, None, now=NOW)
    assert (tile.health, tile.now) == (Health.UNPLANNED, None)
