"""Chromium for tests: one browser a worker, pages at the sizes people look at; no script error goes unnoticed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    async_playwright,
)

# As on a box, and the same engine without windows, which takes two fifths of the processor time.
CHROMIUM = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"
# Without a sandbox, because root may not have one; quiet, because nothing may be asked of another machine.
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--autoplay-policy=no-user-gesture-required",
)
# A server that is gone, or a socket that its page does without.
_AWAY = ("Failed to load resource", "WebSocket connection to")
SCREEN = ViewportSize(width=1080, height=1920)
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1440, height=900)


@dataclass
class Pages:
    """Opens pages in contexts of their own (cookies and storage apart) and gathers what their scripts complain of."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def context(
        self, viewport: ViewportSize = DESK, *, touch: bool = False, service_workers: bool = True, scripts: bool = True
    ) -> BrowserContext:
        context = await self.browser.new_context(
            viewport=viewport,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=touch,
            java_script_enabled=scripts,
            reduced_motion="no-preference",
            service_workers="allow" if service_workers else "block",
        )
        self.contexts.append(context)
        context.on("weberror", lambda found: self._complain(found.error))
        context.on("console", self._console)
        return context

    async def open(self, url: str, viewport: ViewportSize = DESK, *, touch: bool = False) -> Page:
        """A page that has loaded `url`, in a context of its own."""
        page = await (await self.context(viewport, touch=touch)).new_page()
        await page.goto(url)
        return page

    def _complain(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _console(self, message: ConsoleMessage) -> None:
        # An answer of 4xx or a server that is gone is what many tests are about; a broken policy or script is not.
        if message.type == "error" and not message.text.startswith(_AWAY):
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser a worker: starting one takes longer than most tests; their contexts keep them apart."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def pages(chromium: Browser) -> AsyncIterator[Pages]:
    """Opens pages; the test fails at its end if a script threw or the content policy was broken.

    A test that provokes such an error clears `pages.complaints` after looking at it.
    """
    opened = Pages(chromium)
    yield opened
    for context in list(opened.contexts):
        await context.close()
    if opened.complaints:
        pytest.fail("the page complained:\n  " + "\n  ".join(opened.complaints), pytrace=False)
