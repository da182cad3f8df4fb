"""A street with an installed player for each test, and a browser that stands in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.chromium import SCREEN, Pages
from tests.fakes.street import Street, paired, street


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Street]:
    """A gateway, a media server and the box's server with the player `install --prefix` copied."""
    async with street(tmp_path / "box") as made:
        yield made


@pytest.fixture
async def screen(pages: Pages, town: Street) -> AsyncIterator[Page]:
    """The player paired with the town, at 1080×1920; gone before the town is, or it would complain of that."""
    page = await (await pages.context(SCREEN)).new_page()
    await paired(page, town)
    yield page
    await page.close()
