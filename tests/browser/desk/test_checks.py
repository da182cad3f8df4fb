"""Checks and search by hand: what a list finds beside the text, at submit, at review and on the slip; and a search."""

import os
import re

import pytest
from playwright.async_api import FilePayload, Page, expect
from yarl import URL

from tests.browser.axe import violations
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.world import begin, write

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")
WORDS = "词语,类型,级别,建议用语,类别\n大桥,禁用,须说明理由,运河大桥,规范表述\n"
WRONG = "词语,级别\n布署,严重\n"
BLOCK = "b_aaaaaaaaaaaa"


async def page_of(pages: Pages, browser: Browser) -> Page:
    """A page in Chromium of somebody who is signed in."""
    context = await pages.context(DESK)
    cookies = browser.session.cookie_jar.filter_cookies(URL(str(browser.base)))
    base = str(browser.base)
    await context.add_cookies([{"name": name, "value": one.value, "url": base} for name, one in cookies.items()])
    return await context.new_page()


async def look(page: Page, name: str) -> None:
    """No grave fault of accessibility, and a picture of it where one is wanted."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert await violations(page) == []


async def import_words(page: Page, base: str) -> None:
    await page.goto(f"{base}/desk/checks/")
    await page.set_input_files("[name=file]", FilePayload(name="错.csv", mimeType="text/csv", buffer=WRONG.encode()))
    await page.get_by_role("button", name="试导入", exact=True).click()
    await expect(page.get_by_role("cell", name="第 2 行“级别”")).to_be_visible()
    await page.set_input_files("[name=file]", FilePayload(name="词表.csv", mimeType="text/csv", buffer=WORDS.encode()))
    await page.get_by_role("button", name="试导入", exact=True).click()
    await expect(page.locator("#dry-run")).to_contain_text("新增 1 条")
    await look(page, "checks-dry-run")
    await page.get_by_role("button", name="确认导入").click()
    await expect(page.locator(".toast", has_text="已导入")).to_be_visible()
    await expect(page.get_by_text("第 1 版")).to_be_visible()
    await page.set_viewport_size(PHONE)
    await look(page, "checks-phone")


async def test_phrase_when_listed_is_found_beside_the_text_at_submit_at_review_and_on_the_slip(
    pages: Pages, house: House
) -> None:
    await house.set_up()
    chief = await house.add("wu", "吴建国", "chief")
    editor = await house.add("shen", "沈静怡", "editor")
    reviewer = await house.add("lu", "陆明", "reviewer")
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    base = str(house.server.make_url("")).rstrip("/")
    await import_words(await page_of(pages, chief), base)

    document = await begin(editor, "大桥通车", column="news")
    await write(editor, document, title="大桥通车", summary="布署在前", channel=["web"])
    page = await page_of(pages, editor)
    await page.goto(f"{base}/desk/documents/{document}/edit")
    checks = page.locator("#checks")
    await expect(checks.locator(".finding-bad")).to_contain_text("“布署”：错别字")
    await expect(checks.locator(".finding-wait")).to_contain_text("建议改为“运河大桥”")
    await page.fill("[name=summary]", "部署在前")
    await expect(checks.locator(".finding-bad")).to_have_count(0, timeout=20_000)
    await look(page, "checks-editor")
    await checks.locator(".finding-wait").get_by_role("link", name="定位").click()
    await expect(page.locator("[name=title]")).to_be_focused()
    await page.get_by_role("button", name="提交审核").click()
    await expect(page.locator("#submission")).to_contain_text("须说明理由“大桥”：规范表述")
    await look(page, "checks-submit")
    await page.get_by_role("button", name="确认提交").click()
    await expect(page.locator(".toast", has_text="已送审")).to_be_visible()

    page = await page_of(pages, reviewer)
    await page.goto(f"{base}/desk/documents/{document}/review")
    await expect(page.get_by_text("有 1 条检查结果须说明理由")).to_be_visible()
    await look(page, "checks-review")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="通过", exact=True).click()
    await expect(page.locator("[name=opinion]")).to_be_focused()
    await page.fill("[name=opinion]", "已核对，桥名无误")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="通过", exact=True).click()
    await expect(page.locator(".toast", has_text="审核通过")).to_be_visible()
    await page.goto(f"{base}/desk/documents/{document}/slip")
    await expect(page.locator(".slip-findings")).to_contain_text("须说明理由：“大桥”：规范表述")
    await look(page, "checks-slip")

    await page.goto(f"{base}/desk/documents/")
    await page.fill("[name=q]", "正文在")
    await page.keyboard.press("Enter")
    await expect(page.locator(".piece-excerpt mark")).to_have_text("正文在")
    await page.get_by_text("更多条件").click()
    await page.select_option("[name=kind]", "notice")
    await page.get_by_role("button", name="筛选").click()
    await expect(page.get_by_role("heading", name="没有符合条件的稿件")).to_be_visible()
    await page.select_option("[name=kind]", "news")
    await page.select_option("[name=channel]", "web")
    await page.get_by_role("button", name="筛选").click()
    await expect(page.get_by_role("link", name="大桥通车")).to_have_attribute("href", re.compile(document))
    await look(page, "search")
