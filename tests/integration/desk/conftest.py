"""A desk to walk through, once on SQLite and once on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.desk.house import House, open_house


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, SystemClock()) as opened:
        yield opened


@pytest.fixture
async def sqlite(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """For what does not differ between the databases."""
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    opened = Database(f"sqlite+aiosqlite:///{path}")
    yield opened
    await opened.close()
