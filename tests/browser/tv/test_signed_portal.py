"""The portal of a channel whose addresses are signed, in Chromium: it plays on past their end, or says why not."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Response, ViewportSize

from cms.contract import Channel
from cms.kernel.clock import SystemClock
from renderers.tv import channel, entries, passes, tokens
from tests.browser.tv.keywalk import press
from tests.browser.tv.office import Office
from tests.browser.tv.test_portal import BOX, WATCH, arrived, until
from tests.chromium import Pages
from tests.fakes.house_files import HouseItem, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TELEVISION = ViewportSize(width=1280, height=720)
SECRET = b"secret of this test"
SETTINGS = {"signed": True, "operators": ["telecom"], "pass_minutes": 5}
TIME = "document.querySelector('video').currentTime"


@pytest.fixture(scope="module")
def made() -> Channel:
    """Read outside the loop."""
    return channel()


@pytest.fixture(scope="module")
def items() -> tuple[HouseItem, ...]:
    wanted = ((1, "smptebars", 200), (2, "testsrc", 440), (1, "testsrc2", 660))
    return tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)


class Seen:
    """What a page asked for, as it was answered."""

    def __init__(self, page: Page) -> None:
        self.passes = 0
        self.tokens: set[str] = set()
        self.refused: list[str] = []
        page.on("response", self._take)

    def _take(self, response: Response) -> None:
        path = response.url.partition("/tv/t-tv/")[2]
        self.passes += path.startswith("pass.json") and response.status == 200
        if path.startswith("t/"):
            self.tokens.add(path.split("/")[1])
        if response.status == 403:
            self.refused.append(path)


class World:
    """The office on a port, with the settings of its channel in hand."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.site = ""

    async def set(self, **settings: Any) -> None:
        """Sets the channel anew, as the desk does."""
        world = self.office.world
        world.target = dataclasses.replace(world.target, settings={**SETTINGS, **settings})
        await self.office.render()


@pytest.fixture
def office(tmp_path: Path, items: tuple[HouseItem, ...], made: Channel, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A pass lasts ten seconds here, of which the last quarter is a late page's."""
    monkeypatch.setattr(passes, "MINUTE", 2)
    office = Office(tmp_path / "store", items, made, SystemClock())
    office.site = dataclasses.replace(office.site, secrets={"tv": SECRET})
    office.world.target = dataclasses.replace(office.world.target, settings=SETTINGS)
    return office


@pytest.fixture
async def world(office: Office) -> AsyncIterator[World]:
    await office.open()
    server = await office.server()
    found = World(office)
    found.site = str(server.make_url("")).rstrip("/")
    yield found
    await server.close()


async def opened(pages: Pages, url: str, script: str = WATCH) -> tuple[Page, Seen]:
    page = await (await pages.context(TELEVISION)).new_page()
    await page.add_init_script(script)
    seen = Seen(page)
    await page.goto(url)
    return page, seen


async def test_signed_channel_plays_past_the_end_of_its_addresses_and_in_its_past(pages: Pages, world: World) -> None:
    page, seen = await opened(pages, f"{world.site}/tv/t-tv/live/")
    await until(page, "window.__seen.gaps.length > 25 * 12", seconds=60)
    watched = await page.evaluate("window.__seen")
    assert (watched["errors"], watched["waiting"], seen.refused) == ([], 0, [])
    assert len(seen.tokens) >= 2, "renewed while nobody noticed"
    assert {token.split(".")[0] for token in seen.tokens} == {next(iter(seen.tokens)).split(".")[0]}, "one viewer"
    # From its beginning: what was on air, under a pass as well; where one left, it goes on.
    async with page.expect_navigation():
        await press(page, 37)
    past = page.url
    assert "/live/?begin=" in past
    await until(page, f"{TIME} > 3", seconds=30)
    assert await page.text_content("#osd-state") == "回看"
    async with page.expect_navigation():
        await press(page, 8)
    assert "begin=" not in page.url
    await until(page, "document.getElementById('osd-title').textContent.indexOf('吴江') > 0", seconds=10)
    # As the list of a day opens it.
    await page.goto(past)
    await until(page, "/已从 00:0[3-9] 继续播放/.test(document.getElementById('osd-note').textContent)", seconds=30)
    assert seen.refused == []


async def test_page_that_is_older_than_the_wish_for_signatures_finds_its_way(pages: Pages, world: World) -> None:
    await world.set(signed=False)
    page, seen = await opened(pages, f"{world.site}/tv/t-tv/")
    await until(page, f"{TIME} > 0", seconds=30)
    assert (seen.passes, seen.tokens) == (0, set())
    await world.set()
    await until(page, "!document.getElementById('screen-trouble').offsetHeight", seconds=5)
    at = await page.evaluate(TIME)
    await until(page, f"{TIME} > {at + 16}", seconds=60)
    assert seen.passes >= 1
    assert seen.refused


async def test_channel_for_an_operators_viewers_says_where_to_come_from_and_plays_for_them(
    pages: Pages, world: World
) -> None:
    await world.set(entry_only=True)
    page, seen = await opened(pages, f"{world.site}/tv/t-tv/live/")
    await until(page, "/运营商/.test(document.getElementById('trouble').textContent)", seconds=10)
    assert seen.tokens == set()
    expires = int(SystemClock().now().timestamp()) + 600
    entry = tokens.signed(tokens.key_of(SECRET, "t-tv", "telecom", 1), "t-tv", "telecom", 1, expires)
    await page.goto(f"{world.site}/tv/t-tv/?token={entry}")
    await press(page, 13)
    await arrived(page, "player")
    assert "token=" not in page.url, "it is kept by the box, and goes into no way back"
    await until(page, f"{TIME} > 1", seconds=30)
    await press(page, 8)
    await arrived(page, "home")
    assert "token=" not in page.url
    # A place that may see several channels has one entry to all of them.
    many = entries.signed(entries.key_of(SECRET, "telecom", 1), ["hall", "t-tv"], "telecom", 1, expires)
    page, seen = await opened(pages, f"{world.site}/tv/t-tv/live/?token={many}", BOX)
    await until(page, "window.__told.some((call) => call[0] === 'setSingleMedia')", seconds=10)
    assert (seen.passes, seen.refused) == (1, [])


async def test_box_with_a_player_of_its_own_keeps_its_address_while_the_page_renews_and_is_told_when_it_fails(
    pages: Pages, world: World
) -> None:
    page, seen = await opened(pages, f"{world.site}/tv/t-tv/live/", BOX)
    told = "window.__told.filter((call) => call[0] === 'setSingleMedia').map((call) => JSON.parse(call[1])[0].mediaUrl)"
    await until(page, f"{told}.length >= 1", seconds=20)
    (first,) = await page.evaluate(told)
    assert first.startswith(f"{world.site}/tv/t-tv/t/portal-")
    assert first.endswith("/master.m3u8")
    ends = int(first.split("/t/")[1].split(".")[2])
    while SystemClock().now().timestamp() < ends + 0.5 or seen.passes < 3:
        await page.wait_for_timeout(100)
    assert await page.evaluate(told) == [first], "renewed without a blink"
    for path in ("master.m3u8", "720.m3u8"):
        assert (await page.request.get(first.replace("master.m3u8", path))).status == 200, "its address lives on"
    # Another server, which knows nothing of this page: the player fails, and is told the newest address once.
    await page.evaluate("window.__event = 'EVENT_MEDIA_ERROR'")
    await press(page, 0x300)
    (_, second) = await page.evaluate(told)
    assert second != first
    assert (await page.request.get(second)).status == 200
