"""A desk to walk through, on SQLite.

What statements do on PostgreSQL is tested beside the use cases that make them; here every page is opened on it once,
and what people do at the same time is.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.desk.house import House, open_house
from tests.schema import sqlite_by_default

database_url = sqlite_by_default


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, SystemClock()) as opened:
        yield opened
