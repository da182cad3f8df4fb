"""Leased rows on both databases: exactly once, whoever dies."""

import asyncio
import datetime as dt
import itertools
import os
import random
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from cms.kernel import leases
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.publishing.forks import Launcher
from tests.integration.publishing.lease_rows import Effect, Job, tables

T0 = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
STRICT = leases.LeaseRules(
    ready=frozenset({"due", "retry"}), held="working", retry="retry", poisoned="poisoned", max_attempts=3, alone="kind"
)


def at(seconds: float) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


@pytest.fixture
async def rows(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url)
    await tables(database)
    yield database
    await database.close()


async def add(database: Database, count: int = 1, **values: object) -> list[uuid.UUID]:
    keys = [uuid.uuid4() for _ in range(count)]
    async with database.write() as session:
        for index, key in enumerate(keys):
            row = {"id": key, "state": "due", "not_before": T0, "kind": str(index)} | values
            await session.execute(insert(Job).values(**row))
    return keys


async def take(database: Database, now: dt.datetime = T0, owner: str = "a", limit: int = 9) -> list[leases.Claim]:
    async with database.write() as session:
        return await leases.claim(session, Job, STRICT, owner=owner, now=now, limit=limit, poison={"priority": -1})


async def end(database: Database, held: leases.Claim) -> bool:
    async with database.write() as session:
        return await leases.finish(session, Job, STRICT, held, state="done")


async def state(database: Database, key: uuid.UUID) -> str:
    async with database.read() as session:
        return (await session.execute(select(Job.state).where(Job.id == key))).scalar_one()


async def test_a_claim_takes_due_rows_by_priority_and_leaves_future_ones(rows: Database) -> None:
    (low,) = await add(rows)
    (high,) = await add(rows, kind="x", priority=100)
    await add(rows, kind="y", not_before=at(1))
    assert [c.id for c in await take(rows)] == [high, low]
    assert await take(rows) == []


async def test_of_one_kind_only_one_is_held_at_a_time_and_the_first_goes_first(rows: Database) -> None:
    first, second = await add(rows, 2, kind="t")
    async with rows.write() as session:
        await session.execute(update(Job).where(Job.id == second).values(priority=100))
    (held,) = await take(rows)
    assert held.id == second
    assert await take(rows, owner="b") == []
    assert await end(rows, held)
    assert [c.id for c in await take(rows)] == [first]


async def test_a_worker_that_lost_its_lease_cannot_finish(rows: Database) -> None:
    await add(rows)
    (old,) = await take(rows)
    (new,) = await take(rows, now=at(61), owner="b")
    assert new.fence > old.fence
    assert not await end(rows, old)
    assert await end(rows, new)


async def test_two_workers_with_one_name_are_kept_apart_by_the_fence(rows: Database) -> None:
    await add(rows)
    (old,) = await take(rows)
    (new,) = await take(rows, now=at(61))
    async with rows.write() as session:
        assert not await leases.renew(session, Job, STRICT, old, now=at(62))
        assert await leases.renew(session, Job, STRICT, new, now=at(62))
    assert not await end(rows, old)
    assert await end(rows, new)


async def test_a_renewed_lease_is_not_taken(rows: Database) -> None:
    await add(rows)
    (held,) = await take(rows)
    async with rows.write() as session:
        assert await leases.renew(session, Job, STRICT, held, now=at(50))
    assert await take(rows, now=at(100), owner="b") == []


async def test_a_lease_from_before_the_clock_went_back_is_taken_over(rows: Database) -> None:
    await add(rows, not_before=at(-7200))
    await take(rows)
    assert len(await take(rows, now=at(-3600), owner="b")) == 1


async def test_a_row_that_costs_three_leases_is_put_away_and_others_go_on(rows: Database) -> None:
    (poison,) = await add(rows)
    for attempt in range(3):
        assert len(await take(rows, now=at(61 * attempt))) == 1
    (other,) = await add(rows, kind="x")
    assert [c.id for c in await take(rows, now=at(61 * 3))] == [other]
    assert await state(rows, poison) == "poisoned"


async def test_a_failure_waits_and_after_the_last_try_is_final(rows: Database) -> None:
    (key,) = await add(rows)
    now, waits = T0, []
    for _ in range(3):
        (held,) = await take(rows, now=now)
        async with rows.write() as session:
            await leases.fail(session, Job, STRICT, held, now=now, jitter=0, failed="failed")
        async with rows.read() as session:
            due = (await session.execute(select(Job.not_before).where(Job.id == key))).scalar_one()
        waits.append((due - now).total_seconds())
        assert await take(rows, now=due - dt.timedelta(milliseconds=1)) == []
        now = due
    assert waits == [5, 10, 20]
    assert await state(rows, key) == "failed"


async def test_a_wait_somebody_asked_for_costs_no_attempt(rows: Database) -> None:
    (key,) = await add(rows)
    for turn in range(5):
        (held,) = await take(rows, now=at(60 * turn))
        async with rows.write() as session:
            wait = dt.timedelta(seconds=60)
            await leases.fail(session, Job, STRICT, held, now=at(60 * turn), jitter=0, failed="failed", after=wait)
    assert await state(rows, key) == "retry"


async def test_looking_for_work_finds_due_and_abandoned_rows_only(rows: Database) -> None:
    async def due(now: dt.datetime) -> bool:
        async with rows.read() as session:
            return await leases.is_due(session, Job, STRICT, now=now)

    assert not await due(T0)
    await add(rows, not_before=at(1))
    assert not await due(T0)
    assert await due(at(1))
    await take(rows, now=at(1))
    assert not await due(at(2))
    assert await due(at(62))


@pytest.mark.parametrize(("jobs", "kills"), [(120, 8), pytest.param(300, 12, marks=pytest.mark.faults)])
async def test_eight_workers_when_killed_at_random_do_each_job_exactly_once(
    rows: Database, tmp_path: Path, jobs: int, kills: int
) -> None:
    now = SystemClock().now()
    keys = await add(rows, jobs, not_before=now)
    stop, killed = tmp_path / "stop", 0
    launcher = await Launcher.of("tests.integration.publishing.lease_rows", rows.url, str(stop))
    names = (f"w{number}" for number in itertools.count())

    async def done() -> int:
        async with rows.read() as session:
            return await session.scalar(select(func.count()).select_from(Job).where(Job.state == "done")) or 0

    workers = [await launcher.start(next(names)) for _ in range(8)]
    while (finished := await done()) < len(keys):
        if finished > 12 and killed < kills:
            victim = random.randrange(8)
            os.kill(workers[victim], signal.SIGKILL)
            killed += 1
            workers[victim] = await launcher.start(next(names))
        await asyncio.sleep(0.1)
    stop.touch()
    assert await launcher.join() == 0
    async with rows.read() as session:
        effects = (await session.execute(select(Effect.job, func.count()).group_by(Effect.job))).all()
    assert sorted((str(job), times) for job, times in effects) == sorted((str(key), 1) for key in keys)
    assert killed >= 2
