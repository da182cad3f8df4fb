"""An operator puts a channel on the wire, by hand, at desk and phone size."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.outlets.holding import Said, hold
from tests.browser.desk.test_imports import looked, seat
from tests.chromium import Pages
from tests.integration.desk.house import House, open_house
from tests.integration.desk.world import target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def test_channel_is_put_on_the_wire_watched_and_taken_off(pages: Pages, house: House) -> None:
    await house.set_up()
    publisher = await house.add("fa", "发布员", "publisher")
    there = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("lectures", "tv", there), "name": "新时代文明实践频道"})
    operator = await seat(pages, house, await house.add("yun", "云维", "operator"))
    page = operator.page
    await operator.go("/desk/outputs/")
    await expect(page.locator("[name=url]")).to_be_hidden()
    await page.fill("[name=address]", "8.8.8.8")
    await operator.press("添加输出")
    await expect(page.get_by_text("不能发往这个地址")).to_be_visible()
    await page.fill("[name=address]", "239.1.1.1")
    await operator.press("添加输出")
    await operator.said("输出已保存")
    await page.select_option("[name=kind]", "push")
    await expect(page.locator("[name=address]")).to_be_hidden()
    await page.fill("[name=url]", "rtmp://live.example.cn/app/key-1")
    await operator.press("添加输出")
    await operator.said("输出已保存")
    now = house.deps.now()
    async with house.deps.db.write() as session:
        held = await hold(session, "a", {}, now=now)
    slot = int(now.timestamp() * 1000) // 3840
    said = {one.id: Said(slot, 6, 0, 0, 2, 0, "") for one in held[:1]}
    said |= {one.id: Said(0, 0, 1, 0, 0, 4, "rtmp://live.example.cn/app/•••: Connection refused") for one in held[1:]}
    async with house.deps.db.write() as session:
        await hold(session, "a", said, now=now)
    await page.reload()
    await expect(page.locator(".chip-good")).to_have_text("正在播出")
    await expect(page.locator(".delivery-fault")).to_contain_text("Connection refused")
    await expect(page.locator("main")).not_to_contain_text("key-1")
    await looked(page, "outputs")
    await page.locator(".table-title").first.click()
    await expect(page.get_by_text("降清晰度的段")).to_be_visible()
    await looked(page, "output")
    await page.locator("summary", has_text="删除输出").click()
    await operator.press("删除输出")
    await operator.said("输出已删除")
    await expect(page.locator(".table-title")).to_have_count(1)
