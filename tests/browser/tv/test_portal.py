"""The portal in Chromium at its size: the channel plays on, and a remote's keys do what they say."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize

from cms.contract import Channel
from cms.kernel.clock import SystemClock
from cms.publishing.onair.showing import Message
from renderers.tv import channel
from tests.browser.tv.keywalk import press
from tests.browser.tv.office import Office
from tests.chromium import Pages
from tests.fakes.house_files import HouseItem, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHOTS = os.environ.get("SHOTS")
TELEVISION = ViewportSize(width=1280, height=720)
WATCH = """
(() => {
  const seen = window.__seen = {errors: [], waiting: 0, gaps: [], started: false};
  let made;
  Object.defineProperty(window, "Hls", {get: () => made, set: (hls) => {
    made = function (options) {
      const one = new hls(options);
      one.on(hls.Events.ERROR, (name, data) => seen.errors.push(data.details));
      window.__levels = () => one.levels.length;
      return one;
    };
    made.isSupported = () => hls.isSupported();
    made.Events = hls.Events;
    made.ErrorTypes = hls.ErrorTypes;
  }});
  document.addEventListener("waiting", () => { if (seen.started) seen.waiting += 1; }, true);
  document.addEventListener("playing", (event) => {
    if (seen.started) return;
    seen.started = true;
    let last = null;
    const frame = (now, meta) => {
      if (last !== null) seen.gaps.push(Math.round((meta.mediaTime - last) * 1000));
      last = meta.mediaTime;
      event.target.requestVideoFrameCallback(frame);
    };
    event.target.requestVideoFrameCallback(frame);
  }, true);
})();
"""


@pytest.fixture(scope="module")
def made() -> Channel:
    """Read outside the loop."""
    return channel()


@pytest.fixture(scope="module")
def items() -> tuple[HouseItem, ...]:
    """A slate, and items of two segments and of one: a join every few seconds."""
    wanted = ((1, "smptebars", 200), (2, "testsrc", 440), (1, "testsrc2", 660))
    return tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)


@pytest.fixture
def office(tmp_path: Path, items: tuple[HouseItem, ...], made: Channel) -> Office:
    return Office(tmp_path / "store", items, made, SystemClock())


@pytest.fixture
async def site(office: Office) -> AsyncIterator[str]:
    await office.open()
    server = await office.server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def opened(pages: Pages, url: str) -> Page:
    context = await pages.context(TELEVISION)
    page = await context.new_page()
    await page.add_init_script(WATCH)
    await page.goto(url)
    return page


async def until(page: Page, true: str, *, seconds: int) -> None:
    """Waits without a string turned into code inside the page, which its policy forbids."""
    for _ in range(seconds * 5):
        if await page.evaluate(true):
            return
        await page.wait_for_timeout(200)
    pytest.fail(f"never: {true}; {await page.evaluate('JSON.stringify(window.__seen)')}")


async def arrived(page: Page, kind: str) -> None:
    """Waits for a page of this kind and for its scripts: its body is there before they have run."""
    await page.wait_for_selector(f"body.{kind}")
    await page.wait_for_load_state("load")


async def here(page: Page) -> str:
    focused = await page.evaluate("Array.from(document.querySelectorAll('.f.here')).map(e => e.id)")
    assert len(focused) == 1, focused
    return str(focused[0])


async def watched(pages: Pages, site: str) -> tuple[Page, dict[str, Any]]:
    """The channel over four joins, and what was seen of it."""
    page = await opened(pages, f"{site}/tv/t-tv/live/")
    await until(page, "window.__seen.gaps.length > 25 * 16", seconds=90)
    seen: dict[str, Any] = await page.evaluate("window.__seen")
    assert seen["errors"] == []
    assert await page.evaluate("document.querySelector('video').buffered.length") == 1
    return page, seen


async def test_channel_in_the_browser_plays_over_joins_without_a_stall(pages: Pages, site: str) -> None:
    page, seen = await watched(pages, site)
    if seen["waiting"]:
        # A browser that gets no time from its machine waits as well, but not at the same joins a second time.
        await page.close()
        page, seen = await watched(pages, site)
    assert seen["waiting"] == 0
    # The machine may be too busy to paint a frame; the stream itself has none missing between two that were painted.
    assert {gap % 40 for gap in seen["gaps"]} <= {0, 1, 39}
    assert await page.evaluate("window.__levels()") == 3


async def test_recording_in_the_browser_plays_a_lecture_by_itself(pages: Pages, site: str, office: Office) -> None:
    document = next(p.document for p in office.world.live.values() if p.kind == "lecture" and "青年说" in p.title)
    page = await opened(pages, f"{site}/tv/t-tv/d/{document}/play/")
    await until(page, "document.querySelector('video').currentTime > 1", seconds=60)
    length = await page.evaluate("document.querySelector('video').duration")
    assert abs(length - 7.68) < 0.2
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.querySelector('video').paused")
    assert await page.text_content("#osd-state") == "暂停"
    await page.keyboard.press("ArrowLeft")
    await until(page, "document.querySelector('video').currentTime < 1", seconds=10)
    assert await page.evaluate("document.querySelector('video').paused"), "looked for while it stands"
    await page.keyboard.press("Enter")
    # The first picture stands at 0.08 s: a busy player may notice that it had to step over what is before it.
    assert set((await page.evaluate("window.__seen"))["errors"]) <= {"bufferSeekOverHole"}


async def test_recording_when_left_goes_on_where_one_was(pages: Pages, site: str, office: Office) -> None:
    document = next(p.document for p in office.world.live.values() if p.kind == "lecture" and "青年说" in p.title)
    page = await opened(pages, f"{site}/tv/t-tv/d/{document}/")
    assert await page.text_content("#play-word") == "▶ 播放"
    assert await page.locator("#f-again").count() == 0
    await page.keyboard.press("Enter")
    await arrived(page, "player")
    await until(page, "document.querySelector('video').currentTime > 2", seconds=30)
    await page.keyboard.press("Backspace")
    await arrived(page, "detail")
    assert re.fullmatch("▶ 继续播放 00:0[2-6]", await page.text_content("#play-word") or "")
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    assert await here(page) == "f-again"
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await arrived(page, "player")
    await until(page, "/继续播放/.test(document.getElementById('osd-note').textContent)", seconds=30)
    await arrived(page, "detail")
    assert await page.text_content("#play-word") == "▶ 播放", "seen to its end, and back by itself"


async def test_chapter_when_chosen_plays_from_its_beginning(pages: Pages, site: str, office: Office) -> None:
    document = next(p.document for p in office.world.live.values() if p.kind == "lecture" and "青年说" in p.title)
    page = await opened(pages, f"{site}/tv/t-tv/d/{document}/chapters/")
    assert await here(page) == "f-mark0"
    for _ in range(2):
        await page.keyboard.press("ArrowDown")
    assert await page.text_content(".f.here .what") == "清：底泥清淤与水草修复"
    await page.keyboard.press("Enter")
    await arrived(page, "player")
    await until(page, "/已从 00:03 开始播放/.test(document.getElementById('osd-note').textContent)", seconds=30)
    assert await page.evaluate("document.querySelector('video').currentTime") >= 2.9
    await page.keyboard.press("Backspace")
    await arrived(page, "chapters")
    assert await here(page) == "f-mark2"


BOX = """
  window.Authentication = {CUGetConfig: (name) => ({EPGDomain: "http://epg.example.net/portal/"})[name] || ""};
  window.Utility = {getEvent: () => JSON.stringify({type: window.__event})};
  window.__told = [];
  window.MediaPlayer = function () { return new Proxy({}, {get: (_, name) => (...sent) => {
    window.__told.push([name, ...sent]);
    return {getCurrentPlayTime: 30, getMediaDuration: 600}[name];
  }}); };
