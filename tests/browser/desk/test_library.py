"""The library by hand: an upload that breaks off and goes on, crops by mouse and keys, subtitles beside their film."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, Route, expect
from sqlalchemy import select

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.models import Asset, Upload
from cms.library.remaking import remake_next
from cms.library.room import EncodeRoom
from tests.browser.axe import violations
from tests.browser.desk.office import add_person, first_run, picture
from tests.chromium import PHONE, Pages
from tests.fakes.videos import CLIP, FakeTools, playable
from tests.integration.desk.house import House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")
SRT = "1\n00:00:00,200 --> 00:00:01,000\n各位居民，大家好\n\n2\n00:00:01,200 --> 00:00:01,900\n今天讲身边的文明\n"


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    fake = FakeTools(plays=await playable(tmp_path))
    async with open_house(database, tmp_path, SystemClock(), tools=fake.tools) as opened:
        yield opened
    await database.close()


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/library-{name}.png")


def _room(house: House) -> EncodeRoom:
    return EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "browser", tick=30)


def _file(name: str, data: bytes, kind: str) -> FilePayload:
    return FilePayload(name=name, mimeType=kind, buffer=data)


async def _upload_that_breaks(page: Page, house: House, folder: Path) -> None:
    """The line is cut and the page is left; the same file chosen again goes on with the same upload."""
    cut = True

    async def line(route: Route) -> None:
        if cut and route.request.method == "PATCH":
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/desk/library/uploads/*", line)
    film = folder / "湖畔宣讲.mp4"
    await asyncio.to_thread(film.write_bytes, CLIP)
    await page.set_input_files("[data-library-file]", [film])
    await expect(page.locator(".upload-video")).to_contain_text("网络中断，正在自动续传", timeout=15_000)
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.locator("[data-upload-left]")).to_contain_text("未传完（0 %）")
    await _shot(page, "1-left")
    cut = False
    await page.set_input_files("[data-library-file]", [film])
    await expect(page.locator(".film")).to_contain_text("等待转码", timeout=15_000)
    # The page was empty and shows its gallery anew.
    await page.wait_for_load_state("load")
    async with house.deps.db.read() as session:
        assert len((await session.scalars(select(Upload))).all()) == 1
    await page.set_input_files("[data-library-file]", [film])
    await expect(page.locator(".upload-twin")).to_contain_text("素材库中已有相同的文件", timeout=15_000)
    await page.get_by_role("button", name="使用已有的").click()
    await expect(page.locator(".upload-twin")).to_have_count(0)


async def _crops(page: Page, house: House) -> None:
    await page.wait_for_load_state("load")
    await page.locator(".crop-shape", has_text="9:16").click()
    frame = page.locator("[data-frame]")
    await expect(frame).to_be_focused()
    before = await frame.bounding_box()
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    await page.locator("[data-zoom]").fill("160")
    after = await frame.bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] > before["x"]
    assert after["width"] < before["width"]
    await _shot(page, "3-crops")
    await page.get_by_role("button", name="保存裁剪").click()
    await expect(page.locator(".toast")).to_contain_text("正在生成新尺寸")
    await expect(page.locator("#sizes")).to_contain_text("等待生成")
    assert await remake_next(_room(house))
    await expect(page.locator("#sizes")).not_to_contain_text("等待生成", timeout=15_000)


async def _subtitles(page: Page) -> None:
    await page.get_by_role("link", name="添加").first.click()
    await page.wait_for_load_state("load")
    await expect(page.locator("[data-cues]")).to_have_attribute(
        "data-empty", "还没有字幕：导入 SRT / VTT 文件，或添加一条。"
    )
    wrong = _file("讲座.srt", SRT.replace("00:00:01,200", "00:00:00,900").encode(), "text/plain")
    await page.set_input_files("[data-cue-file]", [wrong])
    await expect(page.locator("[data-cue-problems]")).to_contain_text("第 6 行：开始时间 00:00:00.900 与上一条重叠")
    await page.set_input_files("[data-cue-file]", [_file("讲座.srt", SRT.encode("gbk"), "text/plain")])
    await expect(page.locator("[data-cue-problems]")).to_contain_text("已自动转为 UTF-8")
    await expect(page.locator(".cue")).to_have_count(2)
    await page.locator(".cue").nth(1).get_by_role("button", name="从这里播放").click()
    await expect(page.locator("[data-cue-now]")).to_contain_text("今天讲身边的文明", timeout=15_000)
    text = page.locator(".cue").nth(1).get_by_role("textbox", name="字幕文字")
    await text.fill("今天讲：身边的文明")
    await page.keyboard.press("Alt+n")
    await expect(page.locator(".cue")).to_have_count(3)
    await page.locator(".cue").nth(2).get_by_role("button", name="删除这一条").click()
    await _shot(page, "6-subtitles")
    assert await violations(page) == []
    await page.get_by_role("button", name="保存字幕").click()
    await expect(page.locator(".toast")).to_contain_text("字幕已保存")


async def test_library_when_used_a_day_keeps_what_came_and_shows_what_each_screen_will(
    pages: Pages, house: House, tmp_path: Path
) -> None:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    page = editor.page
    await editor.go("/desk/library/")
    await _upload_that_breaks(page, house, tmp_path)
    assert await encode_next(_room(house))
    await page.set_input_files("[data-library-file]", [picture("湖湾日落.png")])
    await expect(page.locator(".picture", has_text="湖湾日落.png")).to_be_visible(timeout=30_000)
    await page.wait_for_load_state("load")

    await page.get_by_role("button", name="新建文件夹").click()
    await page.locator("#folder-add [name=name]").fill("健步道")
    await page.locator("#folder-add").get_by_role("button", name="新建文件夹").click()
    await editor.said("文件夹已建立")
    await editor.go("/desk/library/")
    await page.get_by_label("选择 湖湾日落.png").check()
    await expect(page.locator("[data-bulk-count]")).to_have_text("已选 1 个")
    await page.locator("[name=tags]").fill("湖，步道")
    await page.get_by_role("button", name="加标签").click()
    await expect(page.locator(".banner")).to_contain_text("已为 1 个素材添加标签")
    await page.wait_for_load_state("networkidle")
    await _shot(page, "2-list")
    assert await violations(page) == []

    await page.locator(".picture", has_text="湖湾日落.png").get_by_role("link").first.click()
    await _crops(page, house)
    assert await violations(page) == []
    await page.set_viewport_size(PHONE)
    await _shot(page, "4-asset-phone")
    await page.set_viewport_size({"width": 1440, "height": 900})

    await editor.go("/desk/library/?kind=video")
    await page.get_by_role("link", name="湖畔宣讲.mp4").click()
    await page.wait_for_load_state("load")
    film = page.locator("[data-film]")
    await film.evaluate("(video) => { video.currentTime = 1; }")
    await expect(page.locator("[data-poster-at]")).to_contain_text("将截取 0:01 的画面", timeout=15_000)
    await page.get_by_role("button", name="用当前画面作封面").click()
    await editor.said("封面已更新")
    await page.wait_for_load_state("networkidle")
    await _shot(page, "5-film")
    assert await violations(page) == []
    await _subtitles(page)
    await page.set_viewport_size(PHONE)
    await _shot(page, "7-subtitles-phone")
    await page.set_viewport_size({"width": 1440, "height": 900})

    await editor.go("/desk/library/?q=身边的文明")
    await expect(page.locator(".film")).to_have_count(1)
    async with house.deps.db.read() as session:
        shown = (await session.scalars(select(Asset).where(Asset.name == "湖湾日落.png"))).one()
    await editor.go(f"/desk/library/assets/{shown.id}")
    await page.get_by_role("button", name="移入回收站").first.click()
    await page.locator("#trash").get_by_role("button", name="移入回收站").click()
    await expect(page.locator(".banner")).to_contain_text("已将 1 个素材移入回收站")
    await page.get_by_role("link", name="回收站").click()
    await page.get_by_label("选择 湖湾日落.png").check()
    await page.wait_for_load_state("networkidle")
    await _shot(page, "8-trash")
    assert await violations(page) == []
    await page.get_by_role("button", name="恢复所选").click()
    await editor.said("已恢复")
    await page.emulate_media(color_scheme="dark")
    await editor.go("/desk/library/")
    await page.set_viewport_size(PHONE)
    await _shot(page, "9-list-phone-dark")
    pages.complaints = [one for one in pages.complaints if "ERR_FAILED" not in one]
