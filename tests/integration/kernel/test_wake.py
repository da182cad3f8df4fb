"""Wake-ups across connections and processes' connections, and through an outage."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from cms.kernel.db import Database
from cms.kernel.wake import EVERY, Wake, ring


@contextlib.asynccontextmanager
async def following(database: Database, *, every: float = EVERY) -> AsyncIterator[Wake]:
    made = Wake(database, every=every)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0.4)  # it listens
    try:
        yield made
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def wake(database: Database) -> AsyncIterator[Wake]:
    async with following(database) as made:
        yield made


async def _commit(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("create table if not exists woken (n integer)"))
        await session.execute(text("insert into woken values (1)"))
        await ring(session, "test")


async def test_commit_when_made_by_another_process_wakes_within_half_a_second(wake: Wake, database: Database) -> None:
    other = Database(database.url)  # its own engine, as another process has
    count = wake.count
    began = time.monotonic()
    await _commit(other)
    assert await wake.after(count, within=5) > count
    assert time.monotonic() - began < 2
    await other.close()


async def test_commit_when_made_here_wakes_at_once(wake: Wake, database: Database) -> None:
    count = wake.count
    await _commit(database)
    assert await wake.after(count, within=2) > count


async def test_commit_when_others_follow_rings_in_every_process_without_a_look(database: Database) -> None:
    other = Database(database.url)
    began = time.monotonic()
    async with following(database, every=60) as here, following(other, every=60) as there:
        counts = here.count, there.count
        await _commit(other)
        assert await here.after(counts[0], within=20) > counts[0]
        assert await there.after(counts[1], within=20) > counts[1]
        await asyncio.sleep(0.2)
        if database.is_sqlite:
            assert (here.count, there.count) == (counts[0] + 1, counts[1] + 1)
    assert time.monotonic() - began < 40  # and whoever stops waits for no look either
    await other.close()


async def test_loop_when_calm_looks_at_a_burst_once(wake: Wake, database: Database) -> None:
    count = wake.count
    waiter = asyncio.create_task(wake.after(count, within=20, calm=1.0))
    for _ in range(3):
        await _commit(database)
        await wake.after(count, within=2)
    assert not waiter.done()
    assert await waiter == wake.count


async def test_waiting_when_nothing_happens_ends_with_the_same_count(wake: Wake) -> None:
    assert await wake.after(wake.count, within=0.3) == wake.count


async def test_waiters_when_several_are_all_woken(wake: Wake, database: Database) -> None:
    count = wake.count
    waiters = [asyncio.create_task(wake.after(count, within=5)) for _ in range(5)]
    await asyncio.sleep(0.01)
    await _commit(database)
    assert all(found > count for found in await asyncio.gather(*waiters))
