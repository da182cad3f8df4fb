"""A newsroom with a television channel, on SQLite; what differs by database is tested where its statements are."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.db import Database
from tests.day_office import DayOffice, open_day_office


@pytest.fixture
async def office(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[DayOffice]:
    path = tmp_path / "yunping.sqlite"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield await open_day_office(database)
    await database.close()
