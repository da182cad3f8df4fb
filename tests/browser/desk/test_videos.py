"""A lecture's video by hand: uploaded and watched in the library, put into a piece while it is being encoded."""

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
from media.errors import MediaRefused
from tests.browser.axe import violations
from tests.browser.desk.office import Desk, add_column, add_person, first_run
from tests.chromium import PHONE, Pages
from tests.fakes.videos import CLIP, FakeTools, playable
from tests.integration.desk.house import House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
async def fake(tmp_path: Path) -> FakeTools:
    return FakeTools(plays=await playable(tmp_path))


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
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def _office(pages: Pages, house: House) -> Desk:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    chief = await add_person(admin, pages, house, "wu", "吴建国", "总编")
    await add_column(chief)
    return editor


def _clip(name: str, data: bytes = CLIP) -> FilePayload:
    return FilePayload(name=name, mimeType="video/mp4", buffer=data)


def _room(house: House) -> EncodeRoom:
    return EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "browser", tick=0.2)


async def test_video_when_uploaded_is_watched_until_it_plays(pages: Pages, house: House, fake: FakeTools) -> None:
    editor = await _office(pages, house)
    page = editor.page
    await editor.go("/desk/library/?kind=video")
    await expect(page.get_by_text("还没有视频")).to_be_visible()
    await _shot(page, "1-empty")

    await page.set_input_files("[data-library-file]", [_clip("湖畔宣讲·第一讲.mp4")])
    card = page.locator(".film")
    await expect(card).to_contain_text("等待转码")
    fake.gate.clear()
    work = asyncio.create_task(encode_next(_room(house)))
    await expect(card).to_contain_text("正在转码 51 %，约 1 分钟", timeout=15_000)
    await page.set_input_files(
        "[data-library-file]", [_clip("播放列表.mp4", b"#EXTM3U\n"), _clip("湖畔宣讲·第二讲.mp4", CLIP + b"2")]
    )
    await expect(page.locator(".upload-refusal")).to_contain_text("这是播放列表")
    await expect(page.locator(".film")).to_have_count(2)
    # What has just come can be chosen like all the rest.
    await page.get_by_role("checkbox", name="选择 湖畔宣讲·第二讲.mp4").check()
    await expect(page.locator("[data-bulk-count]")).to_contain_text("1")
    await page.get_by_role("checkbox", name="选择 湖畔宣讲·第二讲.mp4").uncheck()
    await _shot(page, "2-encoding")

    fake.gate.set()
    await work
    fake.refuse = MediaRefused("media.video_truncated")
    await encode_next(_room(house))
    await expect(page.get_by_role("button", name="重新转码")).to_be_visible(timeout=15_000)
    await expect(page.get_by_role("button", name="播放 湖畔宣讲·第一讲.mp4")).to_be_visible(timeout=15_000)
    await _shot(page, "3-ready")
    assert await violations(page) == []
    await page.get_by_role("button", name="播放 湖畔宣讲·第一讲.mp4").click()
    film = page.locator("[data-film-video]")
    await expect(film).to_be_visible()
    async with asyncio.timeout(20):
        while await film.evaluate("(video) => video.currentTime") < 0.2:  # noqa: ASYNC110 - said by a player
            await asyncio.sleep(0.1)
    await _shot(page, "4-playing")
    await page.keyboard.press("Escape")

    fake.refuse = None
    await page.get_by_role("button", name="重新转码").click()
    await expect(page.locator(".film").first).to_contain_text("等待转码")
    await page.set_viewport_size(PHONE)
    await page.wait_for_timeout(400)
    await _shot(page, "5-phone")


async def test_lecture_when_its_video_is_still_made_is_written_on_and_submitted_later(
    pages: Pages, house: House, fake: FakeTools
) -> None:
    editor = await _office(pages, house)
    page = editor.page
    await editor.go("/desk/documents/new")
    await page.get_by_role("radio", name="宣讲视频").check()
    await page.fill("[name=title]", "湖畔宣讲：身边的文明")
    await page.select_option("[name=column]", "city")
    await editor.press("开始写作")
    await page.wait_for_selector("yp-editor .ProseMirror")

    await page.get_by_role("button", name="插入视频").click()
    await expect(page.locator("#videos-list")).to_contain_text("还没有视频")
    await _shot(page, "6-picker-empty")
    await page.set_input_files("[data-videos-file]", [_clip("身边的文明.mp4")])
    block = page.locator(".block-film")
    await expect(block).to_contain_text("等待转码")
    await expect(block.get_by_role("textbox")).to_have_value("身边的文明")
    fake.gate.clear()
    work = asyncio.create_task(encode_next(_room(house)))
    await expect(block).to_contain_text("51 %", timeout=15_000)
    await _shot(page, "7-block-encoding")
    await editor.press("提交审核")
    await expect(page.locator("#submission")).to_contain_text("视频还在转码：51 %，约 1 分钟", timeout=15_000)
    await _shot(page, "8-submission")
    await page.keyboard.press("Escape")

    fake.gate.set()
    await work
    await expect(block.locator("video")).to_be_visible(timeout=15_000)
    await block.get_by_role("button", name="用作稿件封面").click()
    await expect(page.locator(".cover-box img")).to_be_visible()
    await _shot(page, "9-block-ready")
    assert await violations(page) == []
    await editor.press("提交审核")
    await expect(page.locator("#submission")).not_to_contain_text("转码", timeout=15_000)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="插入视频").click()
    await expect(page.locator("[data-video-pick]")).to_have_count(1)
    await _shot(page, "10-picker")
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="保存", exact=True).click()
    await editor.go(page.url.removeprefix(editor.url).removesuffix("/edit"))
    await expect(page.locator("video.sheet-film")).to_be_visible()
    await _shot(page, "11-shown")
