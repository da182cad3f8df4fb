"""Between two pieces nothing flashes, and after hundreds of them nothing is left behind."""

import asyncio
import base64
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page

from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import two_short
from tests.fakes.street import Street, at_least, colour_of, cropped, facts, paired, until

pytestmark = pytest.mark.browser


async def test_no_frame_between_pieces_is_white_or_black(screen: Page, town: Street) -> None:
    await town.gateway.publish(issue_of(two_short(town.gateway.media), version=1, show=900))
    await until(screen, lambda said: said.get("mode") == "loop")
    await asyncio.sleep(1)
    before = int((await facts(screen))["swaps"])
    frames = await recorded(screen, seconds=10)
    assert int((await facts(screen))["swaps"]) - before >= 4
    assert len(frames) > 30
    for frame in frames:
        red, green, blue = colour_of(cropped(frame, share=1 / 3))
        assert 20 < (red + green + blue) // 3 < 200
        assert max(green, blue) > red + 15  # one of the two covers, or both


async def recorded(page: Page, *, seconds: float) -> list[bytes]:
    """Every frame the compositor made in that time."""
    session = await page.context.new_cdp_session(page)
    frames: list[bytes] = []
    pending: set[asyncio.Future[Any]] = set()

    def keep(event: dict[str, Any]) -> None:
        frames.append(base64.b64decode(event["data"]))
        task = asyncio.ensure_future(session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        pending.add(task)
        task.add_done_callback(pending.discard)

    session.on("Page.screencastFrame", keep)
    await session.send("Page.startScreencast", {"format": "jpeg", "quality": 60, "maxWidth": 270, "maxHeight": 480})
    await asyncio.sleep(seconds)
    await session.send("Page.stopScreencast")
    await asyncio.gather(*pending)
    return frames


async def test_two_hundred_swaps_leave_no_memory_behind(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")  # the same swaps without the fade's waiting
    await paired(page, town)
    await town.gateway.publish(issue_of(two_short(town.gateway.media), version=1, show=40))
    session = await context.new_cdp_session(page)
    # A look may fall into a swap, when both frames stand in the page, or beside one: the fuller of two looks is the
    # measure, and of two later ones in a row one must not be over it.
    first, second = await weighed(page, session, swaps=40), await weighed(page, session, swaps=43)
    early = max(first["nodes"], second["nodes"])
    late = await weighed(page, session, swaps=240)
    again = await weighed(page, session, swaps=243)
    assert min(late["nodes"], again["nodes"]) <= early * 1.1 + 50
    assert late["heap"] - second["heap"] < 1_000_000


async def weighed(page: Page, session: CDPSession, *, swaps: int) -> dict[str, float]:
    """Heap bytes and DOM nodes after so many swaps, garbage taken out."""
    await until(page, at_least("swaps", swaps), within=90)
    await session.send("HeapProfiler.collectGarbage")
    heap = await session.send("Runtime.getHeapUsage")
    dom = await session.send("Memory.getDOMCounters")
    return {"heap": heap["usedSize"], "nodes": dom["nodes"]}
