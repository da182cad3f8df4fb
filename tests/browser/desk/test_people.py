"""The administrator's and the auditor's day: a tree from a table, people from a table, a second factor, the record."""

import base64
import re
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, ViewportSize, expect

from cms.people.totp import code_at, step_of
from tests.browser.axe import violations
from tests.browser.desk.office import Desk, add_person, first_run
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import PASSWORD, House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SIZES = {"desk": DESK, "phone": PHONE}


def table(text: str) -> FilePayload:
    return FilePayload(name="table.csv", mimeType="text/csv", buffer=text.encode("gb18030"))


def district() -> str:
    """Eleven institutes, 289 stations, 500 points."""
    lines = ["代码,名称,层级,上级"]
    lines += [f"{n:02},第{n}文明实践所,所,320509" for n in range(1, 12)]
    lines += [f"{n:03},第{n}社区实践站,站,320509/{n % 11 + 1:02}" for n in range(289)]
    lines += [f"{n:03},第{n}实践点,点,320509/{n % 289 % 11 + 1:02}/{n % 289:03}" for n in range(500)]
    return "\n".join(lines)


async def sound(page: Page, shots: Path | None, name: str) -> None:
    """No grave fault, and nothing cut off, at the desk and on a phone."""
    for size, box in SIZES.items():
        await page.set_viewport_size(ViewportSize(**box))
        assert await violations(page) == [], f"{name} {size}"
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= box["width"], f"{name} is {width} wide on the {size}"
        if shots is not None:
            await page.screenshot(path=shots / f"{name}-{size}.png")
    await page.set_viewport_size(ViewportSize(**DESK))


async def test_office_when_set_up_by_tables_has_its_tree_its_people_and_a_second_factor(
    pages: Pages, house: House, shots: Path | None
) -> None:
    admin = await first_run(pages, house)
    await import_tree(admin, shots)
    await walk_tree(admin, shots)
    await pick_units(admin, shots)
    await import_people(admin, shots)
    auditor = await add_person(admin, pages, house, "ji", "纪察", "审计员")
    await enrol(auditor, house, shots)
    await look_at_the_record(auditor, shots)
    second = await add_person(admin, pages, house, "zhou", "周安全", "安全管理员")
    await look_after(admin, second, auditor, shots)


async def import_tree(admin: Desk, shots: Path | None) -> None:
    page = admin.page
    await admin.go("/desk/units/import")
    await sound(page, shots, "import")
    await page.set_input_files("[name=file]", table("代码,名称,层级,上级\n01,甲所,所,320509\n02,乙站,街道,999\n"))
    await admin.press("试运行")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("层级“街道”无法识别")
    await expect(rows.last).to_contain_text("找不到上级单位“999”")
    await sound(page, shots, "faults")
    await page.set_input_files("[name=file]", table(district()))
    await admin.press("试运行")
    await expect(page.locator(".banner-good")).to_contain_text("将新增 800 个单位")
    await sound(page, shots, "plan")
    await admin.press("导入 800 个单位")
    await admin.said("单位已全部导入")


async def pick_units(admin: Desk, shots: Path | None) -> None:
    """One of 801: by a part of its name and keys, by initials and the mouse; what is not there is said."""
    page = admin.page
    await admin.go("/desk/people/")
    field = page.locator("form[role=search] yp-unit [role=combobox]")
    options = page.locator("form[role=search] yp-unit [role=option]")
    await field.fill("第7文明")
    await expect(options).to_have_count(1, timeout=20_000)
    await expect(options).to_contain_text("吴江区融媒体中心")
    await field.press("Enter")
    await expect(field).to_have_value("第7文明实践所")
    await field.press("Enter")
    await expect(page).to_have_url(re.compile("unit=%2F320509%2F07%2F"))
    await expect(field).to_have_value("第7文明实践所")

    await field.fill("d10wm")
    await expect(options.first).to_contain_text("第10文明实践所")
    await sound(page, shots, "unit-picker")
    await options.first.click()
    await admin.press("筛选")
    await expect(page).to_have_url(re.compile("unit=%2F320509%2F10%2F"))

    await field.fill("文明实践所")
    await expect(options).to_have_count(11)
    await field.press("ArrowDown")
    await field.press("ArrowUp")
    await field.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await field.press("Escape")
    await expect(options.last).to_be_hidden()
    await field.fill("没有的单位")
    await expect(page.locator(".unit-none")).to_be_visible()


async def walk_tree(admin: Desk, shots: Path | None) -> None:
    """By keys alone: open, go in, find by typing; then a move that asks first."""
    page = admin.page
    items = page.locator("[role=treeitem]")
    # Only what is open is drawn.
    await expect(items).to_have_count(12)
    await items.first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    group = page.locator("[role=group] [role=group]").first
    await expect(group.locator("[role=treeitem]").first).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(group.locator("[role=treeitem]").first).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(group).to_be_hidden()
    await page.keyboard.type("03")
    await expect(page.locator("[role=treeitem]", has_text="第3文明实践所")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".split-side h2").first).to_have_text("第3文明实践所")
    await sound(page, shots, "units")
    await page.get_by_role("searchbox", name="按名称、代码或路径查找单位").fill("第100社区")
    await admin.press("查找")
    await page.get_by_role("link", name="第100社区实践站").click()
    await page.get_by_role("link", name="调整上级").click()
    await page.get_by_role("searchbox", name="查找新的上级单位").fill("第5文明")
    await admin.press("查找")
    await page.get_by_role("link", name="移到这里").click()
    await expect(page.locator(".banner-wait")).to_contain_text("将一并移动")
    await sound(page, shots, "move")
    await page.get_by_label("我已核对，确认移动").check()
    await admin.press("确认移动")
    await admin.said("单位已移动")
    await expect(page.locator(".split-side code").first).to_have_text("/320509/05/100/")


