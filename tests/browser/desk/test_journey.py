"""One piece from the first run to every screen and back, by the hands of five people in Chromium."""

import pytest
from playwright.async_api import expect

from cms.publishing.guarding import ClientGuard
from tests.browser.desk.office import (
    TITLE,
    add_column,
    add_person,
    add_targets,
    confirm_keys,
    first_run,
    sign_piece,
    submit_piece,
    write_piece,
)
from tests.chromium import Pages
from tests.integration.desk.house import CHANNELS, House
from tests.integration.publishing.office import shop_of, worker_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


async def test_piece_when_written_signed_by_two_and_published_is_out_and_comes_back_when_recalled(
    pages: Pages, house: House
) -> None:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    reviewer = await add_person(admin, pages, house, "lu", "陆明", "责任编辑")
    chief = await add_person(admin, pages, house, "wu", "吴建国", "总编")
    publisher = await add_person(admin, pages, house, "gu", "顾晓峰", "播控")
    await confirm_keys(admin)
    await add_column(chief)
    await add_targets(publisher)

    href = await write_piece(editor)
    await submit_piece(editor)
    await sign_piece(reviewer, button="通过", opinion="事实清楚")
    await reviewer.said("审核通过")
    await sign_piece(chief, button="签发", opinion="同意签发")
    await chief.said("已签发")

    await publisher.go(f"{href}/publish")
    await publisher.press("立即发布到 2 个渠道")
    await publisher.said("已开始发布")
    deps = house.deps
    shop = shop_of(deps.db, deps.clock, deps.workshop.store, guard=ClientGuard(house.guard), channels=CHANNELS)
    await worker_of(shop).step()
    panel = publisher.page.locator("#deliveries")
    await expect(panel.locator(".chip-good")).to_have_count(2, timeout=15_000)
    await expect(panel).to_contain_text("2 / 2")

    await publisher.press("一键撤稿")
    await publisher.page.fill("[name=reason]", "地点有误")
    await publisher.press("确认撤回")
    await publisher.said("已撤稿")
    await worker_of(shop).step()
    await expect(panel.locator(".chip-past")).to_have_count(2, timeout=15_000)
    await editor.go("/desk/documents/?tab=recalled")
    await expect(editor.page.get_by_role("link", name=TITLE)).to_be_visible()
