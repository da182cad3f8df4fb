"""A finished film by hand: its report and chapters, then cut on the grid with every step undone and done again."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.room import EncodeRoom
from media.findings import Findings
from media.loudness import Loudness
from tests.browser.axe import violations
from tests.browser.desk.office import add_person, first_run
from tests.chromium import PHONE, Pages
from tests.fakes.videos import CLIP, FakeTools, playable
from tests.integration.desk.house import House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
async def fake(tmp_path: Path) -> FakeTools:
    found = Findings(
        ((0, 2_520),),
        ((40_000, 55_000),),
        (),
        Loudness(-24.1, -3.4),
        Loudness(-31.5, -10.0),
        ((20_000, 21_500),),
        "vp8",
    )
    return FakeTools(
        plays=await playable(tmp_path, seconds=62), findings=found, chapters=((0, "开场"), (30_720, "现场提问"))
    )


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path, fake: FakeTools) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with open_house(database, tmp_path, SystemClock(), tools=fake.tools) as opened:
        yield opened
    await database.close()


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        await page.emulate_media(color_scheme="dark")
        await page.wait_for_timeout(400)
        await page.screenshot(path=f"{SHOTS}/{name}-dark.png", full_page=True)
        await page.emulate_media(color_scheme="light")


async def test_film_is_looked_over_and_cut(pages: Pages, house: House, fake: FakeTools) -> None:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    page = editor.page
    await editor.go("/desk/library/?kind=video")
    names = ("湖畔宣讲·第一讲.mp4", "湖畔宣讲·第二讲.mp4")
    for number, name in enumerate(names, start=1):
        file = FilePayload(name=name, mimeType="video/mp4", buffer=CLIP + name.encode())
        await page.set_input_files("[data-library-file]", [file])
        await expect(page.locator(".film")).to_have_count(number, timeout=30_000)
    room = EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "browser", tick=60)
    for _ in range(2):
        assert await encode_next(room)

    await editor.go("/desk/library/?kind=video")
    await page.get_by_role("link", name=names[0]).click()
    await expect(page.locator("#notes")).to_contain_text("响度 -24.1 LKFS（原片 -31.5），真峰值 -3.4 dBTP。")
    # What was lost, and what nobody but a person can tell, with what to do about it.
    lost = page.locator("#notes li", has_text="缺失")
    await expect(lost).to_contain_text("换一份完整的原片")
    await expect(page.locator("#notes")).to_contain_text("VP8 编码不带校验")
    await expect(page.locator("#sizes")).to_contain_text("节目画面 1080p")
    await lost.get_by_role("button", name="0:20 – 0:22").click()
    await expect(page.get_by_role("slider", name="播放位置")).to_have_attribute("aria-valuetext", "0:20")
    await page.locator("#chapters").get_by_role("button", name="0:31").click()
    await expect(page.get_by_role("slider", name="播放位置")).to_have_attribute("aria-valuetext", "0:31")
    await page.get_by_role("slider", name="播放位置").hover()
    await expect(page.locator("[data-shot]")).to_be_visible()
    assert await violations(page) == []
    await _shot(page, "film-1-asset")

    await page.get_by_role("link", name="剪辑").click()
    rows = page.locator(".cut-piece")
    await expect(rows).to_have_count(1)
    await _at(page, 20)
    await page.keyboard.press("i")
    await expect(rows.first).to_contain_text("0:19 – 1:02")
    await _at(page, 40)
    await page.keyboard.press("s")
    await expect(rows).to_have_count(2)
    await rows.nth(1).get_by_role("button", name="上移").click()
    await expect(rows.first).to_contain_text("0:38 – 1:02")
    await page.keyboard.press("Control+z")
    await expect(rows.first).to_contain_text("0:19 – 0:38")
    await rows.nth(1).get_by_role("button", name="删除这一段").click()
    await page.select_option("[name=other]", label="湖畔宣讲·第二讲.mp4（1:02）")
    await page.get_by_role("button", name="接在后面").click()
    await expect(page.locator("[data-total]")).to_contain_text("2 段，共 1:24")
    assert await violations(page) == []
    await _shot(page, "film-2-cut")
    if SHOTS:
        await page.set_viewport_size(PHONE)
        await _shot(page, "film-3-phone")
    await page.get_by_role("button", name="另存为新视频").click()
    await expect(page.get_by_text("剪辑已提交")).to_be_visible()
    assert await encode_next(room)
    assert [one[1:] for one in fake.joined[0]] == [(5, 10), (0, 17)]


async def _at(page: Page, seconds: int) -> None:
    await page.evaluate(f"document.querySelector('[data-film]').currentTime = {seconds}")
    await expect(page.locator("[data-at]")).to_contain_text(f"当前 0:{seconds}")
