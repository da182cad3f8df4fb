"""The box keeps its screen alive: a crashed page comes back, a start needs neither network nor the box's server."""

import asyncio
import contextlib
import datetime as dt
import json
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Error, Page, Playwright, Route, async_playwright

from tests.browser.player.test_alone import browser_of
from tests.chromium import CHROMIUM, FLAGS, SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece, two_short
from tests.fakes.street import Street, facts, paired, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

BACK_S = 15.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def kiosk(town: Street, folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The box's own starter of a browser, which has no display here and a port for the test to look through."""
    port = free_port()
    wrapper = folder / "chromium"
    flags = " ".join((*FLAGS, "--headless", f"--remote-debugging-port={port}", "--window-size=1080,1920"))
    wrapper.write_text(f'#!/bin/sh\nexec {CHROMIUM} {flags} "$@" 2>/dev/null\n')
    wrapper.chmod(0o755)
    arguments = ("--dir", str(town.folder), "--port", town.url.rstrip("/").rpartition(":")[2])
    starter = await asyncio.create_subprocess_exec(
        sys.executable,
        str(town.folder / "browse.py"),
        *(*arguments, "--profile", str(folder / "profile"), "--chromium", str(wrapper)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield starter, port
    finally:
        starter.terminate()
        await starter.wait()


async def joined(playwright: Playwright, port: int) -> Page:
    """The kiosk's page, as soon as its browser lets us in."""
    for _ in range(200):
        with contextlib.suppress(Error):
            chromium = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            if chromium.contexts and chromium.contexts[0].pages:
                return chromium.contexts[0].pages[0]
        await asyncio.sleep(0.1)
    raise AssertionError("the browser did not start")


def heard(town: Street) -> int | None:
    """Milliseconds since the page last told the box that it paints."""
    with urllib.request.urlopen(f"{town.url}health", timeout=5) as answer:
        silent: int | None = json.load(answer)["silent"]
        return silent


async def test_crashed_page_is_back_within_fifteen_seconds(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE, text="短。")
    async with async_playwright() as playwright, kiosk(town, tmp_path) as (starter, port):
        page = await joined(playwright, port)
        await until(page, lambda said: said.get("mode") == "pairing")
        town.gateway.pair()
        await until(page, lambda said: said.get("link") == "up")
        await town.gateway.publish(issue_of([blue], version=1))
        await until(page, standing(blue.release))
        town.gateway.said.clear()
        session = await page.context.new_cdp_session(page)
        crash = asyncio.ensure_future(session.send("Page.crash"))  # chrome://crash itself asks for a person's hand
        began = asyncio.get_running_loop().time()
        while "shown" not in [said.get("state") for said in town.gateway.said]:
            assert asyncio.get_running_loop().time() - began < BACK_S
            await asyncio.sleep(0.05)
        crash.cancel()
        assert starter.returncode is None  # the same browser, a new page
        assert (await asyncio.to_thread(heard, town) or 0) < BACK_S * 1000


HOUR = 3_600_000
BEFORE = 15_000  # ms before three at night at which the pieces come
# It has stood for seven hours; the page that comes after it has not.
AGED = """
if (location.protocol === "http:" && !sessionStorage.getItem("rested")) {
  const now = performance.now.bind(performance);
  performance.now = () => now() + 25_200_000;
  addEventListener("pagehide", () => sessionStorage.setItem("rested", "yes"));
}
"""


def at_three(instant: int) -> str:
    """A zone in which it is three at night at this instant (ms)."""
    hours = 3 - dt.datetime.fromtimestamp(instant / 1000, dt.UTC).hour
    return f"Etc/GMT{-(hours + 24 if hours < -12 else hours):+d}"


async def test_page_at_night_is_loaded_anew_when_the_loop_ends_and_shows_again(pages: Pages, town: Street) -> None:
    made = two_short(town.gateway.media)
    three = (world.T0 // HOUR + 1) * HOUR
    page = await (await pages.context(SCREEN)).new_page()
    await page.add_init_script(AGED)

    async def told(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "zone": at_three(three)})

    await page.route("**/config.json", told)
    await paired(page, town)
    stood: list[str] = []
    left: list[str] = []
    page.on("framenavigated", lambda _: left.extend(stood[-1:]))
    await town.gateway.publish(replace(issue_of(made, version=1, show=1_500), at=three - BEFORE))
    async with asyncio.timeout(90):
        while not left:
            with contextlib.suppress(Error):  # the page is on its way
                stood += [release] if (release := (await facts(page)).get("release")) else []
            await asyncio.sleep(0.05)
    assert {one.release for one in made} == set(stood)
    assert left[0] == made[-1].release  # the last of the loop had stood, and the first had not come again
    await until(page, standing(made[0].release))
    await until(page, standing(made[1].release))


KEPT = """
async () => {
  const { version } = await (await fetch("/shell.json")).json();
  const cache = await caches.open("shell-" + version);
  while (!(await cache.match("shell.json"))) await new Promise((resolve) => setTimeout(resolve, 50));
}
"""


async def test_start_without_network_and_without_the_box_shows_the_piece(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "家门口的文明实践站", BLUE, text="短。")
    async with browser_of(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([blue], version=3))
        await until(page, standing(blue.release))
        await page.evaluate(KEPT)
    await town.gateway.close()
    town.box.terminate()
    await town.box.wait()
    async with browser_of(tmp_path / "profile") as page:
        await page.goto(town.url)
        await until(page, standing(blue.release), within=10)
        assert not [one for one in town.gateway.said if one["t"] == "hello" and one["have"]["version"] == 3]
