"""Viewers in the database: several processes add up on either one, and nothing of a viewer outlives the viewing."""

import datetime as dt

from sqlalchemy import func, select

from cms.airing.models import ViewingDay, ViewingSalt, ViewingSession
from cms.airing.viewing import GAP, SETTLE, Counter
from cms.airing.viewing_rows import Viewing, add_batch, salt_of, viewing_of
from cms.kernel.db import Database
from cms.planning.models import Target
from cms.planning.targets import add_target
from tests.office import CENTRE, NOW

SECOND = dt.timedelta(seconds=1)


async def test_viewers_of_two_processes_are_added_up_and_forgotten(database: Database) -> None:
    async with database.write() as session:
        for code in ("tv-a", "tv-b"):
            await add_target(session, None, code=code, kind="tv", name=code, unit=CENTRE, now=NOW)
        salt = await salt_of(session, now=NOW)
        assert await salt_of(session, now=NOW + SECOND) == salt
        ids = {row.code: row.id for row in (await session.scalars(select(Target))).all()}
    one, two = Counter(), Counter()
    one.salt = two.salt = salt
    for step in range(0, 30, 5):
        at = NOW + step * SECOND
        (one if step % 2 else two).saw("tv-a", "", "10.0.0.1", "hls", at)
        one.saw("tv-a", "", "10.0.0.2", "hls", at)
        two.saw("tv-b", "ticket", "10.0.0.1", "hls", at)
        two.saw("no-such", "", "10.0.0.1", "hls", at)
    now = NOW + 30 * SECOND
    for counter in (one, two):
        async with database.write() as session:
            await add_batch(session, counter.taken(), now=now)
    async with database.read() as session:
        found = await viewing_of(session, list(ids.values()), now=now)
        assert found == {ids["tv-a"]: Viewing(2, 2, 0, 2), ids["tv-b"]: Viewing(1, 1, 0, 1)}
        assert "10.0.0.1" not in str((await session.execute(select(ViewingSession.viewer))).all())
    later = NOW + 30 * SECOND + GAP + SETTLE
    async with database.write() as session:
        assert await add_batch(session, {}, now=later) == 0
        assert await session.scalar(select(func.count()).select_from(ViewingSession)) == 0
        assert await viewing_of(session, [ids["tv-a"]], now=later) == {ids["tv-a"]: Viewing(0, 2, 50, 2)}
    tomorrow = NOW + dt.timedelta(days=1)
    async with database.write() as session:
        assert await salt_of(session, now=tomorrow) != salt
        assert await session.scalar(select(func.count()).select_from(ViewingSalt)) == 1
        assert await session.scalar(select(func.count()).select_from(ViewingDay)) == 2
        assert (await viewing_of(session, [ids["tv-a"]], now=tomorrow))[ids["tv-a"]] == Viewing()
