"""The calendar by hands and eyes: a month, a drag that clashes, a refusal that is named, a batch, a missed promise."""

import asyncio
import re
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect
from sqlalchemy import select

from cms.content.models import Document
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.people.sessions import open_session
from cms.planning.dayparts import add_usual
from cms.planning.holidays import enter_shipped, shipped_years
from cms.planning.models import Placement
from cms.planning.placements import place
from cms.planning.schedule import scheduled
from schedules.resolve import Layer
from tests.browser.desk.looking import is_accessible, shot
from tests.calendar_office import HOUR, Calendar, full, run_due
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import House, open_house
from tests.office import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
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
        _, _, _, night = await add_usual(session, publisher, now=NOW)
        rule = {"start": NOW.isoformat(), "days": "workdays", "named": [{"id": str(night.id)}]}
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
    await is_taken_back(page, world, scheduled, "2026-11-23 17:00")
    await moves_by_keys(page, world, scheduled)
    await moves_by_the_hour(page, world, scheduled)
    await moves_between_rows(page, world, scheduled)
    await moves_a_run(page, world)

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
    await names_hours(page)
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


async def promised_at(world: tuple[House, Calendar], edition: str) -> tuple[str, list[str]]:
    """When and where it is promised, in the district's time."""
    house, _ = world
    async with house.deps.db.read() as session:
        row = await scheduled(session, uuid.UUID(edition))
    assert row is not None
    return f"{row.at.astimezone(house.deps.zone):%Y-%m-%d %H:%M}", list(row.targets)


async def is_taken_back(page: Page, world: tuple[House, Calendar], edition: str, at: str) -> None:
    """The toast of the move has a way back; the drawing and the list follow."""
    await page.locator(".toast").get_by_role("button", name="撤销").click()
    await expect(page.locator(".toast", has_text="已撤销")).to_contain_text(at)
    assert (await promised_at(world, edition))[0] == at
    day = page.locator(f'.ec-day:has(time[datetime="{at[:10]}"])').first
    await expect(day).to_be_visible()


async def moves_by_keys(page: Page, world: tuple[House, Calendar], edition: str) -> None:
    """Carried by arrows and let down, taken back by Ctrl+Z; and by the dialog, from the list too."""
    event = page.locator(f'.ec-event[data-edition="{edition}"]').first
    dialog, hint = page.locator("#move"), page.locator("[data-move-hint]")
    # Drawn anew where it was put back: five in the afternoon of the 23rd.
    await expect(page.locator(f'.ec-event[data-event="{edition}:scheduled:1795424400"]')).to_be_visible()
    await event.focus()
    for key in ("Shift+ArrowDown", "Shift+ArrowLeft"):
        await page.keyboard.press(key)
    await expect(hint).to_contain_text("2026-11-29 17:00")
    await page.keyboard.press("Escape")
    await expect(hint).to_contain_text("键盘")
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("11-24 17:00")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast").last).to_contain_text("已改到 2026-11-24 17:00")
    await expect(event).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(page.locator(".toast").last).to_contain_text("已撤销")
    assert (await promised_at(world, edition))[0] == "2026-11-23 17:00"

    await expect(event).to_be_focused()
    await page.keyboard.press("m")
    to = page.locator("#move-to")
    await expect(to).to_contain_text("区图书馆延长开放时间")
    await to.get_by_role("button", name="夜间 22:00").click()
    await shot(page, "desk-move-to")
    await is_accessible(page)
    await to.get_by_role("button", name="检查").click()
    await expect(dialog).to_contain_text("落在“夜间”时段")
    await dialog.get_by_role("button", name="放回原处").click()
    await page.locator(".cal-list > summary").click()
    await (
        page.locator(".cal-list")
        .get_by_role("row", name="区图书馆延长开放时间")
        .get_by_role("link", name="改期")
        .click()
    )
    await expect(to.locator("[name=at]")).to_have_value("2026-11-23T17:00")
    await page.keyboard.press("Escape")
    await expect(to).to_be_hidden()


async def moves_by_the_hour(page: Page, world: tuple[House, Calendar], edition: str) -> None:
    """In the week both the day and the hour change."""
    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/?view=week&on=2026-11-23", page.url))
    event = page.locator(f'.ec-event[data-edition="{edition}"]').first
    await event.scroll_into_view_if_needed()
    await shot(page, "desk-week")
    box = await event.bounding_box()
    assert box is not None
    await carry(page, event, box["width"] + 10, -box["height"] * 2)
    dialog = page.locator("#move")
    await expect(dialog).to_contain_text("2026-11-24 1")
    await dialog.get_by_role("button", name="确认改期").click()
    await expect(page.locator(".toast").last).to_contain_text("已改到 2026-11-24")
    at, targets = await promised_at(world, edition)
    assert at.startswith("2026-11-24 1")
    assert at < "2026-11-24 17:00"
    assert targets == ["site", "wx"]


