"""The desk by keyboard, in the dark and in another language; nothing of it shuts anybody out."""

import pytest
from playwright.async_api import expect

from tests.browser import axe
from tests.browser.desk.office import Desk, add_person, first_run
from tests.chromium import Pages
from tests.integration.desk.house import House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ADMINS = ("/desk/", "/desk/people/", "/desk/units/", "/desk/account")
EDITORS = ("/desk/documents/", "/desk/documents/new", "/desk/library/", "/desk/publishing/")


async def test_desk_is_led_by_keys_goes_dark_and_speaks_english(pages: Pages, house: House) -> None:
    admin = await first_run(pages, house)
    await leads_by_keys(admin)
    await goes_dark(admin, ADMINS)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    await goes_dark(editor, EDITORS)
    await speaks_english(editor, EDITORS)


async def leads_by_keys(desk: Desk) -> None:
    page = desk.page
    await desk.go("/desk/")
    await page.keyboard.press("Control+k")
    bar = page.get_by_role("combobox")
    await expect(bar).to_be_focused()
    await page.keyboard.type("ry")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("人员")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/people/")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("没有这样的稿件")
    await expect(page.get_by_text("没有找到。换一个词")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="键盘操作")).to_be_visible()
    await page.keyboard.press("Escape")


async def goes_dark(desk: Desk, paths: tuple[str, ...]) -> None:
    page = desk.page
    await desk.go("/desk/account")
    await page.select_option("[name=theme]", "dark")
    await page.locator("form[action='/desk/theme']").get_by_role("button").click()
    wrong = {}
    for path in paths:
        await desk.go(path)
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 28)"
        wrong[path] = await axe.violations(page)
    assert not any(wrong.values()), wrong


async def speaks_english(desk: Desk, paths: tuple[str, ...]) -> None:
    page = desk.page
    await desk.go("/desk/account")
    await page.select_option("[name=language]", "en")
    await page.locator("form[action='/desk/language']").get_by_role("button").click()
    for path in paths:
        await desk.go(path)
        assert await page.get_attribute("html", "lang") == "en"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await axe.violations(page) == [], path
