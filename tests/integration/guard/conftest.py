"""Fixtures: an office with people, and one fresh from the first start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.guard.office import Clock, Office, guard_in, settings_in


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Office]:
    settings, clock = settings_in(tmp_path), Clock()
    async with guard_in(settings, clock) as client:
        secret = (settings.directory / "first-run").read_text("utf-8")
        yield Office(settings, client, clock, secret)


@pytest.fixture
async def office(fresh: Office) -> Office:
    await fresh.opened()
    return fresh