async def moves_between_rows(page: Page, world: tuple[House, Calendar], edition: str) -> None:
    """On the timeline another row is another target; what approvers did not allow is named and put back."""
    await page.get_by_role("link", name="渠道时间线").click()
    await expect(page.locator(".yp-calendar")).to_contain_text("全区阅读屏")
    await expect(page.locator(".yp-calendar .cal-run").first).to_be_visible()
    await shot(page, "desk-timeline")
    await is_accessible(page)
    events = page.locator(f'.ec-event[data-edition="{edition}"]')
    await expect(events).to_have_count(2)
    before, _ = await promised_at(world, edition)
    site = page.locator(f'.ec-event[data-edition="{edition}"][data-event$=":site"]')
    street = page.locator(".ec-row-head", has_text="全区阅读屏")
    start, end = await site.bounding_box(), await street.bounding_box()
    assert start is not None
    assert end is not None
    await carry(page, site, 0, end["y"] + end["height"] / 2 - start["y"] - 8)
    dialog = page.locator("#move")
    await expect(dialog).to_contain_text("渠道由云上吴江网站、吴江发布服务号改为全区阅读屏、吴江发布服务号")
    await shot(page, "desk-rows")
    await dialog.get_by_role("button", name="确认改期").click()
    await expect(page.locator(".toast").last).to_contain_text("已改到")
    assert await promised_at(world, edition) == (before, ["street", "wx"])
    await expect(site).to_have_count(0)
    await page.keyboard.press("Control+z")
    await expect(page.locator(".toast").last).to_contain_text("已撤销")
    assert await promised_at(world, edition) == (before, ["site", "wx"])
    await expect(site).to_be_visible()


async def moves_a_run(page: Page, world: tuple[House, Calendar]) -> None:
    """A run by keys alone, and back; then by the mouse, where the whole rule may move too, and put back at once."""
    before = await standing_rules(world)
    # The night of Tuesday: Monday's has begun when the week is looked at.
    run = page.locator(".cal-run[aria-keyshortcuts]").first
    await run.focus()
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    await expect(page.locator("[data-move-hint]")).to_contain_text("回车确认")
    await page.keyboard.press("Enter")
    dialog = page.locator("#move")
    await expect(dialog.get_by_label("只改这一次")).to_be_checked()
    await expect(dialog).to_contain_text("全区阅读屏")
    await shot(page, "desk-run")
    await is_accessible(page)
    async with page.expect_response(re.compile("/runs/move$")):
        await dialog.get_by_role("button", name="确认改期").press("Enter")
    await expect(page.locator(".toast").last).to_contain_text("已改到 2026-11-24 00:00")
    assert len(await standing_rules(world)) == 2
    async with page.expect_response(re.compile("/runs/undo$")):
        await page.keyboard.press("Control+z")
    await expect(page.locator(".toast").last).to_contain_text("已撤销，规则恢复原样")
    assert await standing_rules(world) == before

    # Drawn anew by then: the rule that stands again is another row.
    run = page.locator(f'.cal-run[aria-keyshortcuts][data-event^="{await standing_rule(world)}"]').last
    await expect(run).to_be_visible()
    # Two hours earlier; later would be a Saturday, which the rule does not mean.
    await carry(page, run, -14, 0)
    await dialog.get_by_label("改整条规则").check()
    await expect(dialog.get_by_role("button", name="确认改期")).to_be_enabled()
    await dialog.get_by_role("button", name="放回原处").click()
    await expect(dialog).to_be_hidden()
    assert await standing_rules(world) == before


async def standing_rules(world: tuple[House, Calendar]) -> list[dict[str, object]]:
    async with world[0].deps.db.read() as session:
        query = select(Placement.rule).where(Placement.ended_at.is_(None)).order_by(Placement.id)
        return [dict(rule) for rule in (await session.scalars(query)).all()]


async def standing_rule(world: tuple[House, Calendar]) -> uuid.UUID:
    async with world[0].deps.db.read() as session:
        return (await session.scalars(select(Placement.id).where(Placement.ended_at.is_(None)))).one()


async def carry(page: Page, event: Locator, across: float, down: float) -> None:
    """A drag by a distance from where it is taken."""
    box = await event.bounding_box()
    assert box is not None
    x, y = box["x"] + min(20, box["width"] / 2), box["y"] + 8
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + across / 2, y + down / 2, steps=4)
    await page.mouse.move(x + across, y + down, steps=8)
    await page.mouse.up()


async def names_hours(page: Page) -> None:
    """An office names its hours; a change says which rules move before anything is saved."""
    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/dayparts", page.url))
    await expect(page.locator(".card", has_text="夜间").first).to_be_visible()
    await page.locator("details", has_text="修改").last.locator("summary").click()
    form = page.locator("details[open] form")
    await form.locator("[name=start]").fill("21:30")
    await shot(page, "desk-dayparts")
    await is_accessible(page)
    await form.get_by_role("button", name="检查并保存").click()
    await expect(page.locator(".card", has_text="将移动的排播")).to_contain_text("运河边的读书会")
    await shot(page, "desk-dayparts-moves")
    await is_accessible(page)
    await page.get_by_role("button", name="确认修改并移动上列规则").click()
    await expect(page.locator(".toast")).to_contain_text("时段已保存")
    await page.goto(re.sub(r"/desk/.*", "/desk/calendar/placements", page.url))
    await expect(page.locator("main")).to_contain_text("夜间 21:30–06:00")


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
