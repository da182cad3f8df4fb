"""The server is gone: the loop goes on; a browser started again shows what it showed, never what was recalled."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.chromium import CHROMIUM, FLAGS, SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, COVER, piece, two_short
from tests.fakes.street import Street, facts, near, paired, pixel, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser


@contextlib.asynccontextmanager
async def browser_of(folder: Path) -> AsyncIterator[Page]:
    """A browser whose disk outlives it."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder), executable_path=CHROMIUM, args=list(FLAGS), viewport=SCREEN, locale="zh-CN"
        )
        yield context.pages[0]
        await context.close()


async def test_loop_when_the_server_is_gone_goes_on(pages: Pages, screen: Page, town: Street) -> None:
    made = two_short(town.gateway.media)
    await town.gateway.publish(issue_of(made, version=1, show=1_500))
    await until(screen, lambda said: said.get("version") == "1" and said.get("mode") == "loop")
    await town.gateway.close()
    await until(screen, lambda said: said.get("link") == "down")
    for one in (*made, *made):
        await until(screen, standing(one.release))
    pages.complaints = [said for said in pages.complaints if "CONNECTION_REFUSED" not in said]


async def test_screen_that_is_told_goodbye_is_down_until_it_comes_back(screen: Page, town: Street) -> None:
    await until(screen, lambda said: said.get("link") == "up")
    met = [said["t"] for said in town.gateway.said].count("hello")
    await town.gateway.dismiss("busy", retry=3_000)
    await until(screen, lambda said: said.get("link") == "down", within=1.4)
    await until(screen, lambda said: said.get("link") == "up")
    assert [said["t"] for said in town.gateway.said].count("hello") == met + 1


async def test_browser_when_started_again_without_a_server_shows_the_same_piece(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "家门口的文明实践站", BLUE)
    async with browser_of(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([blue], version=3))
        await until(page, standing(blue.release))
    await town.gateway.close()
    async with browser_of(tmp_path / "profile") as page:
        await page.goto(town.url)
        await until(page, standing(blue.release), within=10)
        await asyncio.sleep(0.8)
        assert near(await pixel(page, *COVER), BLUE)


async def test_recalled_piece_after_a_restart_without_a_server_stays_away(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "家门口的文明实践站", BLUE)
    async with browser_of(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([blue], version=3))
        await until(page, standing(blue.release))
        await town.gateway.publish(issue_of([blue], version=3, seq=4, recalls=world.recalls(2, blue.release)))
        await until(page, lambda said: said.get("mode") == "slate")
    await town.gateway.close()
    async with browser_of(tmp_path / "profile") as page:
        await page.goto(town.url)
        await until(page, lambda said: said.get("mode") == "slate")
        for _ in range(20):
            await asyncio.sleep(0.1)
            assert (await facts(page))["mode"] == "slate"


async def test_screen_when_the_server_comes_back_takes_the_newest_state(
    pages: Pages, screen: Page, town: Street
) -> None:
    first, second = two_short(town.gateway.media)
    await town.gateway.publish(issue_of([first], version=1))
    await until(screen, standing(first.release))
    await town.gateway.stop()
    await until(screen, lambda said: said.get("link") == "down")
    town.gateway.state = town.gateway.signed(issue_of([second], version=2))
    await town.gateway.start()
    await until(screen, standing(second.release))
    hello = [said for said in town.gateway.said if said["t"] == "hello"][-1]
    assert hello["have"] == {"epoch": 1, "version": 1, "recalls": 1, "root": 1, "delegations": 1}
    pages.complaints = [said for said in pages.complaints if "WebSocket" not in said]
