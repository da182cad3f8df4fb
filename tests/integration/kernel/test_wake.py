"""Wake-ups across connections and processes' connections, and through an outage."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from cms.kernel.db import Database
from cms.kernel.wake import Wake, ring


@pytest.fixture
async def wake(database: Database) -> AsyncIterator[Wake]:
    made = Wake(database)
    task = asyncio.create_task(made.run())
    await asyncio.sleep(0.4)  # it listens
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


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
    assert await wake.after(count, within=0.01) > count


async def test_waiting_when_nothing_happens_ends_with_the_same_count(wake: Wake) -> None:
    assert await wake.after(wake.count, within=0.3) == wake.count


async def test_waiters_when_several_are_all_woken(wake: Wake, database: Database) -> None:
    count = wake.count
    waiters = [asyncio.create_task(wake.after(count, within=5)) for _ in range(5)]
    await asyncio.sleep(0.01)
    await _commit(database)
    assert all(found > count for found in await asyncio.gather(*waiters))
