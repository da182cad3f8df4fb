"""Reading and writing on both databases: nothing is lost, readers cannot write, hooks run after a commit only."""

import asyncio
import datetime as dt
import gc
import random
import threading
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import QueuePool

from cms.kernel.base import NAMING, Base, BigId, Instant, Json, Key
from cms.kernel.db import Database, normal_url, sync_url

TASKS, ROUNDS = 8, 100


class Model(DeclarativeBase):
    """A base of its own with the house's types, so that the house's tables stay as they are."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = Base.type_annotation_map


class Counter(Model):
    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    value: Mapped[int]


class Thing(Model):
    __tablename__ = "thing"
    id: Mapped[Key]
    at: Mapped[dt.datetime | None]
    data: Mapped[dict[str, Any]]
    code: Mapped[str] = mapped_column(unique=True)


@pytest.fixture
async def db(empty_url: str) -> AsyncIterator[Database]:
    opened = Database(empty_url)
    async with opened.writer.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    async with opened.write() as session:
        session.add(Counter(id=1, value=0))
    yield opened
    await opened.close()


async def value_of(db: Database) -> int:
    async with db.read() as session:
        return (await session.execute(select(Counter.value).where(Counter.id == 1))).scalar_one()


async def test_counters_when_eight_tasks_read_then_write_lose_nothing(db: Database) -> None:
    async def work() -> None:
        for _ in range(ROUNDS):
            async with db.write() as session:
                row = await session.get_one(Counter, 1, with_for_update=True)
                await asyncio.sleep(0)
                row.value += 1

    await asyncio.gather(*(work() for _ in range(TASKS)))
    assert await value_of(db) == TASKS * ROUNDS


async def test_counters_when_two_openings_of_one_database_write_lose_nothing(db: Database, empty_url: str) -> None:
    """As two processes do: the turn is the database's, not this object's lock."""
    other = Database(empty_url)

    async def work(opened: Database) -> None:
        for _ in range(50):
            async with opened.write() as session:
                row = await session.get_one(Counter, 1, with_for_update=True)
                row.value += 1

    await asyncio.gather(work(db), work(other), work(db), work(other))
    await other.close()
    assert await value_of(db) == 200


async def test_reader_when_it_writes_is_refused(db: Database) -> None:
    async with db.read() as session:
        with pytest.raises(DBAPIError):
            await session.execute(update(Counter).values(value=99))
    async with db.read() as session:
        with pytest.raises(DBAPIError):
            await session.execute(insert(Counter).values(id=2, value=1))
    async with db.read() as session:
        session.add(Counter(id=3, value=1))
        with pytest.raises(DBAPIError):
            await session.commit()
    assert await value_of(db) == 0


async def test_writer_after_a_reader_was_refused_still_writes(db: Database) -> None:
    """The connection that was read-only goes back into a pool that writers may share."""
    for _ in range(15):
        async with db.read() as session:
            await session.execute(select(Counter))
        async with db.write() as session:
            await session.execute(update(Counter).values(value=Counter.value + 1))
    assert await value_of(db) == 15


async def test_readers_when_a_writer_is_at_work_see_the_last_commit(db: Database) -> None:
    async with db.write() as session:
        await session.execute(update(Counter).values(value=7))
        async with asyncio.timeout(5):
            assert await value_of(db) == 0
    assert await value_of(db) == 7


async def test_block_when_it_raises_leaves_nothing(db: Database) -> None:
    async def failing() -> None:
        async with db.write() as session:
            await session.execute(update(Counter).values(value=7))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert await value_of(db) == 0
    async with db.write() as session:
        await session.execute(update(Counter).values(value=8))
    assert await value_of(db) == 8


async def test_block_when_cancelled_leaves_nothing_and_lets_the_next_one_in(db: Database) -> None:
    inside = asyncio.Event()

    async def stuck() -> None:
        async with db.write() as session:
            await session.execute(update(Counter).values(value=7))
            inside.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(stuck())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), db.write() as session:
        assert (await session.get_one(Counter, 1)).value == 0


async def test_hook_when_the_block_commits_runs_after_it_and_sees_it(db: Database) -> None:
    seen: list[str] = []
    db.on_commit(lambda: seen.append("hook"))
    async with db.write() as session:
        await session.execute(update(Counter).values(value=5))
        seen.append("in the block")
    assert seen == ["in the block", "hook"]
    assert await value_of(db) == 5


async def test_hook_when_the_block_fails_does_not_run(db: Database) -> None:
    seen: list[str] = []
    db.on_commit(lambda: seen.append("hook"))
    with pytest.raises(IntegrityError):
        async with db.write() as session:
            session.add(Counter(id=1, value=1))
    async with db.read() as session:
        await session.execute(select(Counter))
    assert seen == []


async def test_rows_when_read_back_have_the_types_of_the_house(db: Database) -> None:
    key = uuid.uuid4()
    at = dt.datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    async with db.write() as session:
        session.add(Thing(id=key, at=at, data={"标题": ["吴江", 1, None]}, code="a"))
        session.add(Thing(id=uuid.uuid4(), at=None, data={}, code="b"))
    async with db.read() as session:
        found = await session.get_one(Thing, key)
        empty = (await session.execute(select(Thing).where(Thing.at.is_(None)))).scalar_one()
    assert (found.at, found.data, found.id) == (at, {"标题": ["吴江", 1, None]}, key)
    assert found.at is not None
    assert found.at.utcoffset() == dt.timedelta(0)
    assert empty.code == "b"


async def test_instants_when_compared_in_a_query_order_by_time(db: Database) -> None:
    moments = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (1965, 1970, 2026)]
    async with db.write() as session:
        for number, at in enumerate(moments):
            session.add(Thing(id=uuid.uuid4(), at=at, data={}, code=str(number)))
    async with db.read() as session:
        found = await session.execute(select(Thing.code).where(Thing.at < moments[2]).order_by(Thing.at.desc()))
    assert list(found.scalars()) == ["1", "0"]


async def test_naive_time_when_written_is_refused(db: Database) -> None:
    with pytest.raises(Exception, match="naive"):
        async with db.write() as session:
            session.add(Thing(id=uuid.uuid4(), at=dt.datetime(2026, 1, 1), data={}, code="n"))


async def test_constraints_when_made_have_names_that_a_migration_can_drop(db: Database) -> None:
    async with db.writer.connect() as connection:
        found = await connection.run_sync(lambda c: inspect(c).get_unique_constraints("thing"))
    assert [one["name"] for one in found] == ["uq_thing_code"]
    assert {type(Thing.__table__.c.at.type), type(Thing.__table__.c.data.type)} == {Instant, type(Json)}


async def test_database_when_it_answers_is_pinged(db: Database) -> None:
    await db.ping()


async def test_database_when_it_cannot_be_opened_says_so(tmp_path: Any) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/x.db")
    with pytest.raises(DBAPIError):
        await away.ping()
    await away.close()
    # aiosqlite's thread reports its end to the loop, which must still be there.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_data_version_when_another_opening_commits_changes_on_sqlite(db: Database, empty_url: str) -> None:
    before = await db.data_version()
    other = Database(empty_url)
    async with other.write() as session:
        await session.execute(update(Counter).values(value=3))
    await other.close()
    assert (await db.data_version() != before) is db.is_sqlite


async def test_connection_when_opened_has_the_settings_of_the_house(db: Database) -> None:
    if not db.is_sqlite:
        async with db.read() as session:
            assert (await session.execute(text("show transaction_read_only"))).scalar_one() == "on"
        return
    async with db.write() as session:
        found = [
            (await session.execute(text(f"pragma {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize(
    ("given", "normal", "sync"),
    [
        ("sqlite:////a/b.db", "sqlite+aiosqlite:////a/b.db", "sqlite:////a/b.db"),
        ("sqlite+aiosqlite:///b.db", "sqlite+aiosqlite:///b.db", "sqlite:///b.db"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://h/d?host=/run", "postgresql+psycopg://h/d?host=/run", "postgresql+psycopg://h/d?host=/run"),
        ("postgresql+asyncpg://h/d", "postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_url_when_given_in_any_spelling_gets_the_drivers_of_the_house(given: str, normal: str, sync: str) -> None:
    assert normal_url(given) == normal
    assert sync_url(normal) == sync


@pytest.mark.parametrize("url", ["mysql://h/d", "", "yunping.db", "file:///x"])
def test_url_of_another_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        normal_url(url)


@pytest.mark.usefixtures("own_thread")
@pytest.mark.parametrize("rounds", [8, pytest.param(100, marks=pytest.mark.faults)])
async def test_reading_and_writing_when_cancelled_at_any_moment_leave_no_connection_behind(
    database: Database, rounds: int
) -> None:
    async def ask() -> None:
        while True:
            async with database.read() as session:
                await session.execute(text("select 1"))
            async with database.write() as session:
                await session.execute(text("select 2"))

    at = random.Random(7)
    for _ in range(rounds):
        tasks = [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(at.random() * 0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for engine in (database.reader, database.writer):
            assert isinstance(engine.pool, QueuePool)
            assert engine.pool.checkedout() == 0
    gc.collect()  # what was lost complains now, and every warning is an error
