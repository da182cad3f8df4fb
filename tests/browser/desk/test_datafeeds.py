"""Data feeds at the desk: one is added, its readings are typed, and an editor puts its card into a piece."""

import json
import os

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.desk.test_checks import page_of
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House
from tests.integration.desk.test_datafeeds import LINES, delegated

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")


async def look(page: Page, name: str) -> None:
    """No grave fault of accessibility, and pictures of it in both lights where they are wanted."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        await page.emulate_media(color_scheme="dark")
        await page.screenshot(path=f"{SHOTS}/{name}-dark.png", full_page=True)
        await page.emulate_media(color_scheme="light")
    assert await violations(page) == []


async def test_feed_is_added_and_said_by_hand_and_its_card_put_into_a_piece(pages: Pages, house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    editor = await house.add("shen", "沈静怡", "editor")
    base = str(house.server.make_url("")).rstrip("/")
    page = await page_of(pages, operator)
    await page.goto(f"{base}/desk/datafeeds/")
    await page.locator("#code").fill("air")
    await page.locator("#name").fill("松陵气象站")
    await page.locator("#fields").fill(LINES)
    await page.get_by_role("button", name="添加数据源").click()
    await expect(page.locator("h1")).to_have_text("松陵气象站")
    await delegated(house, "air")
    for label, value in (("PM2.5（μg/m³）", "35"), ("气温（℃）", "21.5")):
        await page.get_by_label(label).fill(value)
    await page.get_by_label("空气质量").select_option("good")
    await page.get_by_role("button", name="签名并发送").click()
    await expect(page.locator("dl.facts")).to_contain_text("21.5 ℃")
    await page.get_by_label("PM2.5").fill("1000")
    await page.get_by_role("button", name="签名并发送").click()
    await expect(page.locator(".field-error")).to_contain_text("超出了这个字段的上下限")
    await expect(page.get_by_label("PM2.5")).to_have_value("1000")
    await look(page, "datafeed")
    await page.goto(f"{base}/desk/datafeeds/")
    await expect(page.locator(".rows-item")).to_contain_text("最近一次被拒")
    await look(page, "datafeeds")
    await page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    await look(page, "datafeeds-phone")

    made = await (await editor.script("POST", "/api/v1/documents", json={"kind": "notice", "title": "今日空气"})).json()
    writer = await page_of(pages, editor)
    await writer.goto(f"{base}/desk/documents/{made['id']}/edit")
    await writer.locator(".editor-text").click()
    await writer.locator("[data-tool=data]").click()
    chosen = writer.get_by_label("数据卡的数据源")
    await chosen.select_option("air")
    await expect(writer.locator(".block-data")).to_contain_text("空气质量")
    await look(writer, "datafeed-editor")
    value = await writer.locator("yp-editor#body").evaluate("(editor) => JSON.stringify(editor.value)")
    (card,) = [block for block in json.loads(value)["blocks"] if block["type"] == "data"]
    assert (card["feed"], [field["name"] for field in card["fields"]]) == ("air", ["pm25", "temp", "level"])
    await expect(writer.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=15_000)
    await writer.goto(f"{base}/desk/documents/{made['id']}/edit")
    await expect(writer.get_by_label("数据卡的数据源")).to_have_value("air")
