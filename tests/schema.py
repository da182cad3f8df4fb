"""The tables of the house, built once a run; copied or emptied for each test."""

import asyncio
import contextlib
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cms.kernel.db import Database, normal_url, sync_url
from tests.postgres import Cluster

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
# Where a folder's tests use SQLite unless they say otherwise.
on_both = pytest.mark.parametrize("database_url", KINDS, indirect=True)


def build(url: str) -> None:
    """Brings the empty database at `url` to the newest revision, as an installation does."""
    # Here, so that the many tests without a database do not wait for every table of the house.
    from deploy import migrate  # noqa: PLC0415
    from deploy.tables import METADATA  # noqa: PLC0415

    if not any(migrate.FOLDER.glob("versions/*.py")):
        _create(url, METADATA)
        return
    migrate.upgrade(url)


def _create(url: str, tables: sa.MetaData) -> None:
    engine = sa.create_engine(sync_url(normal_url(url)))
    tables.create_all(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def _of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "schema"
    folder.mkdir(exist_ok=True)
    return folder


@contextlib.contextmanager
def _alone(folder: Path, name: str) -> Iterator[Path]:
    """The path of something the first worker makes and the others wait for."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / name


@pytest.fixture(scope="session")
def _sqlite_template(_of_the_run: Path) -> Path:
    with _alone(_of_the_run, "template.sqlite") as path:
        if not path.exists():
            made = path.with_name("making.sqlite")
            build(f"sqlite:///{made}")
            made.replace(path)
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: Cluster, _of_the_run: Path) -> str:
    with _alone(_of_the_run, "template.postgres") as path:
        if not path.exists():
            name = postgres.create()
            build(postgres.url(name))
            path.write_text(name)
        return path.read_text()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'yunping.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables, once on SQLite and once on PostgreSQL."""
    return url_of(request, tmp_path)


def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables, of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        path = tmp_path / "yunping.sqlite"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        return f"sqlite+aiosqlite:///{path}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.url(cluster.emptied(request.getfixturevalue("_postgres_template")))


# The `database_url` of a module or folder that needs PostgreSQL for some of its tests only, in a usual run: those are
# `on_both`. `./yunping test both` runs all the others there, too.
sqlite_by_default = pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.both])]
)(url_of)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An opened database with all tables, once on SQLite and once on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """For what does not differ between the databases."""
    path = tmp_path / "alone.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    opened = Database(f"sqlite+aiosqlite:///{path}")
    yield opened
    await opened.close()
