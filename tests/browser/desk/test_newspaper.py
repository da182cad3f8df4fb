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
from cms.library.room import EncodeRoom
from cms.newspaper.drawing import draw_next
from tests.browser.axe import violations
from tests.browser.desk.office import Desk
from tests.chromium import DESK, PHONE, Pages
from tests.fakes.newspapers import ARTICLES, many_pages, newspaper_pdf
from tests.integration.desk.house import Browser, House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")
PDF = "application/pdf"
# Whether the tick stands beside "saved" and beside nothing else.
TICK = """() => {
  const note = document.querySelector("#zones-saved");
  return note.textContent.includes("已保存") === note.querySelector(".icon").checkVisibility();
}"""
OTHER = ("震泽蚕花节开幕", "丝车摇起来，蚕花戴起来，老街上的人比往年多。" * 4)


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


async def drop_zone(page: Page) -> None:
    """Takes the zone over nothing away again."""
    await page.locator(".np-list-zones li", has_text="空").get_by_role("button").click()
    await page.locator(".np-paper").focus()
    await page.keyboard.press("Delete")
    await expect(page.locator("#zones-saved")).to_contain_text("已保存", timeout=10_000)


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
    await page.locator("[name=file]").set_input_files(
        FilePayload(name="合订本.pdf", mimeType=PDF, buffer=many_pages(3_000))
    )
    await editor.press("上传并生成版面")
    await expect(page.get_by_text("文档共 3000 页，超过了 200 页的上限。")).to_be_visible(timeout=30_000)
    await looked(page, "newspaper-refused")
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
    await expect(page.get_by_text("处脚本")).to_be_visible()
    zones = page.locator(".np-list-zones li")
    await expect(zones).to_have_count(3)
    await page.get_by_role("button", name=ARTICLES[1][0]).click()
    await expect(page.get_by_label("文字，一行一段")).to_have_value(ARTICLES[1][1][:20] + "".join(ARTICLES[1][1][20:]))
    await expect(page.locator(".np-text").first).to_be_attached()
    await looked(page, "newspaper-zones")

    # A zone over nothing says so; it snaps nowhere, is moved by keys, and undone.
    await page.keyboard.press("Escape")
    await page.locator(".np-paper").focus()
    await page.keyboard.press("r")
    await drag(page, (0.2, 0.6), (0.5, 0.8))
    await expect(zones).to_have_count(4)
    await expect(page.locator(".np-note")).to_contain_text("没有文字")
    assert await page.evaluate(TICK)
    await page.locator(".np-panel [data-field=title]").fill("天气")
    drawn = page.locator(".np-zone.is-chosen")
    before = await drawn.get_attribute("points")
    await page.locator(".np-paper").focus()
    await page.keyboard.press("ArrowRight")
    moved = await drawn.get_attribute("points")
    assert moved != before
    await page.keyboard.press("Alt+ArrowDown")
    assert await drawn.get_attribute("points") != moved
    await page.keyboard.press("Control+z")
    assert await drawn.get_attribute("points") == moved
    await page.get_by_role("radio", name="接另一热区").check()
    await expect(page.locator(".np-panel select")).to_have_value(
        await page.locator(".np-zone").first.get_attribute("data-zone") or ""
    )
    await page.locator(".np-paper").focus()
    await page.keyboard.press("Delete")
    await expect(zones).to_have_count(3)

    # A polygon around the first article takes its words; an edge beside text jumps to it.
    await page.keyboard.press("p")
    for across, down in ((0.05, 0.14), (0.29, 0.14), (0.29, 0.28), (0.05, 0.28)):
        box = await page.locator(".np-paper").bounding_box()
        assert box is not None
        await page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    await page.keyboard.press("Enter")
    await expect(zones).to_have_count(4)
    await expect(page.locator(".np-panel textarea")).to_have_value(f"{ARTICLES[0][0]}\n{ARTICLES[0][1]}")
    await expect(page.locator("#zones-saved")).to_contain_text("已保存", timeout=10_000)
    await expect(page.locator("#zones-saved .icon")).to_be_visible()
    await page.reload()
    await expect(page.locator(".np-list-zones li")).to_have_count(4)

    # Out as a file, and in again with two zones for the second page.
    async with page.expect_download() as download:
        await page.get_by_text("热区文件").click()
        await page.get_by_role("link", name="导出 JSON").click()
    said = json.loads(Path(await (await download.value).path()).read_text("utf-8"))
    assert [len(one["zones"]) for one in said["pages"]] == [4, 3]
    said["pages"] = [{"number": 2, "label": "02 民生", "zones": said["pages"][1]["zones"][:2]}]
    sent = FilePayload(name="zones.json", mimeType="application/json", buffer=json.dumps(said).encode())
    await page.locator("[data-zones-file]").set_input_files(sent)
    await expect(page.locator(".np-thumbs button").nth(1)).to_contain_text("02 民生2 区", timeout=10_000)

    # The layout program exports once more: equal pages keep their zones, and one press leads back.
    await page.get_by_role("button", name="换 PDF").click()
    dialog = page.locator("#exchange")
    await expect(dialog).to_contain_text("保留版名和热区")
    await looked(page, "newspaper-exchange")
    newer = newspaper_pdf(3, catalog=b"/Lang(/JavaScript)")
    await dialog.locator("[name=file]").set_input_files(FilePayload(name="1288-2.pdf", mimeType=PDF, buffer=newer))
    await dialog.get_by_role("button", name="换上并生成版面").click()
    await expect(page.get_by_text("正在换上新的 PDF")).to_be_visible(timeout=30_000)
    assert await draw_next(room)
    thumbs = page.locator(".np-thumbs button")
    await expect(thumbs).to_have_count(3, timeout=15_000)
    await expect(thumbs.nth(1)).to_contain_text("02 民生2 区")
    await expect(page.get_by_text("3 版中 2 版与原来相同")).to_be_visible()
    await looked(page, "newspaper-exchanged")
    await page.get_by_role("button", name="撤销更换").click()
    await expect(thumbs).to_have_count(2)
    await expect(page.get_by_text("已换回原来的 PDF")).to_be_visible()

    # Pages that changed: what was drawn on them goes with its words or is marked, and is seen before it is kept.
    await page.locator(".np-paper").focus()
    await page.keyboard.press("r")
    await drag(page, (0.2, 0.6), (0.5, 0.8))
    await expect(page.locator("#zones-saved")).to_contain_text("已保存", timeout=10_000)
    await page.get_by_role("button", name="换 PDF").click()
    other = newspaper_pdf(2, articles=(ARTICLES[1], ARTICLES[0], OTHER))
    await dialog.locator("[name=file]").set_input_files(FilePayload(name="1288-3.pdf", mimeType=PDF, buffer=other))
    await dialog.get_by_role("button", name="换上并生成版面").click()
    await expect(page.get_by_text("正在换上新的 PDF")).to_be_visible(timeout=30_000)
    assert await draw_next(room)
    brought = page.get_by_text("带来 2 个热区：1 个随文字移动、1 个请核对")
    await expect(brought).to_be_visible(timeout=15_000)
    await expect(thumbs.nth(0)).to_contain_text("1 个请核对")
    await expect(thumbs.nth(1)).to_contain_text("02 民生3 区")
    await expect(page.locator("#zones-saved")).to_contain_text("未保存")
    await looked(page, "newspaper-brought")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="不要，按新文字提议").click()
    await expect(page.locator(".np-zone.is-check")).to_have_count(0)
    await expect(thumbs.nth(1)).to_contain_text("023 区")
    await expect(page.locator("#zones-saved")).to_contain_text("已保存")
    await page.reload()
    await expect(thumbs.nth(1)).to_contain_text("023 区")
    await expect(brought).to_have_count(0)  # said once, for everybody and every browser
    await page.get_by_role("button", name="撤销更换").click()
    await expect(page.get_by_text("已换回原来的 PDF")).to_be_visible()
    await page.get_by_role("button", name="换 PDF").click()
    await dialog.locator("[name=file]").set_input_files(FilePayload(name="1288-4.pdf", mimeType=PDF, buffer=other))
    await dialog.get_by_role("button", name="换上并生成版面").click()
    await expect(page.get_by_text("正在换上新的 PDF")).to_be_visible(timeout=30_000)
    assert await draw_next(room)
    await expect(brought).to_be_visible(timeout=15_000)  # another exchange, another offer
    await page.get_by_role("button", name="保留").click()
    await expect(page.locator("#zones-saved")).to_contain_text("已保存", timeout=10_000)
    await page.reload()
    await expect(page.locator(".np-zone.is-check")).to_have_count(1)
    await expect(brought).to_have_count(0)
    await page.locator(".np-list-zones li", has_text="请核对").get_by_role("button").click()
    await looked(page, "newspaper-check")
    await page.get_by_role("button", name="核对过了").click()
    await expect(page.locator(".np-zone.is-check")).to_have_count(0)
    await expect(page.locator("#zones-saved")).to_contain_text("已保存", timeout=10_000)
    await page.get_by_role("button", name="撤销更换").click()
    await expect(page.get_by_text("已换回原来的 PDF")).to_be_visible()
    await drop_zone(page)

    # The rest of the piece is written where every piece is; what was drawn comes along.
    await page.get_by_role("link", name="填写稿件信息并送审").click()
    await page.wait_for_url("**/edit")
    await page.wait_for_load_state("load")
    await expect(page.get_by_text("2 版，6 个热区")).to_be_visible()
    await page.fill("[name=summary]", "夜市开市，图书馆延长开放。")
    await expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=15_000)
    await looked(page, "newspaper-edit")
    await editor.go("/desk/newspapers/")
    await looked(page, "newspaper-list")
