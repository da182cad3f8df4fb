"""Bringing in and letting programs in, by hand: Word, tables, the pool, tokens and webhooks, at desk and phone size."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from cms.content.importing.polling import FeedRoom, poll_next
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.fetching import PictureSource
from cms.webhooks.sending import HookRoom, send_next, spread
from tests.browser.axe import violations
from tests.browser.desk.office import Desk
from tests.chromium import DESK, PHONE, Pages
from tests.fakes import words
from tests.fakes.tables import xlsx
from tests.integration.desk.house import PASSWORD, Browser, House, open_house
from tests.integration.desk.test_api import Listener
from tests.integration.desk.test_imports import NESTED, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    """With one site outside, which has a feed and its pictures."""
    async with open_house(sqlite, tmp_path, SystemClock(), pictures=PictureSource(Site())) as opened:
        yield opened


async def seat(pages: Pages, house: House, browser: Browser) -> Desk:
    """A person who signed in without scripts goes on in Chromium."""
    context = await pages.context(DESK)
    url = str(house.server.make_url("/")).rstrip("/")
    await context.add_cookies([{"name": c.key, "value": c.value, "url": url} for c in browser.session.cookie_jar])
    return Desk(await context.new_page(), url)


async def looked(page: Page, name: str) -> None:
    """No grave fault for those who cannot see it, on a desk and on a phone; kept as a picture where somebody asks."""
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


async def test_imports_by_hand(pages: Pages, house: House) -> None:
    await house.set_up()
    editor = await seat(pages, house, await house.add("shen", "沈静怡", "editor"))
    operator = await seat(pages, house, await house.add("yun", "云维", "operator"))
    await _word(editor)
    await _sheet(editor)
    await _pool(editor, operator, house)
    await _token(editor)
    await _webhook(operator, house)


async def _word(editor: Desk) -> None:
    page = editor.page
    await editor.go("/desk/imports/")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
    old = FilePayload(name="旧通知.doc", mimeType="application/msword", buffer=ole)
    text = words.docx(words.paragraph("夜市开市"), words.paragraph("灯亮了。"))
    plain = FilePayload(name="来稿.docx", mimeType=WORD, buffer=text)
    full = FilePayload(name="嵌套.docx", mimeType=WORD, buffer=NESTED)
    await page.set_input_files("[data-import-file]", [old, plain, full])
    await expect(page.get_by_text("旧通知.doc：这是旧版 Office 或 WPS 文件")).to_be_visible()
    await expect(page.get_by_text("原文的文字全部进入了稿件")).to_be_visible(timeout=30_000)
    await expect(page.get_by_text("表格中的表格 1 个")).to_be_visible(timeout=30_000)
    await looked(page, "word")
    await page.get_by_role("link", name="打开草稿").last.click()
    await expect(page.locator("[name=title]")).to_have_value("夜市开市")


async def _sheet(editor: Desk) -> None:
    page = editor.page
    await editor.go("/desk/imports/sheets")
    await looked(page, "sheets")
    bad = xlsx([["标题", "单位", "日期"], ["夜市开市", "无此单位", "2026-02-30"], ["社区食堂", "", "2026-11-26"]])
    await page.set_input_files("[data-import-file]", FilePayload(name="稿件.xlsx", mimeType="x/y", buffer=bad))
    await expect(page.get_by_text("第 2 行 B 列")).to_be_visible(timeout=30_000)
    await expect(page.get_by_text("第 2 行 C 列")).to_be_visible()
    await looked(page, "sheet-faults")
    await editor.go("/desk/imports/sheets")
    good = "标题,正文\n夜市开市,一段\n社区食堂,二段\n".encode()
    await page.set_input_files("[data-import-file]", FilePayload(name="稿件.csv", mimeType="text/csv", buffer=good))
    await expect(page.get_by_text("2 篇稿件可以导入")).to_be_visible(timeout=30_000)
    await looked(page, "sheet-dry")
    await editor.press("导入这 2 篇")
    await editor.said("已全部导入")
    await editor.press("撤销这次导入")
    await looked(page, "sheet-undo")
    await editor.press("全部废弃")
    await editor.said("已撤销这次导入")


async def _pool(editor: Desk, operator: Desk, house: House) -> None:
    page = editor.page
    await editor.go("/desk/pool/")
    await expect(page.get_by_text("稿池是空的")).to_be_visible()
    await operator.go("/desk/feeds/")
    await operator.page.fill("[name=name]", "苏州发布")
    await operator.page.fill("[name=url]", "https://a.cn/rss")
    await operator.page.fill("[name=licence]", "转载白名单 2026 年第 3 号")
    await operator.press("登记订阅源")
    await operator.said("订阅源已登记")
    deps = house.deps
    room = FeedRoom(deps.db, deps.clock, Site(), deps.workshop.sandbox, deps.workshop.work, "test")
    assert await poll_next(room)
    await operator.go("/desk/feeds/")
    await looked(operator.page, "feeds")
    await operator.page.get_by_role("link", name="苏州发布").click()
    await looked(operator.page, "feed")
    await editor.go("/desk/pool/")
    await looked(page, "pool")
    await page.get_by_role("link", name="夜市开市").click()
    await looked(page, "item")
    await editor.press("采用为草稿")
    await expect(page.locator("[data-pool-refused]")).to_contain_text("gone.jpg", timeout=20_000)
    await expect(page.locator("[data-pool-said]")).to_have_text("图片已取回 1/2")
    await looked(page, "item-pictures")
    await editor.press("不带这 1 张图片采用")
    await editor.said("已采用为草稿")
    await expect(page.locator("[name=source]")).to_have_value("苏州发布")
    await expect(page.locator("yp-editor figure img")).to_have_count(1)
    await page.get_by_text("1 张图片未能取回").click()
    await expect(page.locator(".import-missing")).to_contain_text("原在“人散了。…”之后")
    await looked(page, "taken")


async def _token(editor: Desk) -> None:
    page = editor.page
    await editor.go("/desk/account")
    await page.get_by_role("link", name="访问令牌").click()
    await page.fill("[name=name]", "市融媒考核平台")
    await page.get_by_role("checkbox", name="稿件：查看").check()
    await page.fill("[name=password]", PASSWORD)
    await editor.press("创建访问令牌")
    await expect(page.locator("[data-secret]")).to_contain_text("yp_")
    await looked(page, "tokens")
    await page.get_by_role("link", name="我已保存").click()
    await expect(page.locator("[data-secret]")).to_have_count(0)
    await editor.press("撤销")
    await editor.said("访问令牌已撤销")


async def _webhook(operator: Desk, house: House) -> None:
    page = operator.page
    await operator.go("/desk/webhooks/")
    await page.fill("[name=name]", "市平台")
    await page.fill("[name=url]", "https://x.cn/in")
    await operator.press("添加事件通知")
    await expect(page.locator("[data-secret]")).to_contain_text("whsec_")
    await operator.press("发送测试")
    await operator.said("测试已排入发送")
    deps, other = house.deps, Listener()
    other.status = 500
    room = HookRoom(deps.db, deps.clock, other, deps.vault, "test")
    await spread(room)
    assert await send_next(room)
    await page.reload()
    await expect(page.locator(".delivery-fault").first).to_contain_text("对方系统答复了 HTTP 500")
    await looked(page, "webhook")
    other.status = 200
    await operator.press("重试")
    await operator.said("已排入重新发送")
    assert await send_next(room)
    await page.reload()
    await expect(page.get_by_text("已发送").or_(page.locator(".chip-good")).first).to_be_visible()
    await operator.go("/desk/webhooks/")
    await looked(page, "webhooks")
