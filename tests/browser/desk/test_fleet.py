"""The fleet by hand, ten thousand screens: an outage found by its unit, on the map, a rule tried and saved, a month."""

import datetime as dt
import os
import re
import uuid

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.planning.models import Target
from cms.planning.targets import add_target
from cms.publishing.models import Delivery, Publication
from deploy.bench.streets import fill
from screens.ledger import note_version
from screens.messages import Ack
from screens.presence import Presence
from screens.proof import chained
from screens.proofs import Sent, keep
from screens.tables import Screen
from screens.watching import watch
from tests.browser.axe import violations
from tests.browser.desk.test_previews import seat
from tests.chromium import PHONE, Pages
from tests.integration.desk.house import House
from tests.unit.screens.test_proof import rows_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")
SCREENS = int(os.environ.get("SCREENS", "1602"))
INSTITUTE = "/320509/i05/"
DELIVERY = uuid.UUID(int=26)


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        await page.wait_for_timeout(400)
        await page.screenshot(path=f"{SHOTS}/{name}-dark.png", full_page=True)
        await page.emulate_media(color_scheme="light", reduced_motion="no-preference")


async def _world(house: House) -> None:
    now = house.deps.now()
    street = await fill(house.deps.db, screens=SCREENS, now=now)
    async with house.deps.db.write() as session:
        away = now - dt.timedelta(seconds=70)
        below = Screen.unit.startswith(INSTITUTE)
        await session.execute(update(Screen).where(below).values(link=None, last_seen=away, painted_at=away))
        # Troubles of long ago are nobody's outage of today.
        old = Screen.last_seen < now - dt.timedelta(minutes=2)
        await session.execute(update(Screen).where(old).values(last_seen=None, link=None, painted_at=None))
        await watch(session, now=now)
        await add_target(
            session,
            None,
            code="all-screens",
            kind="screen",
            name="全区阅读屏",
            unit="/320509/",
            units=("/320509/",),
            now=now,
        )
        await _delivered(session, now)
        sent = [Sent(screen, "A" * 22, chained(rows_of(now, 30))) for screen in street.screens[:20]]
        await keep(session, sent, now=now)


async def _delivered(session: AsyncSession, now: dt.datetime) -> None:
    """An order to the screens, as the worker left it: queued for their audience with the version most of them show."""
    target = (await session.scalars(select(Target).where(Target.code == "all-screens"))).one()
    order = Publication(id=DELIVERY, key="test", kind="publish", at=now, reason="", created_at=now, what={})
    session.add(order)
    await session.flush()
    facts = {"kind": "publish", "state": "live", "at": now, "not_before": now, "created_at": now, "release": "d" * 64}
    leased = {"attempt": 1, "lost": 0, "fence": 1, "priority": 10, "error_params": {}}
    session.add(Delivery(id=DELIVERY, publication_id=order.id, target_id=target.id, **facts, **leased))
    await note_version(session, ((1, 9), "s-bench"), [], ["d" * 64], receivers=SCREENS, now=now)


async def _beat(house: House) -> None:
    now = house.deps.now()
    async with house.deps.db.write() as session:
        linked = update(Screen).where(Screen.link.is_not(None), Screen.last_seen.is_not(None))
        await session.execute(linked.values(last_seen=now, painted_at=now))


async def _show_one_more(house: House) -> None:
    """One of the screens that lack the delivery says that it shows it, as the gateway hears and writes it."""
    async with house.deps.db.read() as session:
        screen = (await session.scalars(select(Screen.id).where(Screen.shown < 9, Screen.link.is_not(None)))).first()
    assert screen is not None
    presence = Presence(house.deps.db, house.deps.clock)
    presence.acked(screen, Ack(9, "shown", 0), 1)
    await presence.flush()


async def test_fleet_when_an_institute_is_dark_is_found_mended_and_aimed_at(pages: Pages, house: House) -> None:
    await house.set_up()
    await _world(house)
    operator = await house.add("tao", "陶运维", "operator")
    base = str(house.server.make_url("/")).rstrip("/")
    page = await seat(pages, house, operator)

    await page.goto(f"{base}/desk/screens/tree")
    await expect(page.locator(".banner-bad").first).to_contain_text("盛泽镇有")
    first = page.locator(".fleet-row").first
    await expect(first).to_contain_text("盛泽镇")
    assert await violations(page) == []
    await _shot(page, "fleet-tree")
    await first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("h2").first).to_have_text("盛泽镇")
    await page.get_by_role("button", name="位置与静默时段").click()
    await page.fill("#quiet_from", "22:00")
    await page.fill("#quiet_to", "06:00")
    await _shot(page, "fleet-place")
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("静默时段已保存")

    await page.goto(f"{base}/desk/screens/map")
    await expect(page.locator(".fleet-map a").first).to_be_visible()
    assert await violations(page) == []
    await _shot(page, "fleet-map")
    await page.locator(".fleet-map a[href*='box=']").first.focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("box="))
    await _shot(page, "fleet-map-near")

    await page.goto(f"{base}/desk/screens/audiences/all-screens")
    offered = page.locator("[data-word-for=except_tags]", has_text="market")
    await offered.click()
    await expect(offered).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#except_tags")).to_have_value("market")
    await page.get_by_role("button", name="先试算").click()
    await expect(page.locator(".banner-wait")).to_contain_text("试算结果")
    await page.select_option("[name=why]", "left_tag")
    assert await violations(page) == []
    await _shot(page, "fleet-audience")
    await page.get_by_role("button", name="保存并生效").click()
    await expect(page.locator(".toast")).to_contain_text("受众规则已保存")

    await page.goto(f"{base}/desk/screens/tags")
    await page.get_by_role("link", name="改名或合并：market").click()
    await page.fill("[name=to]", "bazaar")
    await page.get_by_role("button", name="查看影响").click()
    await expect(page.get_by_text("覆盖的屏幕不变")).to_be_visible()
    assert await violations(page) == []
    await _shot(page, "fleet-tags")
    await page.get_by_role("button", name="改名", exact=True).click()
    await expect(page.locator(".toast")).to_contain_text("标签已改名")
    await expect(page.locator("tbody tr", has_text="bazaar")).to_be_visible()

    await page.goto(f"{base}/desk/screens/proof")
    await expect(page.locator(".fleet-big")).to_have_text("600")
    assert await violations(page) == []
    await _shot(page, "fleet-proof")

    await _beat(house)  # all this took longer than a screen may be silent, on a busy machine
    await page.goto(f"{base}/desk/screens/deliveries/{DELIVERY}")
    await expect(page.locator(".progress")).to_have_count(4)
    await expect(page.locator("tbody tr").first).to_contain_text("尚未播出")
    assert await violations(page) == []
    await _shot(page, "fleet-delivery")
    shown = page.locator(".progress b").last
    before = int(await shown.text_content() or "")
    await _show_one_more(house)
    await expect(shown).to_have_text(str(before + 1), timeout=20_000)  # by itself

    await page.goto(f"{base}/desk/screens/?trouble=temperature")
    await expect(page.locator("tbody tr").first).to_contain_text("机身过热")
    assert await violations(page) == []
    await _shot(page, "fleet-list")

    await page.set_viewport_size(PHONE)
    for name in ("tree", "map", "audiences/all-screens", "tags", "proof", f"deliveries/{DELIVERY}"):
        await page.goto(f"{base}/desk/screens/{name}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], name
        await _shot(page, f"fleet-phone-{name.partition('/')[0]}")
    async with house.deps.db.read() as session:
        assert len((await session.scalars(select(Screen.id))).all()) == SCREENS
