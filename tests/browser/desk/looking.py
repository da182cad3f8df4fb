"""Looking at a page as a person would: its pictures in both lights where they are wanted, and its accessibility."""

import os
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from tests.browser.axe import violations

SHOTS = os.environ.get("YUNPING_TEST_SHOTS", "")


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png", full_page=name.startswith("phone"))
        await page.emulate_media(color_scheme="light")


async def is_accessible(page: Page) -> None:
    found = await violations(page)
    assert not found, "\n".join((page.url, *found))
