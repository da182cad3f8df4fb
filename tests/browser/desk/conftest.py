"""A desk in a browser: one installation on SQLite, its worker at hand, its pages at phone and desk size."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.desk.house import House, open_house


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with open_house(database, tmp_path, SystemClock()) as opened:
        yield opened
    await database.close()


@pytest.fixture
def shots() -> Path | None:
    """Where pictures of pages go for people to look at; None when nobody wants them."""
    folder = os.environ.get("YUNPING_TEST_SHOTS")
    return Path(folder) if folder else None
