"""What people do on the desk, as hands and eyes do it."""

import io
import re
from dataclasses import dataclass

from PIL import Image, ImageDraw
from playwright.async_api import FilePayload, Page, expect

from cms.people.first_run import issue_set_up_code
from tests.chromium import DESK, Pages
from tests.integration.desk.house import PASSWORD, House

TITLE = "太湖新城十公里健步道本周六开放"


@dataclass
class Desk:
    """A person's browser on a house's desk."""

    page: Page
    url: str

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def press(self, name: str, *, exact: bool = True) -> None:
        await self.page.get_by_role("button", name=name, exact=exact).click()

    async def said(self, text: str) -> None:
        """Waits for the sentence of a toast."""
        await expect(self.page.locator(".toast", has_text=text)).to_be_visible()


async def sit_down(pages: Pages, house: House) -> Desk:
    context = await pages.context(DESK)
    return Desk(await context.new_page(), str(house.server.make_url("/")).rstrip("/"))


async def first_run(pages: Pages, house: House) -> Desk:
    """The administrator, from the code in the terminal on."""
    async with house.deps.db.write() as session:
        code = await issue_set_up_code(session, now=house.deps.now())
    admin = await sit_down(pages, house)
    await admin.go("/desk/")
    page = admin.page
    await page.fill("[name=code]", code)
    await page.fill("[name=district]", "吴江区融媒体中心")
    await page.fill("[name=unit_code]", "320509")
    await page.fill("[name=person]", "郑管理")
    await page.fill("[name=name]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await admin.press("完成初始化")
    await admin.said("初始化完成")
    return admin


async def add_person(admin: Desk, pages: Pages, house: House, login: str, name: str, *roles: str) -> Desk:
    """Added by the administrator; comes by code and sets a password."""
    page = admin.page
    await admin.go("/desk/people/")
    await admin.press("添加人员")
    form = page.locator("#add-form")
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=login]").fill(login)
    for role in roles:
        await form.get_by_role("checkbox", name=role).check()
    await form.locator("[name=own_password]").fill(PASSWORD)
    await admin.press("添加并生成登录码")
    code = await page.locator(".once-code").inner_text()
    person = await sit_down(pages, house)
    await person.go("/desk/login?by=code")
    await person.page.fill("[name=code]", code)
    await person.press("登录")
    await person.page.fill("[name=password]", PASSWORD)
    await person.page.fill("[name=again]", PASSWORD)
    await person.press("保存并进入工作台")
    await person.said("密码已设置")
    return person


async def confirm_keys(admin: Desk) -> None:
    await admin.go("/desk/people/")
    await admin.page.locator(".banner").get_by_role("button", name="确认签发权限").click()
    await admin.page.locator("#confirm-form [name=own_password]").fill(PASSWORD)
    await admin.page.locator("#confirm").get_by_role("button", name="确认签发权限").click()
    await admin.said("签发密钥已确认")


async def add_column(chief: Desk) -> None:
    await chief.go("/desk/columns/")
    side = chief.page.locator(".split-side")
    await side.locator("[name=name]").fill("城市建设")
    await side.locator("[name=code]").fill("city")
    await chief.press("添加栏目")
    await chief.said("栏目已保存")


async def add_targets(publisher: Desk) -> None:
    for kind, name, code in (("web", "云上吴江网站", "site"), ("screen", "全区阅读屏", "street")):
        await publisher.go("/desk/targets/")
        side = publisher.page.locator(".split-side")
        await side.locator("[name=kind]").select_option(kind)
        await side.locator("[name=name]").fill(name)
        await side.locator("[name=code]").fill(code)
        await publisher.press("添加渠道")
        await publisher.said("渠道已添加")


async def write_piece(editor: Desk) -> str:
    """A draft with a picture in it and as cover; the address of its page."""
    page = editor.page
    await editor.go("/desk/documents/new")
    await page.select_option("[name=column]", "city")
    await editor.press("开始写作")
    await editor.said("稿件已建立")
    await page.fill("[name=title]", TITLE)
    await page.fill("[name=summary]", "步道串起三处湖湾，沿途设六个文明实践驿站。")
    await page.fill("[name=editor]", "陆明")
    await page.locator("yp-editor .ProseMirror").click()
    await page.keyboard.type("十一月二十八日，太湖新城健步道正式向市民开放。", delay=2)
    await page.keyboard.press("Enter")
    async with page.expect_file_chooser() as chooser:
        await page.click("yp-editor [data-tool=image]")
    await (await chooser.value).set_files(picture("lake.png"))
    await expect(page.locator("yp-editor figure img")).to_be_visible(timeout=30_000)
    await page.locator("yp-editor figure").get_by_label("替代文字").fill("湖边的步道，远处有塔")
    await page.locator("[data-cover-file]").set_input_files(picture("cover.png"))
    await page.locator("[data-focal-stage]").click(position={"x": 40, "y": 60})
    await editor.press("上传并使用")
    await expect(page.locator(".cover-box img")).to_be_visible(timeout=30_000)
    await page.fill("[name=cover_alt]", "湖湾日落")
    await expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=15_000)
    found = re.search(r"/desk/documents/[0-9a-z]+", page.url)
    assert found is not None
    return found[0]


async def submit_piece(editor: Desk) -> None:
    await editor.press("提交审核")
    await editor.press("确认提交")
    await editor.said("已送审")


async def sign_piece(person: Desk, *, button: str, opinion: str) -> None:
    await person.go("/desk/review/")
    await person.page.get_by_role("link", name=TITLE).click()
    await person.page.fill("[name=opinion]", opinion)
    await person.page.fill("[name=password]", PASSWORD)
    await person.press(button)


def picture(name: str) -> FilePayload:
    """A landscape of some size, as a camera would give one."""
    image = Image.new("RGB", (1600, 1200), (120, 160, 190))
    draw = ImageDraw.Draw(image)
    for y in range(1200):
        draw.line([(0, y), (1600, y)], fill=(230 - y // 12, 170 - y // 16, 120 + y // 14))
    draw.ellipse((1080, 240, 1280, 440), fill=(255, 226, 170))
    hills = [(0, 800), (500, 520), (900, 820), (1250, 600), (1600, 780), (1600, 1200), (0, 1200)]
    draw.polygon(hills, fill=(64, 84, 104))
    draw.polygon([(0, 1000), (600, 860), (1200, 1040), (1600, 930), (1600, 1200), (0, 1200)], fill=(42, 58, 74))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return FilePayload(name=name, mimeType="image/png", buffer=buffer.getvalue())