"""


async def test_box_with_a_player_of_its_own_is_asked_in_its_own_way(pages: Pages, site: str, office: Office) -> None:
    document = next(p.document for p in office.world.live.values() if p.kind == "lecture" and "青年说" in p.title)
    context = await pages.context(TELEVISION)
    page = await context.new_page()
    await page.add_init_script(BOX)
    await page.route("http://epg.example.net/**", lambda route: route.fulfill(body="the operator's own portal"))
    await page.goto(f"{site}/tv/t-tv/d/{document}/play/")
    told = {call[0]: call[1:] for call in await page.evaluate("window.__told")}
    assert told["initMediaPlayer"][2:6] == [0, 0, 1280, 720]
    assert f"{site}/tv/t-tv/d/{document}/master.m3u8" in told["setSingleMedia"][0]
    assert await page.evaluate("document.documentElement.className") == "native"
    for code, name in ((0x107, "pause"), (0x107, "resume"), (0x108, "playByTime")):
        await press(page, code)
        await until(page, f"window.__told.some((call) => call[0] === '{name}')", seconds=5)
    assert (await page.evaluate("window.__told.filter((c) => c[0] === 'playByTime').pop()"))[2] == "45"
    await page.evaluate("window.__event = 'EVENT_MEDIA_END'")
    async with page.expect_navigation():
        await press(page, 0x300)
    await arrived(page, "home")
    assert await page.evaluate("document.querySelector('.b-home-live').id") == "f-live"
    async with page.expect_navigation():
        await press(page, 0x18)
    assert page.url == "http://epg.example.net/portal/", "from the first page, Back leaves for whoever called us"


async def test_digits_when_typed_find_a_channel_or_say_that_there_is_none(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/c/news/")
    await press(page, 0x39)
    assert await page.text_content("#number") == "频道 9"
    await press(page, 13)
    await until(page, "document.getElementById('number').textContent === '没有这个频道'", seconds=5)
    await press(page, 0x31)
    async with page.expect_navigation():
        await press(page, 13)
    assert page.url.startswith(f"{site}/tv/t-tv/live/")
    await until(page, "document.getElementById('osd-title').textContent.indexOf('1　吴江宣讲频道') === 0", seconds=5)
    await press(page, 8)
    await arrived(page, "list")


async def test_back_key_returns_the_way_that_was_gone_with_the_focus_kept(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/")
    await page.keyboard.press("ArrowRight")
    first = await here(page)
    assert first.startswith("f-card")
    await page.keyboard.press("Enter")
    await arrived(page, "detail")
    await page.keyboard.press("Enter")
    await arrived(page, "player")
    await page.keyboard.press("Backspace")
    await arrived(page, "detail")
    assert await here(page) == "f-play"
    await page.keyboard.press("Escape")
    await arrived(page, "home")
    assert await here(page) == first
    await page.keyboard.press("Backspace")
    await page.wait_for_timeout(200)
    assert page.url.startswith(f"{site}/tv/t-tv/?") or page.url == f"{site}/tv/t-tv/"


async def test_keys_of_a_box_when_sent_open_what_they_say(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/c/news/")
    ways = ((0x114, "day"), (0x113, "player"), (0x18, "day"), (340, "list"), (0x110, "home"), (0x115, "tree"))
    for code, kind in (*ways, (0x116, "list")):
        async with page.expect_navigation():
            await press(page, code)
        assert await page.evaluate("document.body.className") == kind
    assert page.url.startswith(f"{site}/tv/t-tv/n/"), "information: the newest articles of all columns"


async def test_address_with_a_foreign_way_back_is_not_followed(pages: Pages, site: str) -> None:
    foreign = ("https%3A%2F%2Fevil.example%2F~x|%2F%2Fevil.example%2Ftv~x", "javascript%3Aalert(1)~x", "%E0%A4%A")
    for back in foreign:
        page = await opened(pages, f"{site}/tv/t-tv/day/?bk={back}")
        async with page.expect_navigation():
            await page.keyboard.press("Backspace")
        assert page.url.partition("?")[0] == f"{site}/tv/t-tv/"


async def test_emergency_when_it_begins_is_told_by_socket_stands_over_an_open_page_and_takes_no_key(
    pages: Pages, site: str, office: Office
) -> None:
    page = await (await pages.context(TELEVISION)).new_page()
    heard: list[str | bytes] = []
    asked: list[str] = []

    def hear(frame: str | bytes) -> None:  # playwright takes no method of a list
        heard.append(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    page.on("request", lambda request: asked.append(request.url))
    async with page.expect_event("websocket"):
        await page.goto(f"{site}/tv/t-tv/")
    assert await page.locator("#emergency").count() == 0
    now = office.clock.now()
    text = "预计三小时内雨量超过一百毫米，请沿河居民转移。<b>求助 12345</b>"
    office.messages = [Message("t-tv", "1", "a" * 64, "暴雨红色预警", text, now, None)]
    await office.push.look()
    panel = page.locator("#emergency")
    await panel.wait_for()
    assert "暴雨红色预警" in await panel.inner_text()
    assert "暴雨红色预警" in str(heard[-1])
    assert not [url for url in asked if "alerts.json" in url], "by the socket, not by asking"
    assert "<b>" in await panel.inner_text(), "words are words"
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/emergency.png")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/live/"))
    await panel.wait_for()
    office.messages = []
    await office.push.look()
    await panel.wait_for(state="detached")
