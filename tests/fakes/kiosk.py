"""The browser of a box without a display: moved over its parent's pipes, as `browse.py` does it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from screens.kiosk.devtools import Devtools
from screens.kiosk.limbs import Limbs, LimbServer
from tests.chromium import CHROMIUM, FLAGS


@contextlib.asynccontextmanager
async def browsing(box: Path, url: str, profile: Path) -> AsyncIterator[Devtools]:
    """Chromium on the page of the box's server at `url`; the box in folder `box` can move it."""
    words = [CHROMIUM, *FLAGS, "--headless=new", "--window-size=1080,2064", "--hide-scrollbars", "--log-level=3"]
    browser = await asyncio.to_thread(Devtools, [*words, f"--user-data-dir={profile}", url])
    door = await asyncio.to_thread(LimbServer, box / "state" / "limbs.sock", Limbs(browser))
    door.start()
    try:
        yield browser
    finally:
        door.close()
        browser.child.kill()
        await asyncio.to_thread(browser.child.wait)