async def import_people(admin: Desk, shots: Path | None) -> None:
    page = admin.page
    await admin.go("/desk/people/import")
    people = "姓名,用户名,单位,角色\n沈静怡,shen,320509/05/100,采编、校对\n陆明,lu,03,责任编辑\n"
    await page.set_input_files("[name=file]", table(people))
    await admin.press("试运行")
    await page.fill("[name=own_password]", PASSWORD)
    await admin.press("导入 2 人并生成登录码")
    await expect(page.locator(".code-cell")).to_have_count(2)
    await sound(page, shots, "codes")


async def enrol(person: Desk, house: House, shots: Path | None) -> None:
    """An app by its typed key; then out, and in again with a code."""
    page = person.page
    await person.go("/desk/account/factor")
    await page.fill("[name=password]", PASSWORD)
    await person.press("开始启用")
    await expect(page.locator(".factor-qr svg")).to_be_visible()
    await sound(page, shots, "factor")
    secret = secret_of(await page.locator(".factor-secret").inner_text())
    now = house.deps.now()
    await page.fill("[name=code]", code_at(secret, step_of(now)))
    await person.press("确认启用")
    recovery = await page.locator(".codes li code").first.inner_text()
    await sound(page, shots, "recovery")
    await person.go("/desk/account")
    await sound(page, shots, "account")
    await page.locator("summary", has_text="纪察").click()
    await person.press("退出登录")
    await page.fill("[name=name]", "ji")
    await page.fill("[name=password]", PASSWORD)
    await person.press("登录")
    await expect(page).to_have_url(re.compile("/desk/verify"))
    # Half signed in opens nothing, whatever address is typed.
    await person.go("/desk/audit/")
    await expect(page).to_have_url(re.compile("/desk/verify"))
    await sound(page, shots, "verify")
    await page.fill("[name=code]", "000000")
    await person.press("继续登录")
    await expect(page.locator(".banner-bad")).to_contain_text("验证码不正确或已使用过")
    await page.fill("[name=code]", recovery)
    await person.press("继续登录")
    await expect(page).to_have_url(re.compile("/desk/$"))


async def look_at_the_record(auditor: Desk, shots: Path | None) -> None:
    page = auditor.page
    await auditor.go("/desk/audit/")
    await auditor.press("校验完整性")
    await auditor.said("校验完成")
    await expect(page.locator(".audit-state")).to_contain_text("记录完整")
    await page.select_option("[name=result]", "refused")
    await page.fill("[name=who]", "纪")
    await auditor.press("筛选")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("sign_in.second")
    await sound(page, shots, "record")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="导出 CSV").click()
    assert (await (await download.value).path()).read_text("utf-8").count("sign_in.second") == 1


async def look_after(admin: Desk, second: Desk, auditor: Desk, shots: Path | None) -> None:
    """One asks to take the auditor's factor away, another confirms from the inbox; nobody is stale yet."""
    page = admin.page
    await admin.go("/desk/people/?q=纪察")
    await page.get_by_role("link", name="纪察").click()
    await expect(page.get_by_role("heading", name="登录会话")).to_be_visible()
    await sound(page, shots, "person")
    await page.locator("summary", has_text="重置两步验证").click()
    asking = page.locator("form[action$='/factor/ask']")
    await asking.locator("[name=reason]").fill("手机遗失，已当面核实本人")
    await asking.locator("[name=password]").fill(PASSWORD)
    await sound(page, shots, "reset-ask")
    await asking.get_by_role("button").click()
    await admin.said("已申请重置")
    await expect(page.get_by_role("button", name="确认重置")).to_have_count(0)
    await auditor.go("/desk/account/factor")
    await expect(auditor.page.get_by_role("button", name="不是我提出的，制止")).to_be_visible()
    await sound(auditor.page, shots, "reset-own")
    await second.go("/desk/inbox/")
    await sound(second.page, shots, "reset-inbox")
    await second.page.get_by_role("link", name="核实：纪察").click()
    await sound(second.page, shots, "reset-confirm")
    await second.page.locator("form[action$='/confirm'] [name=password]").fill(PASSWORD)
    await second.press("确认重置")
    await second.said("两步验证已重置")
    await expect(second.page.get_by_text("当前没有登录。")).to_be_visible()
    await admin.go("/desk/people/stale")
    await sound(page, shots, "stale")
    await admin.go("/desk/people/")
    await sound(page, shots, "people")


def secret_of(text: str) -> bytes:
    return base64.b32decode(text.replace(" ", ""))
