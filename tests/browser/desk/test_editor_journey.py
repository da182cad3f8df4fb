"""The editor with everything behind it: two people at one piece, pictures of another site, a line that goes dead."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page, expect

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.fetching import PictureSource
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from tests.browser.axe import violations
from tests.browser.desk.office import picture
from tests.chromium import DESK, Pages
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.desk.world import begin, write

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")

_VALUE = "document.querySelector('yp-editor').value"
_PASTE = "(html) => { const { view } = document.querySelector('yp-editor').editor; view.focus(); view.pasteHTML(html) }"


@pytest.fixture
async def elsewhere() -> AsyncIterator[TestServer]:
    """Another site: one picture, and one that is gone until it is put back."""
    data = picture("far.png")["buffer"]
    there: set[str] = {"lake.png"}

    async def give(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in there:
            there.add(name)
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="image/png")

    app = web.Application()
    app.router.add_get("/{name}", give)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path, elsewhere: TestServer) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    known = frozenset({(str(elsewhere.host), elsewhere.port or 0)})
    pictures = PictureSource(GuardedOutbound(Policy(exceptions=known)), plain=known)
    async with open_house(database, tmp_path, SystemClock(), pictures=pictures) as opened:
        yield opened
    await database.close()


async def sit_down(pages: Pages, who: Browser, document: str) -> Page:
    """A person's own browser on the editor of a piece."""
    context: BrowserContext = await pages.context(DESK)
    for cookie in who.session.cookie_jar:
        await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": str(who.base)}])
    page = await context.new_page()
    await page.goto(f"{who.base}desk/documents/{document}/edit")
    await page.wait_for_selector("yp-editor .ProseMirror")
    return page


async def blocks(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await page.evaluate(_VALUE))["blocks"]
    return found


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def saved(page: Page) -> None:
    await expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=10_000)


async def test_editor_when_a_piece_is_written_with_others_keeps_every_word(
    pages: Pages, house: House, elsewhere: TestServer
) -> None:
    await house.set_up()
    shen = await house.add("shen", "沈静怡", "editor")
    lu = await house.add("lu", "陆明", "reviewer")
    document = await begin(shen, "健步道开放")
    page = await sit_down(pages, shen, document)

    await _writes(page)
    await _pastes(page, str(elsewhere.make_url("/")).rstrip("/"))
    await _is_told_of_limits(page)
    await _loses_the_line(page)
    await _meets_a_colleague(pages, page, lu, document)
    pages.complaints.clear()  # the line that went dead, on purpose


async def _writes(page: Page) -> None:
    """Nested lists, a footnote and a table by keyboard alone; emoji and a character few fonts have."""
    keys = page.keyboard
    await page.locator("yp-editor .ProseMirror").click()
    await keys.insert_text("全长十公里👨‍👩‍👧，𬭎")
    await keys.press("Control+Alt+f")
    await keys.insert_text("区住建局 https://www.example.cn/a")
    await keys.press("Enter")
    await keys.insert_text("。")
    await keys.press("Enter")
    await keys.press("Control+Shift+8")
    for text, before in (("驿站", ""), ("一号", "Tab"), ("二号", ""), ("时间", "Shift+Tab")):
        if before:
            await keys.press(before)
        await keys.insert_text(text)
        await keys.press("Enter")
    await keys.press("Enter")
    await page.click("yp-editor [data-tool=table]")
    await page.locator("yp-editor td").last.click()
    await keys.press("Tab")
    await keys.insert_text("新行")
    await keys.press("Control+Alt+ArrowRight")
    written, items, table = (await blocks(page))[:3]
    assert [run.get("note", {}).get("text", run["t"]) for run in written["text"]] == [
        "全长十公里👨‍👩‍👧，𬭎",
        "区住建局 https://www.example.cn/a",
        "。",
    ]
    assert [(item["text"][0]["t"], item.get("level", 0)) for item in items["items"]] == [
        ("驿站", 0),
        ("一号", 1),
        ("二号", 1),
        ("时间", 0),
    ]
    assert [len(row) for row in table["rows"]] == [4, 4, 4, 4]
    await saved(page)


