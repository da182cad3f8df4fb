"""A piece seen on every screen while it is written: live previews, channels' own words, a link to show it."""

import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.desk.office import picture
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import Browser, House
from tests.integration.desk.world import begin, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")


async def seat(pages: Pages, house: House, browser: Browser) -> Page:
    """A real browser with the session of one that is already signed in."""
    context = await pages.context()
    url = str(house.server.make_url("/"))
    for cookie in browser.session.cookie_jar:
        await context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
    return await context.new_page()


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def test_draft_while_it_is_typed_is_seen_on_every_screen(pages: Pages, house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "太湖新城健步道开放")
    await upload(editor, "lake.png", picture("lake.png")["buffer"])
    page = await seat(pages, house, editor)
    base = str(house.server.make_url("/")).rstrip("/")
    await page.goto(f"{base}/desk/documents/{document}/edit")
    await page.locator("yp-editor .ProseMirror").click()
    await page.keyboard.type("十一月二十八日，太湖新城健步道正式向市民开放。")
    await page.fill("[name=summary]", "步道串起三处湖湾。")
    await page.get_by_role("button", name="实时预览").click()
    panel = page.locator("#live")
    street = panel.frame_locator("[data-live-frame=screen-portrait] iframe[data-shown]")
    await expect(street.locator("body")).to_contain_text("健步道正式向市民开放", timeout=15_000)
    phone = panel.frame_locator("[data-live-frame=web-phone] iframe[data-shown]")
    await expect(phone.locator("h1")).to_contain_text("太湖新城健步道开放")
    await shot(page, "live-1")

    while await (closed := panel.locator(".live-tab[aria-pressed=false]")).count():
        await closed.first.click()
    everything = panel.locator("[data-live-frame]")
    for index in range(await everything.count()):
        await expect(everything.nth(index).locator("iframe[data-shown]")).to_have_count(1, timeout=15_000)
    await shot(page, "live-2")

    # Typed, not saved: the next picture has it, and the channel's own words reach its frame alone.
    own = page.locator("[data-own=wechat]")
    await own.locator("summary").click()
    await own.locator("[name=o-wechat-title]").fill("湖边新步道，周六见")
    await expect(own.locator("[data-own-mark]")).to_be_visible()
    wechat = panel.frame_locator("[data-live-frame=wechat-phone] iframe[data-shown]")
    await expect(wechat.locator("h1")).to_have_text("湖边新步道，周六见", timeout=15_000)
    await expect(phone.locator("h1")).to_contain_text("太湖新城健步道开放")
    await expect(panel.locator("[data-live-frame=wechat-phone] [data-live-own]")).to_be_visible()
    await own.get_by_role("button", name="单独写正文").click()
    await own.locator("yp-editor .ProseMirror").click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type("微信读者可在文末报名。")
    await expect(wechat.locator("body")).to_contain_text("微信读者可在文末报名", timeout=15_000)
    await own.locator("[data-own-pick]").click()
    await page.locator("[data-pick]").first.click()
    await expect(own.locator("[data-own-names]")).to_have_text("标题、封面图、正文")
    await shot(page, "live-3")
    await page.emulate_media(color_scheme="dark")
    await shot(page, "live-3-dark")
    await page.emulate_media(color_scheme="light")
    await expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=15_000)
    assert await violations(page) == []

    # What cannot be read is said above the frames, which stay; the editor goes on.
    await page.reload()
    await expect(page.locator("[data-own=wechat] [data-own-names]")).to_have_text("标题、封面图、正文")
    await expect(panel).to_be_visible()
    await page.locator("[data-own=wechat] summary").click()
    body = page.locator("[data-own=wechat] [data-own-field=body]")
    await body.get_by_role("button", name="恢复与主稿一致").click()
    await expect(body.locator("yp-editor")).to_have_count(0)
    await body.get_by_role("button", name="撤销恢复").click()
    await expect(body.locator("yp-editor")).to_contain_text("微信读者可在文末报名")

    # Wider by the keyboard, and remembered.
    grip = panel.get_by_role("separator")
    before = int(await grip.get_attribute("aria-valuenow") or 0)
    await grip.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(grip).to_have_attribute("aria-valuenow", str(before + 40))
    await page.set_viewport_size(PHONE)
    await shot(page, "live-4-phone")
    await page.get_by_role("button", name="关闭实时预览").click()
    await expect(panel).to_be_hidden()

    await _shared(pages, page, f"{base}/desk/documents/{document}")


async def _shared(pages: Pages, page: Page, piece: str) -> None:
    """A link for somebody without an account: they see the revision marked, and write what they think."""
    await page.set_viewport_size(DESK)
    await page.goto(f"{piece}/share")
    await shot(page, "share-1-empty")
    await page.get_by_label("给谁看").fill("宣传部王科长")
    await page.get_by_role("button", name="生成链接").click()
    address = await page.locator("[data-share-address]").input_value()
    await shot(page, "share-2-made")
    assert await violations(page) == []

    guest = await (await pages.context()).new_page()
    answer = await guest.goto(address)
    assert answer is not None
    assert "noindex" in (await answer.header_value("x-robots-tag") or "")
    phone = guest.frame_locator("iframe[src$='/wechat/phone']")
    await expect(phone.locator("h1")).to_have_text("湖边新步道，周六见")
    await expect(phone.locator("img.yp-mark")).to_be_attached()
    await expect(phone.locator(".card img.cover")).to_have_js_property("complete", value=True)
    street = guest.frame_locator("iframe[src$='/screen/portrait']")
    await expect(street.locator("body")).to_contain_text("太湖新城")
    await expect(street.locator("img.yp-mark")).to_be_attached()
    await guest.get_by_label("您的姓名").fill("王科长")
    await guest.locator("[name=text]").fill("第二段请写明集合地点。")
    await guest.get_by_role("button", name="提交意见").click()
    await expect(guest.locator(".toast")).to_contain_text("意见已送达编辑部")
    await shot(guest, "share-3-guest")
    assert await violations(guest) == []
    await guest.set_viewport_size(PHONE)
    await shot(guest, "share-4-phone")

    await page.goto(f"{piece}/share")
    await expect(page.locator("#opinions")).to_contain_text("第二段请写明集合地点。")
    await page.goto(f"{piece}/history")
    await expect(page.locator(".timeline")).to_contain_text("第二段请写明集合地点。")
    await page.goto(f"{piece}/share")
    await page.get_by_role("button", name="撤销给“宣传部王科长”的链接").click()
    await expect(page.locator(".toast")).to_contain_text("链接已撤销")
    await guest.goto(address)
    await expect(guest.locator("h1")).to_contain_text("这个预览链接已失效")
