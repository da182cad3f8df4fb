"""The account board by hand: an account that was silent too long, everything stuck tried again, a consent asked for."""

import datetime as dt
import os
import uuid

import pytest
from playwright.async_api import expect
from sqlalchemy import select, update

from cms import contract
from cms.kernel.ids import uuid7
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.models import Delivery, Publication, Receipt
from tests.browser.axe import violations
from tests.browser.desk.test_previews import seat
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")


async def _post(house: House, code: str, *, days: int, state: str) -> None:
    """A delivery that ended so many days ago, as the worker would have left it."""
    now = house.deps.now()
    at = now - dt.timedelta(days=days)
    async with house.deps.db.write() as session:
        await session.execute(update(Target).where(Target.code == code).values(created_at=now - dt.timedelta(days=60)))
        target = (await session.scalars(select(Target).where(Target.code == code))).one()
        order = Publication(
            id=uuid7(at),
            key=f"test:{uuid.uuid4()}",
            kind="refresh",
            at=at,
            late_ms=0,
            reason="",
            created_at=at,
            what={},
        )
        session.add(order)
        await session.flush()
        row = Delivery(
            id=uuid7(at),
            publication_id=order.id,
            target_id=target.id,
            kind="refresh",
            state=state,
            at=at,
            not_before=at,
            attempt=1,
            lost=0,
            fence=1,
            priority=10,
            created_at=at,
            finished_at=at,
            error_code=None if state == "live" else "douyin.busy",
            error_params={} if state == "live" else {"code": 28001005, "said": "系统繁忙"},
        )
        session.add(row)
        await session.flush()
        if state == "live":
            proof = {"state": "live", "at": at, "places": [], "url": None, "detail": {}}
            session.add(Receipt(id=uuid7(at), delivery_id=row.id, target_id=target.id, **proof))


async def test_account_when_silent_and_stuck_is_seen_and_helped_from_the_board(pages: Pages, house: House) -> None:
    await house.set_up()
    publisher = await house.add("gu", "顾晓峰", "publisher")
    base = str(house.server.make_url("/")).rstrip("/")
    page = await seat(pages, house, publisher)
    await page.goto(f"{base}/desk/accounts/")
    await expect(page.get_by_text("还没有平台账号")).to_be_visible()
    kinds = (
        ("douyin", "文明吴江抖音号", "dy"),
        ("wechat", "吴江服务号", "wx"),
        ("douyin", "太湖新城抖音号", "dy2"),
    )
    for kind, name, code in kinds:
        await publisher.get("/desk/targets/")
        fields = {"code": code, "kind": kind, "name": name, "unit": "/320509/", "loop_minutes": "15"}
        await publisher.post("/desk/targets/", fields)
    await _post(house, "dy", days=13, state="live")
    await _post(house, "dy", days=0, state="failed")
    await _post(house, "wx", days=10, state="live")
    await _post(house, "dy2", days=1, state="live")
    state = house.deps.services(await _target(house, "dy")).state
    ends = house.deps.now() + dt.timedelta(days=6, hours=1)
    await state.put("tokens", {"consent_ends": int(ends.timestamp())}, version=0)

    await page.reload()
    quiet = page.locator(".account", has_text="文明吴江抖音号")
    await expect(quiet.locator(".chip-bad").first).to_have_text("13 天未更新")
    await expect(quiet).to_contain_text("还有 6 天")
    await expect(page.locator(".account", has_text="吴江服务号").locator(".chip-wait")).to_have_text("10 天未更新")
    await expect(page.locator(".account", has_text="吴江服务号")).to_contain_text("0 / 50")
    await expect(page.locator(".banner-bad")).to_contain_text("1 个账号已 13 天以上没有更新")
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/accounts-1.png")
        await page.emulate_media(color_scheme="dark")
        await page.screenshot(path=f"{SHOTS}/accounts-1-dark.png")
        await page.emulate_media(color_scheme="light")

    await quiet.get_by_role("button", name="全部重试（1）").click()
    await expect(page.locator(".toast")).to_contain_text("已安排重试")
    await expect(quiet).to_contain_text("异常 1")
    await quiet.get_by_role("button", name="重新授权").click()
    address = await page.locator("[data-consent-address]").input_value()
    assert address.startswith("https://open.douyin.com/platform/oauth/connect/?")
    assert "hooks%2Fdouyin%2Fdy%2Foauth" in address
    await page.set_viewport_size(PHONE)
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/accounts-2-phone.png")


async def _target(house: House, code: str) -> contract.Target:
    async with house.deps.db.read() as session:
        return as_contract((await session.scalars(select(Target).where(Target.code == code))).one())
