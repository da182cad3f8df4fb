"""The portal in Chromium at its size: every place can be reached and left with a remote, and the channel plays on."""

import os
import re
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize

from cms.contract import Channel
from cms.kernel.clock import SystemClock
from cms.publishing.onair.showing import Message
from renderers import tv as package
from renderers.tv import channel
from tests.browser.tv.office import Office, sizes
from tests.chromium import Pages
from tests.fakes.house_files import HouseItem, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHOTS = os.environ.get("SHOTS")
TELEVISION = ViewportSize(width=1280, height=720)
ARROWS = {"ArrowLeft": "l", "ArrowRight": "r", "ArrowUp": "u", "ArrowDown": "d"}
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


async def here(page: Page) -> str:
    focused = await page.evaluate("Array.from(document.querySelectorAll('.f.here')).map(e => e.id)")
    assert len(focused) == 1, focused
    return str(focused[0])


async def test_channel_in_the_browser_plays_over_joins_without_a_stall(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/live/")
    await until(page, "window.__seen.gaps.length > 25 * 16", seconds=90)
    seen = await page.evaluate("window.__seen")
    ranges = await page.evaluate("document.querySelector('video').buffered.length")
    assert seen["errors"] == []
    assert seen["waiting"] == 0
    assert ranges == 1
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
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowLeft")
    assert await page.evaluate("document.querySelector('video').currentTime") < 1
    # The first picture stands at 0.08 s: a busy player may notice that it had to step over what is before it.
    assert set((await page.evaluate("window.__seen"))["errors"]) <= {"bufferSeekOverHole"}


def portal(office: Office) -> list[str]:
    """One page of each kind."""
    text = next(p for p in office.world.live.values() if p.kind == "news")
    talk = next(p for p in office.world.live.values() if p.kind == "lecture")
    base = "/tv/t-tv/"
    pages_of = [base, f"{base}c/news/", f"{base}c/talks/", f"{base}d/{text.document}/", f"{base}d/{talk.document}/"]
    return [*pages_of, f"{base}day/"]


async def test_everything_on_each_page_can_be_reached_with_arrows(pages: Pages, site: str, office: Office) -> None:
    for path in portal(office):
        page = await opened(pages, site + path)
        every = set(await page.evaluate("Array.from(document.querySelectorAll('.f')).map(e => e.id)"))
        assert await walked(page) == every, path
        beyond = await page.evaluate(
            "Array.from(document.querySelectorAll('.f, .name, .clock')).map(e => e.getBoundingClientRect())"
            ".filter(b => b.left < 64 || b.top < 36 || b.right > 1216 || b.bottom > 684).length"
        )
        assert beyond == 0, path
        await page.context.close()


async def walked(page: Page) -> set[str]:
    """Presses every arrow on everything that can be reached."""
    ways: dict[str, dict[str, str]] = {}
    at = await here(page)
    while True:
        route = _to_untried(ways, at)
        if route is None:
            return set(ways)
        for arrow in route:
            # An article scrolls first; it is left at its end.
            before = await here(page)
            for _ in range(40):
                top = await page.evaluate("(document.querySelector('.here .article') || {style: {}}).style.top")
                await page.keyboard.press(arrow)
                at = await here(page)
                same = top == await page.evaluate("(document.querySelector('.here .article') || {style: {}}).style.top")
                if at != before or same:
                    break
            ways.setdefault(before, {})[arrow] = at


def _to_untried(ways: dict[str, dict[str, str]], start: str) -> list[str] | None:
    waiting: deque[tuple[str, list[str]]] = deque([(start, [])])
    seen = {start}
    while waiting:
        at, route = waiting.popleft()
        known = ways.get(at, {})
        for arrow in ARROWS:
            if arrow not in known:
                return [*route, arrow]
            if known[arrow] not in seen:
                seen.add(known[arrow])
                waiting.append((known[arrow], [*route, arrow]))
    return None


async def test_back_key_returns_the_way_that_was_gone_with_the_focus_kept(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/")
    await page.keyboard.press("ArrowRight")
    first = await here(page)
    assert first.startswith("f-card")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("body.detail")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("body.player")
    await page.keyboard.press("Backspace")
    await page.wait_for_selector("body.detail")
    assert await here(page) == "f-play"
    await page.keyboard.press("Escape")
    await page.wait_for_selector("body.home")
    assert await here(page) == first
    await page.keyboard.press("Backspace")
    await page.wait_for_timeout(200)
    assert page.url.startswith(f"{site}/tv/t-tv/?") or page.url == f"{site}/tv/t-tv/"


async def test_keys_of_a_box_when_sent_open_what_they_say(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/c/news/")
    for code, kind in ((0x114, "day"), (0x113, "player"), (0x18, "day"), (340, "list"), (0x110, "home")):
        await page.wait_for_function("() => typeof document.onkeydown === 'function'")
        await page.evaluate("code => document.onkeydown({keyCode: code, preventDefault() {}})", code)
        await page.wait_for_selector(f"body.{kind}")


async def test_address_with_a_foreign_way_back_is_not_followed(pages: Pages, site: str) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/day/?bk=https%3A%2F%2Fevil.example%2F~x|%2F%2Fevil.example%2Ftv~x")
    await page.keyboard.press("Backspace")
    await page.wait_for_selector("body.home")
    assert page.url.startswith(site)


async def test_emergency_when_it_begins_stands_over_an_open_page_and_takes_no_key(
    pages: Pages, site: str, office: Office
) -> None:
    page = await opened(pages, f"{site}/tv/t-tv/")
    assert await page.locator("#emergency").count() == 0
    now = office.clock.now()
    text = "预计三小时内雨量超过一百毫米，请沿河居民转移。<b>求助 12345</b>"
    office.messages = [Message("t-tv", "1", "a" * 64, "暴雨红色预警", text, now, None)]
    await office.push.look()
    panel = page.locator("#emergency")
    await panel.wait_for()
    assert "暴雨红色预警" in await panel.inner_text()
    assert "<b>" in await panel.inner_text(), "words are words"
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/emergency.png")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/live/"))
    await panel.wait_for()
    office.messages = []
    await office.push.look()
    await panel.wait_for(state="detached")


async def test_pages_when_weighed_are_light_enough_for_a_box(site: str, office: Office) -> None:
    heavy = {path: size for path, size in sizes(office).items() if size > 60_000}
    assert site
    assert heavy == {}


def test_scripts_when_read_are_of_the_old_language() -> None:
    folder = Path(package.__file__).parent / "static"
    newer = re.compile(r"=>|\blet\b|\bconst\b|`|\bclass\b(?!Name)|\basync\b|\bof\b\s+\w+\s*\)|\.\.\.")
    for name in ("portal.js", "player.js", "alert.js"):
        code = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", (folder / name).read_text("utf-8"), flags=re.DOTALL)
        assert newer.findall(code) == [], name
