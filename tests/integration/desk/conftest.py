"""A desk to walk through, once on SQLite and once on PostgreSQL."""

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
