"""The touch layer and the newspaper on a screen that lies: everything is on the glass, in reach, and large enough."""

import os

import pytest
from playwright.async_api import Page, ViewportSize

from tests.browser.player.test_newspaper import LEFT, OCHRE, RIGHT, opened, place, touch
from tests.browser.player.test_touch import LEAST_TARGET, press, street_pieces
from tests.chromium import Pages
from tests.fakes.gateway import issue_of
from tests.fakes.newspapers import issue, zone
from tests.fakes.street import Street, paired, until

pytestmark = pytest.mark.browser

LYING = ViewportSize(width=1920, height=1080)
SHOTS = os.environ.get("SHOTS")
# Buttons that are outside the glass, cut off by it, or smaller than a finger; and words wider than their box.
WRONG = """(least) => [...document.querySelectorAll("button, [role=button]")]
  .filter((one) => one.checkVisibility({opacityProperty: true, visibilityProperty: true}))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => !one.closest("[data-scrolls], .touch__list, .touch__keys, ul, ol") &&
    (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight || box.height < least))
  .map(([one, box]) => `${one.textContent} ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`)"""


async def _seen(page: Page, name: str) -> None:
    await page.wait_for_timeout(700)  # the fade
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/lying-{name}.png")
    assert await page.evaluate(WRONG, LEAST_TARGET) == [], name
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


async def test_touch_and_newspaper_when_the_screen_lies_are_on_the_glass(pages: Pages, town: Street) -> None:
    context = await pages.context(LYING, touch=True)
    page = await context.new_page()
    await paired(page, town)
    one = zone(1, LEFT, title="垂虹桥畔夜市开市", text=["夜市昨晚开市。", "市民络绎不绝。"] * 6)
    paper = issue(
        town.gateway.media, "2026-11-26", [(OCHRE, [one, zone(2, RIGHT, title="图书馆", text=["开放到十点。"])])]
    )
    made = [paper, *street_pieces(town.gateway.media)]
    await town.gateway.publish(issue_of(made, version=1, turning=1, show=60_000))
    await until(page, lambda said: said.get("release") == paper.release)
    await _seen(page, "newspaper-turning")
    session = await context.new_cdp_session(page)
    await touch(session, *await place(page, ".layer.is-shown .np__sheet", 0.25, 0.2))
    await opened(page, lambda found: found.get("view") == "article")
    await page.get_by_role("button", name="字大些").tap()
    await page.get_by_role("button", name="高对比").tap()
    await _seen(page, "newspaper-article")
    await page.get_by_role("button", name="返回版面").tap()
    await opened(page, lambda found: found.get("view") == "page")
    await _seen(page, "newspaper-page")
    sheet = await page.locator(".reader__layer.is-shown .reader__sheet").bounding_box()
    assert sheet is not None
    assert sheet["height"] > LYING["height"] * 0.95  # the page has the height, words and keys stand beside it
    await page.reload()
    await town.gateway.publish(issue_of(made[1:], version=2, show=60_000))
    await until(page, lambda said: said.get("version") == "2" and said.get("mode") == "loop")
    await page.mouse.click(960, 400)
    layer = page.locator("#touch")
    await layer.wait_for(state="visible")
    await _seen(page, "touch-lists")
    await press(layer, "拼音查找")
    await _seen(page, "touch-search")
    await press(layer, "返回")
    await press(layer, "垂虹桥畔")
    await _seen(page, "touch-article")
    # The way back from the codes leads to the line that was read.
    await layer.locator(".touch__body").evaluate("(body) => body.scrollTo(0, 300)")
    await press(layer, "扫码带走")
    await _seen(page, "touch-code")
    assert not await layer.locator("article").is_visible()
    await press(layer, "返回")
    assert await layer.locator(".touch__body").evaluate("(body) => body.scrollTop") == 300
