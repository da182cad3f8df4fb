"""What was written is found by its words, what was done stands in the record, a token reads what it was made for."""

import aiohttp
import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.desk.office import Desk, add_column, add_person, first_run
from tests.chromium import Pages
from tests.integration.desk.house import PASSWORD, House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TITLE = "垂虹桥畔夜市开市"


async def test_piece_is_found_by_its_words_its_making_in_the_record_and_read_by_a_token(
    pages: Pages, house: House
) -> None:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    auditor = await add_person(admin, pages, house, "zhou", "周明鉴", "审计员")
    await add_column(await add_person(admin, pages, house, "wu", "吴建国", "总编"))
    document = await written(editor)
    await searched(editor)
    await recorded(auditor)
    await read_by_token(editor, document)


async def written(editor: Desk) -> str:
    """A saved piece; its public id."""
    page = editor.page
    await editor.go("/desk/documents/new")
    await page.select_option("[name=column]", "city")
    await editor.press("开始写作")
    await editor.said("稿件已建立")
    await page.fill("[name=title]", TITLE)
    await page.locator("yp-editor .ProseMirror").click()
    await page.keyboard.type("三十六个摊位沿运河排开，志愿者引导停车。")
    await page.locator(".work-bar button[type=submit]").click()
    await expect(page.locator("[name=title]")).to_have_value(TITLE)
    return page.url.partition("/desk/documents/")[2].partition("/")[0]


async def searched(editor: Desk) -> None:
    """By one, two and more characters of title and text; a word nobody wrote says what to do."""
    page = editor.page
    for word, mark in (("桥", "桥"), ("摊位", "摊位"), ("志愿者引导", "志愿者引导")):
        await editor.go(f"/desk/documents/?q={word}")
        await expect(page.locator("mark", has_text=mark).first).to_be_visible()
        await expect(page.get_by_text(TITLE).first).to_be_visible()
    assert await violations(page) == []
    await editor.go("/desk/documents/?q=昆曲折子戏")
    await expect(page.get_by_text(TITLE)).to_have_count(0)
    await expect(page.locator(".empty")).to_be_visible()


async def recorded(auditor: Desk) -> None:
    """Who did it, and that nothing of the chain was touched."""
    page = auditor.page
    await auditor.go("/desk/audit/")
    await page.fill("[name=who]", "沈静怡")
    await page.locator(".audit-search button[type=submit]").click()
    await expect(page.locator("tbody tr").first).to_contain_text("沈静怡")
    await auditor.press("校验完整性")
    await expect(page.locator(".audit-state")).to_contain_text("记录完整")
    async with page.expect_download() as taken:
        await page.locator("a[download]").first.click()
    assert (await taken.value).suggested_filename
    assert await violations(page) == []


async def read_by_token(editor: Desk, document: str) -> None:
    """A token reads what it was made for, writes nothing, and is worth nothing once revoked."""
    page = editor.page
    await editor.go("/desk/account/tokens")
    await page.fill("[name=name]", "数据看板")
    await page.locator("[name=scope][value='document:read']").check()
    await page.fill("[name=password]", PASSWORD)
    await page.locator(".split-side button[type=submit]").click()
    secret = await page.locator("[data-secret]").inner_text()
    assert await violations(page) == []
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"{editor.url}/api/v1/documents/{document}"
    async with aiohttp.ClientSession(headers=headers) as program:
        async with program.get(address) as answer:
            assert answer.status == 200
            assert TITLE in await answer.text()
        async with program.post(f"{editor.url}/api/v1/documents", json={}) as answer:
            assert answer.status == 403
        await editor.go("/desk/account/tokens")
        await page.locator("form[action$='/revoke'] button").click()
        await editor.said("令牌")
        async with program.get(address) as answer:
            assert answer.status == 401