async def _pastes(page: Page, there: str) -> None:
    """Pictures of a page come in at their places; one is gone at first; Word's are named with the way to get them."""
    html = f"""<p>网页<img data-src="{there}/lake.png" alt="湖">之后</p><p><img src="{there}/gone.png"></p>
      <p><img src="file:///C:/Users/x/image007.png"></p>"""
    await page.evaluate(
        """() => { const { editor } = document.querySelector("yp-editor"); editor.commands.focus("end");
             editor.commands.insertContentAt(editor.state.doc.content.size, { type: "paragraph" });
             editor.commands.focus("end"); }"""
    )
    await page.evaluate(_PASTE, html)
    refused = page.locator(".pending.upload-refusal")
    await expect(refused.locator("code")).to_have_text("library.fetch_status", timeout=20_000)
    await expect(refused).to_contain_text("gone.png")
    await expect(page.locator(".editor-tray")).to_contain_text("image007.png")
    await expect(page.locator(".editor-tray a")).to_have_text("导入 Word")
    await page.locator(".editor-tray .upload-refusal").get_by_role("button", name="知道了").click()
    await refused.get_by_role("button", name="重试").click()
    await expect(page.locator("yp-editor figure img")).to_have_count(2, timeout=20_000)
    images = [block for block in await blocks(page) if block["type"] == "image"]
    assert [image["alt"] for image in images] == ["湖", ""]
    await page.locator("yp-editor figure").first.get_by_role("button", name="设置焦点").click()
    stage = page.locator("[data-focal-stage]")
    await expect(stage).to_be_visible()
    await stage.press("ArrowLeft")
    async with page.expect_response(
        lambda answer: answer.url.endswith("/focal") and answer.request.method == "POST"
    ) as kept:
        await page.get_by_role("button", name="保存焦点").click()
    assert (await (await kept.value).json())["x"] == 490
    await saved(page)


async def _is_told_of_limits(page: Page) -> None:
    """A title and a table far too large are said at their place, kept, and one key away."""
    await page.fill("[name=title]", "长" * 10_000)
    await expect(page.locator("[data-limits-of=title] .counter")).to_have_text("10000/60")
    await expect(page.locator("#field-title .field-error")).to_have_text("内容过长", timeout=10_000)
    await expect(page.locator("[data-save-state]")).to_contain_text("不能保存")
    await page.locator("yp-editor").focus()
    await page.keyboard.press("F8")
    await expect(page.locator("[name=title]")).to_be_focused()
    await page.fill("[name=title]", "健步道" * 13)
    await page.get_by_role("checkbox", name="微信服务号").check()
    await expect(page.locator("[data-limits-of=title] .limit.is-over").filter(has_text="39/32")).to_be_visible()
    await expect(page.locator("[data-limits-of=body] .limit")).to_contain_text("/20000")
    await page.fill("[name=title]", "健步道开放")
    await saved(page)
    row = f"<tr>{'<td>格</td>' * 100}</tr>"
    await page.evaluate("document.querySelector('yp-editor').editor.commands.focus('end')")
    await page.evaluate(_PASTE, f"<table>{row * 100}</table>")
    await expect(page.locator(".editor-problem")).to_contain_text("10000 格")
    await expect(page.locator("[data-save-state]")).to_contain_text("不能保存", timeout=15_000)
    await expect(page.locator(".toast-bad").last).to_contain_text("10000 格")
    await page.keyboard.press("Control+z")
    await saved(page)


async def _loses_the_line(page: Page) -> None:
    """What is typed while the server is away is in the browser, and offered to whoever comes back."""
    await page.route("**/autosave", lambda route: route.abort())
    await page.fill("[name=summary]", "断网时写下的摘要")
    await expect(page.locator("[data-save-state]")).to_contain_text("将自动重试", timeout=10_000)
    page.once("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await page.unroute_all()
    await page.click("[data-local-take]", timeout=10_000)
    assert await page.input_value("[name=summary]") == "断网时写下的摘要"
    await saved(page)


async def _meets_a_colleague(pages: Pages, page: Page, lu: Browser, document: str) -> None:
    """Both see each other; the second save shows the difference and overwrites nothing, either way."""
    other = await sit_down(pages, lu, document)
    await expect(other.locator(".presence")).to_contain_text("沈静怡")
    await write(lu, document, title="同事的标题", column="")
    await page.fill("[name=subtitle]", "我的副题")
    conflict = page.locator(".conflict")
    await expect(conflict).to_contain_text("陆明在您编辑期间保存了新修订", timeout=10_000)
    await expect(conflict.locator("del").filter(has_text="同事的标题")).to_be_visible()
    await expect(conflict.locator("ins").filter(has_text="我的副题")).to_be_visible()
    await shot(page, "conflict")
    assert await violations(page) == []
    await page.get_by_role("button", name="采用对方的").click()
    await page.wait_for_selector("[data-local-take]:visible")
    assert await page.input_value("[name=title]") == "同事的标题"
    await page.click("[data-local-take]")
    assert await page.input_value("[name=subtitle]") == "我的副题"
    await saved(page)
    await write(lu, document, title="同事又改", column="")
    await page.fill("[name=subtitle]", "我的副题二")
    await page.get_by_role("button", name="保留我的（存为新修订）").click(timeout=10_000)
    await expect(page.locator(".toast")).to_be_visible()
    assert await page.input_value("[name=subtitle]") == "我的副题二"
    await page.goto("about:blank")
    gone = """() => { document.dispatchEvent(new Event("visibilitychange"));
                      return !document.querySelector(".presence").textContent.includes("沈静怡"); }"""
    await other.wait_for_function(gone, polling=500)
