"""Every frame between two pieces, stepped: the headless shell paints when it is told to, and each frame is a picture.

`--enable-begin-frame-control` gives the compositor's clock to the test: no frame is made that is not looked at here.
"""

import base64
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from tests.browser.player.test_swaps import extremes
from tests.chromium import FLAGS, SCREEN, SHELL
from tests.fakes.films import lecture
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece, two_short
from tests.fakes.street import Street, facts

pytestmark = pytest.mark.browser

# Begins only when it is told to, and has every stage of the compositor behind it before it draws.
STEPPED = ("--enable-begin-frame-control", "--run-all-compositor-stages-before-draw")
SHOT = {"screenshot": {"format": "jpeg", "quality": 40}}
LEAST_A_FADE = 3
MOST_FRAMES = 6_000


class Stepper:
    """Steps a page's frames; `frames` are those since the last look."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session
        self.frames: list[bytes] = []
        self.stepped = 0

    async def step(self) -> None:
        """One frame; one in which nothing changed has the picture of the one before."""
        told = await self._session.send("HeadlessExperimental.beginFrame", SHOT)
        self.stepped += 1
        assert self.stepped < MOST_FRAMES, await facts(self.page)
        if told["hasDamage"] and "screenshotData" in told:
            self.frames.append(base64.b64decode(told["screenshotData"]))

    async def until(self, name: str, wanted: str) -> dict[str, str]:
        """Steps until the stage says so."""
        while (said := await facts(self.page)).get(name) != wanted:
            await self.step()
        return said


@pytest.fixture
async def stepped() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=SHELL, args=[*FLAGS, *STEPPED])
        yield browser
        await browser.close()


@pytest.mark.parametrize("transitions", [4, pytest.param(50, marks=pytest.mark.soak)])
async def test_every_stepped_frame_of_mixed_transitions_is_of_a_finished_piece(
    stepped: Browser, town: Street, transitions: int
) -> None:
    media = town.gateway.media
    made = [
        *two_short(media),
        piece(media, "没有图片的一篇", text="短。"),
        lecture(media, "讲堂", BLUE, seconds=1.0),
        piece(media, "关于停水的通知", class_="notice", text="短。"),
    ]
    context = await stepped.new_context(viewport=SCREEN, locale="zh-CN")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("HeadlessExperimental.enable")
    await page.goto(town.url, wait_until="commit")
    stepper = Stepper(page, session)
    await stepper.until("mode", "pairing")
    town.gateway.pair()
    await stepper.until("link", "up")
    await town.gateway.publish(issue_of(made, version=1, show=700))
    said = await stepper.until("mode", "loop")
    last, stood, examined = int(said["swaps"]) + transitions, said["swaps"], 0
    stepper.frames.clear()
    while int(stood) < last:
        await stepper.step()
        stood = (await facts(page))["swaps"]
        for frame in stepper.frames:
            least, most = extremes(frame)
            assert least < 200, "a frame all white"
            assert most > 70, "a frame all black"
        examined += len(stepper.frames)
        stepper.frames.clear()
    assert examined > transitions * LEAST_A_FADE
    await context.close()
