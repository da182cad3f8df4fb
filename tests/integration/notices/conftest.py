"""A newsroom with all tables, once on SQLite and once on PostgreSQL."""

import pytest

from cms.kernel.db import Database
from tests.office import Office, make_office


@pytest.fixture
async def office(database: Database) -> Office:
    return await make_office(database)
