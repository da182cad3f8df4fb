"""A channel's day by hands and eyes: a drag, keys, a clash, undo, a copy, a template, a hole filled; and the wall."""

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect
from sqlalchemy import update

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.library.models import Rendition
from cms.people.sessions import open_session
from cms.planning.holidays import enter_shipped, shipped_years
from tests.browser.desk.looking import is_accessible, shot
from tests.chromium import DESK, PHONE, Pages
from tests.day_office import CODE, DayOffice, open_day_office
from tests.fakes.videos import poster
from tests.integration.desk.house import House, open_house
from tests.office import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LECTURES = (
    ("“青年说”第十二讲：在太湖边读懂生态文明", 310),
    ("老书记的一堂党课：丝绸小镇的转型之路", 190),
    ("银龄课堂：手机里的反诈课", 95),
)


class Walking(FixedClock):
    """Acts come one after the other, as they do in an office."""

    def now(self) -> dt.datetime:
        return self.advance(dt.timedelta(milliseconds=5))


@pytest.fixture
async def world(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[tuple[House, DayOffice]]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    office = await open_day_office(database)
    for title, slots in LECTURES:
        await office.out(title, slots)
    await office.signed("已签发的新讲", 120)
    await office.film("还没送审的讲座", 150)
    await office.render()
    years = await asyncio.to_thread(shipped_years)
    async with open_house(database, tmp_path, Walking(NOW)) as house:
        stored = await house.deps.workshop.store.put(poster(), media_type="image/jpeg")
        async with database.write() as session:
            await enter_shipped(session, years, now=NOW)
            picture = {"sha256": stored.sha256, "size": stored.size, "media_type": "image/jpeg"}
            await session.execute(update(Rendition).where(Rendition.name == "poster").values(**picture))
        yield house, office
    await database.close()


async def sit(pages: Pages, world: tuple[House, DayOffice], path: str, size: ViewportSize = DESK) -> Page:
    house, office = world
    async with house.deps.db.write() as session:
        person = office.office.people["publisher"]
        token, _ = await open_session(session, person, ip="127.0.0.1", agent="test", now=house.deps.now())
    context = await pages.context(size, touch=size is PHONE)
    url = str(house.server.make_url("/"))
    await context.add_cookies([{"name": "yp", "value": token, "url": url}])
    page = await context.new_page()
    await page.goto(f"{url}{path}")
    return page


async def drag(page: Page, held: Locator, to: Locator, y: float) -> None:
    """By the mouse, in steps, to so far below the top of a column."""
    start, column = await held.bounding_box(), await to.bounding_box()
    assert start is not None
    assert column is not None
    await page.mouse.move(start["x"] + 120, start["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(column["x"] + 60, start["y"] + 30, steps=4)
    await page.mouse.move(column["x"] + 60, column["y"] + y, steps=6)
    await page.mouse.up()


async def test_day_when_planned_by_hand_by_keys_and_in_bulk_says_what_will_play_and_comes_back(
    pages: Pages, world: tuple[House, DayOffice]
) -> None:
    _, office = world
    page = await sit(pages, world, f"desk/days/{CODE}/2026-11-21")
    track, entries = page.locator("[data-day-track]"), page.locator(".day-entry")
    await expect(page.locator("[data-day-track] .day-nothing")).to_be_in_viewport()
    await expect(page.locator(".day-air-filler").first).to_be_visible()
    await expect(page.locator(".day-piece.is-not-ready")).to_contain_text("尚未签发")
    await page.locator("[data-day-scroll]").evaluate("(one) => { one.scrollTop = 8 * 240 - 60; }")

    # By hand: 240 pixels are an hour, so that the place is eight o'clock.
    await drag(page, page.locator(".day-piece", has_text="青年说").locator(".table-sub"), track, 8 * 240)
    await expect(page.locator(".toast")).to_contain_text("已排入")
    await expect(entries).to_have_count(1)
    first = entries.first.locator("button")
    await expect(first).to_contain_text("等待计划更新")
    at = await first.locator(".day-time").inner_text()
    assert at.startswith(("07:59", "08:00"))
    await office.render()

    # By keys, and onto something that lies there: named, and put back.
    await page.get_by_role("button", name="排入“银龄课堂：手机里的反诈课”").click()
    await page.fill("#day-place [name=at]", "08:10:00")
    await page.get_by_role("button", name="检查并排入").click()
    clash = page.locator("#day-clash")
    await expect(clash).to_contain_text("已排““青年说”第十二讲")
    await shot(page, "day-clash")
    await clash.get_by_role("button", name="放回原处").click()
    await page.get_by_role("button", name="排入“银龄课堂：手机里的反诈课”").click()
    await page.fill("#day-place [name=at]", "08:30:00")
    await shot(page, "day-place")
    await page.get_by_role("button", name="检查并排入").click()
    await expect(entries).to_have_count(2)
    second = page.locator(".day-entry", has_text="银龄课堂").locator("button")
    await expect(second).to_be_focused()
    await page.keyboard.press("Shift+ArrowDown")
    await page.keyboard.press("Shift+ArrowDown")
    await expect(page.locator("[data-day-hint]")).to_contain_text("Enter 放下")
    await page.keyboard.press("Enter")
    await expect(second.locator(".day-time")).to_have_text("08:32:03")
    # One toast, about what was done last, and a button that says what it takes back.
    await expect(page.locator(".toast")).to_have_count(1)
    await expect(page.locator("[data-day-undo]")).to_have_text("撤销：移动")
    await page.keyboard.press("Control+z")
    await expect(second.locator(".day-time")).to_have_text("08:30:00")
    await office.render()
    await page.reload()
    await expect(page.locator(".day-mark-planned")).to_have_count(2)
    await page.locator("[data-day-scroll]").evaluate("(one) => { one.scrollTop = 8 * 240 - 120; }")
    await shot(page, "day")
    await is_accessible(page)
    await answers_programs(page)
    await copies_and_keeps(page)
    await watches(pages, world)


async def copies_and_keeps(page: Page) -> None:
    await page.get_by_role("button", name="复制这一天").click()
    await page.fill("#copy-form [name=last]", "2026-11-23")
    await page.locator("#day-copy").get_by_role("button", name="预览").click()
    await expect(page.locator(".day-line-laid")).to_have_count(4)
    await shot(page, "day-proposal")
    await is_accessible(page)
    await page.get_by_role("button", name="排入 4 条").click()
    await expect(page.locator(".toast")).to_contain_text("已排入日程")
    await page.get_by_role("button", name="模板").click()
    await page.fill("#day-template [name=name]", "周末")
    await shot(page, "day-template")
    await page.get_by_role("button", name="保存模板").click()
    await expect(page.locator(".toast")).to_contain_text("已存为日程模板")
    await page.goto(page.url.replace("2026-11-21", "2026-11-24"))
    await page.get_by_role("button", name="模板").click()
    await page.locator("#day-template").get_by_role("button", name="预览").click()
    await page.get_by_role("button", name="排入 2 条").click()
    await expect(page.locator(".day-entry")).to_have_count(2)
    await page.get_by_role("button", name="撤销：套用模板").click()
    await expect(page.locator(".day-entry")).to_have_count(0)
    await page.get_by_label("选“银龄课堂：手机里的反诈课”填空档").check()
    await page.get_by_role("button", name="填空档").click()
    await page.get_by_label("填满所有没有编排的时间").check()
    await page.fill("#fill-form [name=from]", "09:00")
    await page.fill("#fill-form [name=until]", "10:00")
    await page.locator("#day-fill").get_by_role("button", name="预览").click()
    await expect(page.locator(".day-line-laid")).to_have_count(9)


async def answers_programs(page: Page) -> None:
    """The same acts over the API, by the session of whoever looks."""
    base = page.url.partition("/desk/")[0] + "/api/v1"
    token = await page.locator("meta[name=csrf-token]").get_attribute("content")
    headers = {"X-CSRF-Token": token or "", "Content-Type": "application/json"}
    day = await (await page.request.get(f"{base}/targets/{CODE}/days/2026-11-21")).json()
    assert [one["title"] for one in day["entries"]] == [LECTURES[0][0], LECTURES[2][0]]
    first = day["entries"][0]
    assert any(one["title"] == first["title"] and one["time"] == first["time"] for one in day["airings"])
    wish = {"document": first["document"], "at": "2026-11-21T09:00:01+08:00"}
    url = f"{base}/targets/{CODE}/entries"
    looked = await (await page.request.post(f"{url}/check", data=wish, headers=headers)).json()
    assert (looked["blocked"], looked["time"]["start"]) == (False, "2026-11-21T01:00:01.920000Z")
    change = await (await page.request.post(url, data=wish, headers=headers)).json()
    assert len(change["made"]) == 1
    undone = f"{base}/targets/{CODE}/changes/{change['change']}/undo"
    assert (await (await page.request.post(undone, data={}, headers=headers)).json())["ended"] == change["made"]
    channels = await (await page.request.get(f"{base}/channel-wall")).json()
    assert [one["health"] for one in channels["channels"]] == ["good"]


async def watches(pages: Pages, world: tuple[House, DayOffice]) -> None:
    page = await sit(pages, world, "desk/monitor/")
    await expect(page.locator(".wall-tile")).to_contain_text("正在播出")
    await shot(page, "wall")
    await is_accessible(page)
    today = await sit(pages, world, f"desk/days/{CODE}")
    await expect(today.locator(".day-line-now")).to_have_attribute("data-said", "16:00")
    await expect(today.locator(".is-frozen").last).to_be_visible()
    await shot(today, "day-today")
    await is_accessible(today)
    await today.locator("[data-day-date]").fill("2026-11-19")
    await today.wait_for_url("**/2026-11-19")
    await expect(today.locator(".day-piece")).to_have_count(5)
    await expect(today.locator("[data-day-place]")).to_have_count(0)
    logo = await sit(pages, world, f"desk/onair/{CODE}/logo")
    await expect(logo.locator(".logo-films")).to_contain_text("不带台标")
    await is_accessible(logo)
    paths = (f"desk/days/{CODE}/2026-11-21", "phone-day"), ("desk/monitor/", "phone-wall")
    for path, name in (*paths, (f"desk/onair/{CODE}/logo", "phone-logo")):
        phone = await sit(pages, world, path, PHONE)
        assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await shot(phone, name)
        await is_accessible(phone)
