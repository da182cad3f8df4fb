"""What a person does at a platform by hand, in a browser: the pack, a pasted address, a picture of what is gone."""

import os
import uuid
from typing import Final

import pytest
from playwright.async_api import FilePayload, Page, expect
from sqlalchemy import update

from cms.planning.models import Target
from cms.publishing.models import Delivery, Showing
from tests.browser.axe import violations
from tests.browser.desk.test_previews import seat
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House
from tests.integration.desk.test_accounts import with_task
from tests.integration.desk.world import World, make_world, png

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS: Final = os.environ.get("SHOTS")


async def test_pack_is_posted_and_a_film_taken_down_by_hand_with_what_proves_it(pages: Pages, house: House) -> None:
    world = await make_world(house)
    async with house.deps.db.write() as session:
        await session.execute(update(Target).values(kind="douyin", name="文明吴江（抖音号）", settings={}))
    posted = await _task(house, world, "publish", "post", "url", "https://creator.douyin.com/")
    page = await seat(pages, house, world.by["publisher"])
    base = str(house.server.make_url("/")).rstrip("/")
    await page.goto(f"{base}/desk/documents/{world.document}/publish")
    form = page.locator(f"#task-{posted}")
    await expect(form.get_by_role("link", name="下载")).to_have_attribute("href", f"/desk/publishing/packs/{posted}")
    await _look(page, "tasks-1-pack")
    await form.get_by_label("作品网址").fill("https://mp.weixin.qq.com/s/abc")
    await form.get_by_role("button").click()
    await expect(page.locator(f"#task-{posted} .field-error")).to_contain_text("网址 mp.weixin.qq.com 不是该平台的地址")
    assert await violations(page) == []
    await _look(page, "tasks-2-elsewhere")
    await page.set_viewport_size(PHONE)
    await _look(page, "tasks-3-phone")
    address = page.locator(f"#url-{posted}")
    await address.fill("https://v.douyin.com/iRabc/")
    await address.press("Enter")
    await expect(page.locator(f"#task-{posted}")).to_have_count(0)
    await expect(page.locator("main")).to_contain_text("手动完成")
    async with house.deps.db.write() as session:
        # The recall's order takes it off the list of what is shown.
        await session.execute(update(Showing).values(removed_at=house.deps.now()))
    gone = await _task(house, world, "recall", "take_down", "proof", "https://www.douyin.com/video/7")
    await page.goto(f"{base}/desk/documents/{world.document}/publish")
    form = page.locator(f"#task-{gone}")
    await expect(form.get_by_role("link", name="www.douyin.com")).to_be_visible()
    assert await violations(page) == []
    await _look(page, "tasks-4-take-down-phone")
    picture = FilePayload(name="gone.png", mimeType="image/png", buffer=png(64, 64))
    await page.locator(f"#proof-{gone}").set_input_files(picture)
    await form.get_by_role("button", name="登记为已撤下").click()
    await expect(page.locator(f"#task-{gone}")).to_have_count(0, timeout=30_000)
    await expect(page.locator(f'a[href="/desk/publishing/proofs/{gone}"]')).to_have_count(1)
    assert await violations(page) == []


async def _task(house: House, world: World, kind: str, task: str, ask: str, link: str) -> uuid.UUID:
    """A task of Douyin's."""
    delivery = await with_task(house, world, kind, ask=ask)
    async with house.deps.db.write() as session:
        row = await session.get_one(Delivery, delivery)
        receipt = dict(row.receipt or {})
        row.receipt = {**receipt, "detail": {**receipt["detail"], "task": f"douyin.task.{task}", "link": link}}
    return delivery


async def _look(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
