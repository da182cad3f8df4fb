"""Who may see and change whom a target reaches: what concerns their screens, and no screen of another unit."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from cms.contract import AudienceRule
from cms.kernel.db import Database
from cms.kernel.errors import Denied, NotFound
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.targets import add_target
from screens.audiences import save_audience, screen_target, screen_targets
from screens.tables import Screen

NOW = dt.datetime(2026, 11, 26, 4, 0, tzinfo=dt.UTC)
HERE, BESIDE, OVER = "/320509/04/", "/320509/05/", "/320509/"


def publisher(unit: str) -> Actor:
    return Actor(uuid.uuid4(), "顾晓峰", unit, (Grant(Role.PUBLISHER, unit),))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_audience_when_it_names_a_screen_elsewhere_asks_for_the_right_there(database: Database) -> None:
    async with database.write() as session:
        for code, unit in (("own", BESIDE), ("all", OVER)):
            await add_target(session, None, code=code, kind="screen", name=code, unit=unit, units=[unit], now=NOW)
        values = {"point": "", "orientation": "portrait", "paired_at": NOW, "paired_by": uuid.uuid4(), "change": 0}
        session.add(Screen(id=uuid.uuid4(), public="0123456789", name="屏", unit=HERE, key="x" * 43, **values))
        await session.flush()
        screen = str((await session.scalars(select(Screen.id))).one())
        with pytest.raises(NotFound):
            await screen_target(session, publisher(HERE), "own")
        assert [one.code for one in await screen_targets(session, publisher(HERE))] == ["all"]
        named = AudienceRule((BESIDE,), screens=(screen,))
        with pytest.raises(Denied):
            await save_audience(session, publisher(BESIDE), "own", named, now=NOW)
        with pytest.raises(Denied):
            await save_audience(session, publisher(HERE), "all", AudienceRule((OVER,)), now=NOW)
        for code, unit in (("own", BESIDE), ("all", OVER)):
            row = await screen_target(session, publisher(unit), code)
            assert row.settings == {}
