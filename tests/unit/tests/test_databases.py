"""The database fixtures give each test a database of its own, with and without tables."""

import psycopg
import pytest
import sqlalchemy as sa

from cms.kernel.base import Base
from cms.kernel.db import Database
from tests.postgres import Cluster


@pytest.mark.parametrize("turn", [1, 2])
async def test_database_when_written_by_one_test_is_empty_for_the_next(database: Database, turn: int) -> None:
    async with database.write() as session:
        await session.execute(sa.text("create table only_mine (n integer)"))
        await session.execute(sa.text("insert into only_mine values (:n)"), {"n": turn})
    async with database.read() as session:
        assert (await session.execute(sa.text("select n from only_mine"))).scalars().all() == [turn]


async def test_database_when_opened_has_every_table(database: Database) -> None:
    async with database.writer.connect() as connection:
        found = await connection.run_sync(lambda c: set(sa.inspect(c).get_table_names()))
    assert set(Base.metadata.tables) <= found


async def test_empty_url_when_opened_has_no_table(empty_url: str) -> None:
    database = Database(empty_url)
    async with database.writer.connect() as connection:
        assert await connection.run_sync(lambda c: sa.inspect(c).get_table_names()) == []
    await database.close()


@pytest.mark.postgres
def test_dropped_database_when_asked_for_is_gone(postgres: Cluster) -> None:
    name = postgres.create()
    postgres.drop(name)
    with pytest.raises(psycopg.OperationalError, match=name):
        psycopg.connect(host=str(postgres.folder), user="postgres", dbname=name)
