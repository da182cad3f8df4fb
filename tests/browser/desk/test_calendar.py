"""The calendar by hands and eyes: a month, a drag that clashes, a refusal that is named, a batch, a missed promise."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, ViewportSize, expect

from cms.content.models import Document
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.people.sessions import open_session
from cms.planning.holidays import enter_shipped, shipped_years
from cms.planning.placements import place
from schedules.resolve import Layer
from tests.browser.axe import violations
from tests.calendar_office import HOUR, Calendar, full, run_due
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import House, open_house
from tests.office import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SHOTS = os.environ.get("YUNPING_TEST_SHOTS", "")
"""A folder to keep pictures of the pages in, for whoever wants to look at them."""


@pytest.fixture
async def world(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[tuple[House, Calendar]]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    calendar = await full(database)
    later = NOW + 2 * HOUR
    await run_due(calendar, now=later)
    publisher = await calendar.office.actor("publisher")
    years = await asyncio.to_thread(shipped_years)
    async with database.write() as session:
        await enter_shipped(session, years, now=NOW)
        rule = {"start": NOW.isoformat(), "days": "workdays", "dayparts": [["22:00", "06:00"]]}
        document = await calendar.document("运河边的读书会")
        await place(session, publisher, document, target="street", rule=rule, layer=Layer.DAYPART, now=NOW)
    async with open_house(database, tmp_path, FixedClock(later)) as house:
        yield house, calendar
    await database.close()


async def sit(pages: Pages, world: tuple[House, Calendar], name: str, size: ViewportSize = DESK) -> Page:
    """A browser in which a person is signed in already."""
    house, calendar = world
    async with house.deps.db.write() as session:
        person = calendar.office.people[name]
        token, _ = await open_session(session, person, ip="127.0.0.1", agent="test", now=house.deps.now())
    context = await pages.context(size, touch=size is PHONE)
    url = str(house.server.make_url("/"))
    await context.add_cookies([{"name": "yp", "value": token, "url": url}])
    page = await context.new_page()
    await page.goto(f"{url}desk/calendar/?on=2026-11-20")
    return page


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png", full_page=name.startswith("phone"))
        await page.emulate_media(color_scheme="light")


async def is_accessible(page: Page) -> None:
    found = await violations(page)
    assert not found, "\n".join((page.url, *found))


async def drag(page: Page, edition: str, to: str) -> None:
    """By the mouse, in steps, as a hand does it."""
    event = page.locator(f'.ec-event[data-edition="{edition}"]').first
    day = page.locator(f'.ec-day:has(time[datetime="{to}"])').first
    await page.locator(".cal-card").evaluate("(card) => card.scrollIntoView()")
    start, end = await event.bounding_box(), await day.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 40, start["y"] + 20, steps=4)
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    await page.mouse.up()


async def test_calendar_when_worked_with_names_clashes_moves_batches_and_never_forgets(
    pages: Pages, world: tuple[House, Calendar]
) -> None:
    _, calendar = world
    await fits_a_phone(pages, world)
    page = await sit(pages, world, "publisher")
    month = page.locator(".yp-calendar")
    scheduled = str(calendar.editions["区图书馆延长开放时间"])
    await expect(month.locator(f'[data-edition="{scheduled}"]')).to_contain_text("已排期")
    for word in ("计划中", "审核中", "已签发", "已排期", "已发布", "已错过"):
        await expect(month.locator(".cal-event-word", has_text=word).first).to_be_visible()
    await expect(page.locator(".banner-wait")).to_contain_text("2027 年的节假日尚未录入")
    await expect(page.locator(".cal-alarms")).to_contain_text("错过发布时间")
    await shot(page, "desk-month")
    await is_accessible(page)

    # Into the past: refused by name, and put back.
    await drag(page, scheduled, "2026-11-17")
    dialog = page.locator("#move")
    await expect(dialog).to_contain_text("定时发布的时间已经过去")
    await shot(page, "desk-refused")
    await expect(dialog.get_by_role("button", name="确认改期")).to_be_hidden()
    await dialog.get_by_role("button", name="放回原处").click()

    await drag(page, scheduled, "2026-11-25")
    await expect(dialog).to_contain_text("区图书馆延长开放时间")
    await shot(page, "desk-move")
    await dialog.get_by_role("button", name="确认改期").click()
    await expect(page.locator(".toast")).to_contain_text("已改到 2026-11-25 17:00")
    edition = await calendar.office.edition(calendar.editions["区图书馆延长开放时间"])
    assert edition.scheduled_at is not None
    assert edition.scheduled_at.day == 25

    await page.get_by_role("link", name="周", exact=True).click()
    await expect(page.locator(".yp-calendar .ec-time-grid")).to_be_visible()
    await shot(page, "desk-week")
    await page.get_by_role("link", name="渠道时间线").click()
    await expect(page.locator(".yp-calendar")).to_contain_text("全区阅读屏")
    await expect(page.locator(".yp-calendar .cal-run").first).to_be_visible()
    await shot(page, "desk-timeline")
    await is_accessible(page)

    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/batches", page.url))
    await page.fill("[name=name]", "银龄专题")
    await page.fill("[name=at]", "2026-12-01T08:30")
    await page.get_by_role("checkbox", name="银龄课堂下周开讲").check()
    await page.get_by_role("checkbox", name="湖滨路夜间施工通告").check()
    await page.get_by_role("checkbox", name="云上吴江网站").check()
    await shot(page, "desk-batches")
    await is_accessible(page)
    await page.get_by_role("button", name="整批排期").click()
    await expect(page.locator(".toast")).to_contain_text("整批已排期")
    await expect(page.locator(".chip", has_text="已排期")).to_have_count(2)
    await shot(page, "desk-batch")

    for name, path in (
        ("timing", f"/desk/documents/{await public_id(world, '太湖新城十公里健步道周六开放')}/timing"),
        ("placements", "/desk/calendar/placements"),
        ("holidays", "/desk/calendar/holidays"),
        ("lines", "/desk/calendar/lines"),
        ("inbox", "/desk/inbox/"),
        ("choices", "/desk/inbox/choices"),
    ):
        await page.goto(re.sub(r"/desk/.*", path, page.url))
        await shot(page, f"desk-{name}")
        await is_accessible(page)
    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/placements", page.url))
    await page.get_by_role("link", name="运河边的读书会").click()
    await page.select_option("[name=cycle]", "year")
    await page.fill("[name=month_days]", "31")
    await page.get_by_role("button", name="检查").click()
    await expect(page.locator(".finding-bad")).to_contain_text("11 月没有 31 日")
    await shot(page, "desk-placement")
    await is_accessible(page)

    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/", page.url))
    await page.get_by_role("button", name="我来处理").click()
    await expect(page.locator(".toast")).to_contain_text("已认领")
    await expect(page.locator(".cal-alarms")).to_have_count(0)


async def fits_a_phone(pages: Pages, world: tuple[House, Calendar]) -> None:
    """There the calendar is its list."""
    page = await sit(pages, world, "publisher", PHONE)
    await expect(page.locator(".cal-list")).to_contain_text("已错过")
    for name, path in (
        ("calendar", "/desk/calendar/?on=2026-11-20"),
        ("inbox", "/desk/inbox/"),
        ("timing", f"/desk/documents/{await public_id(world, '银龄课堂下周开讲')}/timing"),
    ):
        await page.goto(re.sub(r"/desk/.*", path, page.url))
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        await shot(page, f"phone-{name}")
        await is_accessible(page)


async def public_id(world: tuple[House, Calendar], title: str) -> str:
    house, calendar = world
    async with house.deps.db.read() as session:
        return (await session.get_one(Document, await calendar.document(title))).public_id
