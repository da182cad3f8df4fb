"""An issue by hand: brought in as a PDF, its zones drawn, moved, undone, and given what they open."""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import EncodeRoom
from cms.newspaper.drawing import draw_next
from tests.browser.axe import violations
from tests.browser.desk.office import Desk
from tests.chromium import DESK, PHONE, Pages
from tests.fakes.newspapers import ARTICLES, newspaper_pdf
from tests.integration.desk.house import Browser, House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")
PDF = "application/pdf"


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def seat(pages: Pages, house: House, browser: Browser) -> Desk:
    """A person who signed in without scripts goes on in Chromium."""
    context = await pages.context(DESK)
    url = str(house.server.make_url("/")).rstrip("/")
    await context.add_cookies([{"name": c.key, "value": c.value, "url": url} for c in browser.session.cookie_jar])
    return Desk(await context.new_page(), url)


async def looked(page: Page, name: str) -> None:
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
        await page.emulate_media(color_scheme="dark")
        await page.screenshot(path=f"{SHOTS}/{name}-dark.png")
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(PHONE)
        await page.wait_for_timeout(400)
        await page.screenshot(path=f"{SHOTS}/{name}-phone.png")
        await page.set_viewport_size(DESK)


async def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Between two shares of the sheet."""
    box = await page.locator(".np-paper").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=3)
    await page.mouse.up()


async def test_issue_by_hand(pages: Pages, house: House) -> None:
    await house.set_up()
    editor = await seat(pages, house, await house.add("shen", "沈静怡", "editor"))
    page = editor.page
    await editor.go("/desk/newspapers/")
    await expect(page.get_by_text("还没有电子报")).to_be_visible()
    await page.fill("[name=paper]", "吴江日报")
    await page.fill("[name=date]", "2026-11-26")
    await page.fill("[name=number]", "第1288期")
    await page.locator("[name=file]").set_input_files(FilePayload(name="坏.pdf", mimeType=PDF, buffer=b"%PDF-1.7\nx"))
    await editor.press("上传并生成版面")
    await expect(page.get_by_text("文件已损坏")).to_be_visible(timeout=30_000)
    pdf = (
        Path(os.environ["PAPER"]).read_bytes()
        if "PAPER" in os.environ
        else newspaper_pdf(2, catalog=b"/Lang(/JavaScript)")
    )
    await page.locator("[name=file]").set_input_files(FilePayload(name="1288.pdf", mimeType=PDF, buffer=pdf))
    await editor.press("上传并生成版面")
    await page.wait_for_url(re.compile(r"/newspapers/[0-9a-z]{10}$"), timeout=60_000)
    await expect(page.get_by_text("等待生成版面")).to_be_visible()
    await looked(page, "newspaper-waiting")

    room = EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "test")
    assert await draw_next(room)
    await expect(page.locator("yp-zones .np-zone").first).to_be_visible(timeout=15_000)
    await page.set_viewport_size({"width": 1440, "height": 1000})
    await page.locator(".np-zone").nth(3).click()
    await page.wait_for_timeout(1500)
    await page.screenshot(path="/tmp/npshots/zones.png")
    await looked(page, "real-zones")
    href = page.url.rsplit("/", 1)[1]
    await editor.go(f"/desk/documents/{href}/edit")
    await page.wait_for_timeout(800)
    await looked(page, "real-edit")
    await editor.go("/desk/newspapers/")
    await looked(page, "real-list")
