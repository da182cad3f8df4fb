"""A set-top box on the desk by hand: its portal at its size, walked with the remote beside it and by keyboard."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from cms.contract import Channel
from cms.desk.remote_keys import GROUPS
from cms.kernel.clock import SystemClock
from renderers.tv import channel, keys
from tests.browser.axe import violations
from tests.browser.desk.test_previews import seat
from tests.browser.tv.office import Office
from tests.chromium import PHONE, Pages
from tests.fakes.house_files import encoded
from tests.integration.desk.house import House
from tests.integration.desk.world import target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")


@pytest.fixture(scope="module")
def made() -> Channel:
    """Read outside the loop."""
    return channel()


@pytest.fixture
def office(tmp_path: Path, made: Channel) -> Office:
    wanted = ((1, "smptebars", 200), (2, "testsrc", 440), (1, "testsrc2", 660))
    items = tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)
    return Office(tmp_path / "store", items, made, SystemClock())


async def test_box_on_the_desk_is_walked_with_a_remote_and_a_keyboard(
    pages: Pages, house: House, office: Office
) -> None:
    await house.set_up()
    publisher = await house.add("gu", "顾晓峰", "publisher")
    base = str(house.server.make_url("/")).rstrip("/")
    page = await seat(pages, house, publisher)
    await page.goto(f"{base}/desk/boxes/")
    await expect(page.get_by_text("还没有机顶盒频道")).to_be_visible()
    listed = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("t-tv", "tv", listed), "name": "吴江宣讲频道"})

    await office.open()
    server = await office.server()
    away = str(server.make_url("")).rstrip("/")

    async def portal(route: Route) -> None:
        await route.fulfill(response=await route.fetch(url=away + route.request.url.removeprefix(base)))

    for path in ("**/tv/**", "**/a/*"):
        await page.route(path, portal)
    await page.goto(f"{base}/desk/boxes/")
    frame = page.frame_locator("iframe[title='吴江宣讲频道']")
    await expect(frame.locator("#f-live.here")).to_be_visible()
    await page.get_by_role("button", name="右", exact=True).click()
    await expect(frame.locator(".f.here")).to_have_attribute("id", "f-card0")
    await expect(page.locator("[data-box-pressed]")).to_have_text("按下 右 (39)")
    await page.locator("body").press("ArrowDown")
    await expect(frame.locator(".f.here")).to_have_attribute("id", "f-card2")
    await page.get_by_role("button", name="回看", exact=True).click()
    await expect(page.locator("[data-box-path]")).to_have_text("/tv/t-tv/day/")
    await page.locator("body").press("Backspace")
    await expect(frame.locator(".f.here")).to_have_attribute("id", "f-card2")
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/box.png")
        await page.set_viewport_size(PHONE)
        await page.screenshot(path=f"{SHOTS}/box-phone.png", full_page=True)
    # The picture goes on asking for its next seconds as long as it is there.
    await page.unroute_all(behavior="ignoreErrors")
    await page.goto("about:blank")
    await server.close()


def test_keys_of_the_desks_remote_are_keys_of_the_portal() -> None:
    known = keys.by_code()
    codes = [key.code for group in GROUPS.values() for key in group]
    assert len(codes) == len(set(codes))
    assert {known[code] for code in codes} == {key.does for key in keys.KEYS} - {"stop", "event"}
