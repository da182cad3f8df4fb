"""A television operator set up on the desk: its dialect and columns typed, refused where wrong, its calls read."""

import os
from dataclasses import asdict

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from cms.planning.models import Target
from cms.planning.targets import as_contract
from renderers.iptv.notes import Heard
from tests.browser.axe import violations
from tests.browser.desk.test_previews import seat
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")


async def test_operator_when_set_up_by_hand_keeps_what_was_typed_and_shows_its_calls(
    pages: Pages, house: House
) -> None:
    await house.set_up()
    publisher = await house.add("gu", "顾晓峰", "publisher")
    base = str(house.server.make_url("/")).rstrip("/")
    page = await seat(pages, house, publisher)
    await publisher.get("/desk/targets/")
    fields = {"code": "box", "kind": "iptv", "name": "江苏有线点播", "unit": "/320509/", "loop_minutes": "15"}
    await publisher.post("/desk/targets/", fields)

    await page.goto(f"{base}/desk/targets/box")
    await expect(page.get_by_text("运营商点播").first).to_be_visible()
    await expect(page.locator("code.wrap")).to_contain_text("/hooks/iptv/box/")
    await page.get_by_label("CSPID（本方编号）").fill("YP001")
    await page.get_by_label("LSPID（运营商编号）").fill("LSP01")
    await page.get_by_label("接口地址").fill("http://10.1.2.3:8080/services/ctms")
    await page.get_by_label("栏目对应").fill('{"talks": "10 01"}')
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator(".field-error")).to_have_count(1)
    await page.get_by_label("栏目对应").fill('{"talks": "1001"}')
    await page.get_by_role("button", name="保存").click()
    await expect(page.locator(".toast")).to_be_visible()
    await expect(page.get_by_label("栏目对应")).to_have_value('{"talks": "1001"}')
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/iptv-target.png", full_page=True)

    async with house.deps.db.read() as session:
        row = (await session.scalars(select(Target).where(Target.code == "box"))).one()
    journal = house.deps.services(as_contract(row)).journal
    await journal.record("iptv.exec", order="4f1c" * 8, result=0, said="success")
    await journal.record("iptv.notice", order="4f1c" * 8, result=0)
    await page.goto(f"{base}/desk/targets/box/journal")
    await expect(page.get_by_text("收到处理结果 ResultNotify")).to_be_visible()
    await page.goto(f"{base}/desk/accounts/")
    board = page.locator("#account-box").locator("xpath=ancestor::section")
    await expect(board).to_contain_text("还没有下发过指令")
    state = house.deps.services(as_contract(row)).state
    await state.put("line", asdict(Heard(lost=1_795_000_000)), version=0)
    await page.reload()
    await expect(board).to_contain_text("没有应答")
    await expect(board).to_contain_text("请核对接口地址与专线")
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/iptv-board.png", full_page=True)
    await page.goto(f"{base}/desk/targets/box/journal")
    await page.set_viewport_size(PHONE)
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/iptv-journal-phone.png")
