"""Values on their way from the rows to the screens: the newest, to whom they concern, once each."""

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import insert, update

from cms.datafeeds.models import DataFeed
from cms.kernel.wake import ring
from cms.people.models import Person, Unit
from screens.simulator import Fleet
from tests.integration.screens.conftest import CLOCK, Street, eventually
from tests.vectors import world
from tests.vectors.world import by, feed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _keep(street: Street, code: str) -> None:
    now = CLOCK.now()
    async with street.database.write() as session:
        unit, person = uuid.uuid4(), uuid.uuid4()
        path = f"/320509/{code}/"
        session.add(Unit(id=unit, code=code, name=code, level="institute", path=path, created_at=now))
        await session.flush()
        session.add(Person(id=person, name="云维", login=code, unit_id=unit, created_at=now))
        await session.flush()
        kept = {"name": code, "unit_path": path, "fields": world.card()["fields"], "schema": "a" * 64, "lasts": 60}
        more = {"active": True, "epoch": 0, "seq": 0, "values": {}, "said_by": "", "refused_params": {}}
        await session.execute(insert(DataFeed).values(code=code, created_by=person, created_at=now, **kept, **more))


async def _say(street: Street, code: str, seq: int, *, lasts: int = 3_600) -> None:
    signed = by(feed(seq, feed=code), "feed air")
    now = CLOCK.now()
    said: dict[str, Any] = {"signed": signed.wire(), "epoch": 1, "seq": seq, "at": now}
    async with street.database.write() as session:
        ends = now + dt.timedelta(seconds=lasts)
        await session.execute(update(DataFeed).where(DataFeed.code == code).values(**said, expires_at=ends))
        await ring(session, "datafeeds")


def _seqs(screen: Any) -> list[str]:
    return [
        one.text.partition('"feed":"')[2].partition('"')[0] + one.text.partition('"seq":')[2].partition(",")[0]
        for one in screen.heard.feeds
    ]


async def test_newest_values_reach_those_whose_line_up_has_a_card_of_the_feed(street: Street) -> None:
    near, far, later = await street.enrol(3, root=street.district.root)
    await _keep(street, "air")
    await _keep(street, "old")
    await _say(street, "old", 1, lasts=-1)
    await street.publish([near, later], feeds=("air", "old"))
    await street.publish([far], audience="square", feeds=())
    async with Fleet([near, far]) as some:
        await some.live()
        await eventually(lambda: near.heard.newest and far.heard.newest)
        await _say(street, "air", 1)
        await eventually(lambda: _seqs(near) == ["air1"])
        await _say(street, "air", 2)
        await eventually(lambda: _seqs(near) == ["air1", "air2"])
        async with Fleet([later]):
            await eventually(lambda: _seqs(later) == ["air2"])
        async with Fleet([later]):  # comes back: the newest again, whatever it holds
            await eventually(lambda: _seqs(later) == ["air2", "air2"])
        await street.publish([far], audience="square", feeds=("air",))
        await eventually(lambda: _seqs(far) == ["air2"])
        assert _seqs(near) == ["air1", "air2"]
        same = {id(street.live.registry.get(uuid.UUID(str(one.screen))).fed) for one in (near, far)}  # type: ignore[union-attr]
        assert len(same) == 2  # one text for each set of feeds, not for each screen
    assert not any(one.heard.faults for one in (near, far, later))
