"""A newsroom with targets, on SQLite; what differs by database is tested where its statements are."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.db import Database
from tests.calendar_office import Calendar, open_calendar


@pytest.fixture
async def calendar(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Calendar]:
    path = tmp_path / "yunping.sqlite"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield await open_calendar(database)
    await database.close()
