"""Remote hands at the desk: a screenshot from the screen's page, a command to a subtree, an update that waits."""

import os

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from screens.hands import states
from screens.hands.rollout import register
from screens.hands.tables import ScreenOrder
from tests.browser.axe import violations
from tests.browser.desk.test_checks import page_of
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House
from tests.integration.desk.test_hands import orders, picture, put, screens
from tests.integration.screens.conftest import operator as an_operator

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


async def test_screens_when_ordered_show_how_far_each_order_came(pages: Pages, house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    await screens(house, 3, unable=1)
    async with house.deps.db.write() as session:
        await register(session, an_operator(), version="1.1.0", files=["a" * 64], now=house.deps.now())
    base = str(house.server.make_url("")).rstrip("/")
    page = await page_of(pages, operator)
    await page.goto(f"{base}/desk/screens/s000000000")
    await page.get_by_role("button", name="截取画面").click()
    panel = page.locator("#hands-orders")
    await expect(panel).to_contain_text("等待发送")
    (shot,) = await orders(house)
    assert await put(house, shot, picture()) == 204
    async with house.deps.db.write() as session:
        ended = update(ScreenOrder).values(state=states.DONE, ended_at=house.deps.now())
        await session.execute(ended)
    await expect(panel.locator("img")).to_be_visible()  # by itself
    await expect(panel).to_contain_text("已执行")
    await page.get_by_role("button", name="开关屏时间").click()
    await page.locator("#hands-hours").get_by_role("button", name="设置").click()
    await expect(page.locator("#hands-orders")).to_contain_text("每天 06:30–22:00")
    await look(page, "hands-screen")
    await page.goto(f"{base}/desk/screens/orders/")
    await look(page, "hands-commands")
    await page.locator("[name=action]").select_option("reload")
    await page.get_by_role("button", name="下一步").click()
    await look(page, "hands-ask")
    await page.get_by_role("button", name="对 3 块屏幕下发").click()
    await expect(page.locator("#command")).to_contain_text("等待发送")
    async with house.deps.db.write() as session:
        first = (await session.scalars(select(ScreenOrder.id).where(ScreenOrder.action == "reload").limit(1))).one()
        failed = update(ScreenOrder).where(ScreenOrder.id == first).values(state=states.FAILED, code="hands.full")
        await session.execute(failed)
    await expect(page.locator("#command")).to_contain_text("设备磁盘已满")
    await look(page, "hands-command")
    await page.goto(f"{base}/desk/screens/updates/")
    await page.get_by_role("button", name="开始更新").click()
    await expect(page.get_by_text("进行中")).to_be_visible()
    await page.goto(f"{base}/desk/screens/lines/")
    await page.locator("[name=from]").first.fill("22:00")
    await page.locator("[name=to]").first.fill("06:00")
    await page.locator("[name=budget]").fill("800")
    await page.locator("[name=spread]").fill("20")
    await look(page, "hands-lines-new")
    await page.get_by_role("button", name="保存规则").click()
    await expect(page.locator(".rows-item")).to_contain_text("每天 22:00–")
    await look(page, "hands-lines")
    await page.locator(".rows-item").get_by_role("link", name="修改规则").click()
    await expect(page.locator("[name=budget]")).to_have_value("800")
    await page.set_viewport_size(PHONE)
    await look(page, "hands-lines-phone")
    await page.locator(".rows-item").get_by_role("button", name="取消规则").click()
    await page.get_by_role("dialog").get_by_role("button", name="取消规则").click()
    await expect(page.get_by_text("还没有线路规则")).to_be_visible()
    await page.goto(f"{base}/desk/screens/updates/")
    await look(page, "hands-updates-phone")
    await page.goto(f"{base}/desk/screens/s000000000")
    await look(page, "hands-screen-phone")
