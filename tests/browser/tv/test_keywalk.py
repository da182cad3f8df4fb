"""Every place of every page can be reached with a remote and left with its one Back key; no page is a dead end."""

import dataclasses
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize

from cms.contract import Channel
from cms.kernel.clock import FixedClock, SystemClock
from cms.publishing.onair.showing import Message
from renderers import tv as package
from renderers.tv import channel, keys, pages as drawn
from tests.browser.tv.keywalk import Walked, focus_on, press, walk
from tests.browser.tv.office import Office, sizes
from tests.chromium import Pages
from tests.fakes.house_files import HouseItem, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHOTS = os.environ.get("SHOTS")
TELEVISION = ViewportSize(width=1280, height=720)
OK, BACK, LEFT, RIGHT = 13, 8, 37, 39
HOME = "/tv/t-tv/"
ACORN = Path(__file__).parents[1] / "vendor" / "acorn-8.19.0" / "acorn.js"
# What the language had and old boxes had not: names of the library that came later.
LATER = {
    "fetch", "Promise", "Symbol", "Map", "Set", "WeakMap", "Proxy", "Reflect", "URL", "URLSearchParams",
    "includes", "startsWith", "endsWith", "padStart", "assign", "from", "closest", "classList", "dataset",
    "forEach", "remove", "append", "prepend", "matches", "repeat", "values", "entries", "find", "findIndex",
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Channel:
    """Read outside the loop."""
    return channel()


@pytest.fixture(scope="module")
def items() -> tuple[HouseItem, ...]:
    wanted = ((1, "smptebars", 200), (2, "testsrc", 440), (1, "testsrc2", 660))
    return tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)


@pytest.fixture
def office(tmp_path: Path, items: tuple[HouseItem, ...], made: Channel) -> Office:
    """At one moment, so that a page by the clock is the same when one comes back to it."""
    office = Office(tmp_path / "store", items, made, FixedClock(SystemClock().now()))
    # A notice of this hour lies before the first page.
    notice = next(p for p in office.world.live.values() if p.kind == "notice")
    office.world.publish(dataclasses.replace(notice, published_at=office.clock.now()))
    return office


async def screen(pages: Pages, url: str) -> Page:
    page = await (await pages.context(TELEVISION)).new_page()
    # A box that can play nothing is walked like any other, and leaves the processor to the others.
    await page.add_init_script("Object.defineProperty(HTMLMediaElement.prototype, 'canPlayType', {value: null})")
    await page.goto(url)
    return page


def kind_of(path: str) -> str:
    """One page of each kind is walked: documents and columns are told apart by what they are."""
    return re.sub(r"[0-9].*", "", re.sub(r"/d/[a-z0-9]+/", "/d/", path.partition("?")[0]))


async def test_every_place_of_the_portal_is_reached_and_left_with_a_remote(pages: Pages, office: Office) -> None:
    await office.open()
    server = await office.server()
    site = str(server.make_url("")).rstrip("/")
    page = await screen(pages, site + HOME)
    await page.wait_for_selector("#notice:not(.off)")
    found = await walk(page)
    assert found.reached == {"n-read", "n-close"}, "the notice keeps the keys"
    await press(page, BACK)
    assert await page.locator("#notice.off").count() == 1

    seen: dict[str, str] = {}
    known: set[str] = set()
    looked: list[str] = []
    talk = next(p for p in office.world.live.values() if "青年说" in p.title)
    text = next(p for p in office.world.live.values() if p.kind == "news")
    pieces = [f"{HOME}d/{piece.document}/" for piece in (talk, text)]
    waiting = [HOME, *pieces, f"{HOME}nothing/here/"]
    while waiting:
        path = waiting.pop(0)
        # A piece is a text or a lecture; a page of any other kind is walked once.
        if "/live/" in path or "/play/" in path or looked.count(kind_of(path)) >= (2 if "/d/" in path else 1):
            continue
        looked.append(kind_of(path))
        await page.goto(site + path)
        body = await page.evaluate("document.body.className")
        if body in seen:
            continue
        seen[body] = path
        if body == "home":
            assert await page.locator("#notice.off").count() == 1, "seen once"
        found = await walk(page)
        assert found.reached == found.every, path
        assert (found.small, found.beyond, found.anchors) == ([], [], 0), path
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{body}.png")
        await there_and_back(page, site, found, known)
        waiting += [go for go in found.go.values() if go]
    assert set(seen) == {"home", "list", "tree", "detail", "chapters", "text", "day", "channels", "lost"}
    await pictures_are_left(page, site, f"{pieces[0]}play/")
    await under_an_emergency(page, site, office)
    await nothing_published(page, site, office)
    await server.close()


async def pictures_are_left(page: Page, site: str, recording: str) -> None:
    """The pages that are all picture: no place to be on, no key throws, Back leads to where one came from."""
    for path in (f"{HOME}live/", recording):
        await page.goto(f"{site}{path}?bk={HOME}~f-live")
        assert await page.locator(".f, a, button, input").count() == 0, path
        for code, does in keys.by_code().items():
            if does in {"before", "after", "pause", "forward", "rewind" if "play/" in path else "r", "ok"}:
                await press(page, code)
        async with page.expect_navigation():
            await press(page, BACK)
        assert await page.evaluate("document.querySelector('.f.here').id") == "f-live"


async def under_an_emergency(page: Page, site: str, office: Office) -> None:
    """It lies over the page and takes no place away."""
    await page.goto(site + HOME)
    before = await walk(page)
    office.messages = [Message("t-tv", "1", "a" * 64, "暴雨红色预警", "请沿河居民转移。" * 6, office.clock.now(), None)]
    await office.push.look()
    panel = page.locator("#emergency")
    await panel.wait_for()
    found = await walk(page)
    assert (found.reached, found.ways) == (before.every, before.ways)
    box = await panel.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["x"] + box["width"]) == (64, 36, 1216)
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/emergency.png")
    office.messages = []
    await office.push.look()
    await panel.wait_for(state="detached")


async def nothing_published(page: Page, site: str, office: Office) -> None:
    """Pages with nothing on them say so, and lead on and back."""
    office.world.live.clear()
    await office.render()
    for path in ("", "c/", "c/news/", "n/", "day/", "channels/"):
        await page.goto(f"{site}{HOME}{path}?now")  # none of what the browser holds
        found = await walk(page)
        assert found.reached == found.every, path
        assert found.every, path
        assert (found.small, found.beyond, found.anchors) == ([], [], 0), path
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/empty-{path.strip('/').replace('/', '-') or 'home'}.png")


async def there_and_back(page: Page, site: str, found: Walked, known: set[str]) -> None:
    """From a page to another, and to each kind nobody was on before; and back to the same place on it."""
    start = page.url
    tried = 0
    for name, path in found.go.items():
        here = await page.evaluate(f"document.getElementById('{name}').getAttribute('data-home')")
        turns = await page.evaluate(f"document.getElementById('{name}').getAttribute('data-turn')")
        if not path or here or turns or (tried and kind_of(path) in known):
            continue
        known.add(kind_of(path))
        tried += 1
        await focus_on(page, name, found)
        async with page.expect_navigation():
            await press(page, OK)
        assert page.url.startswith(site + path.partition("?")[0])
        async with page.expect_navigation():
            await press(page, BACK)
        assert page.url.partition("?")[0] == start.partition("?")[0]
        assert await page.evaluate("document.querySelector('.f.here').id") == name


async def test_long_text_is_turned_leaf_by_leaf_and_nothing_of_it_is_cut(pages: Pages, office: Office) -> None:
    long = next(p for p in office.world.live.values() if p.kind == "news")
    words = "东太湖 lake 的 WATERFRONT 步道，12,345 米“全线”贯通；" * 12
    blocks = [{"id": f"b_long{n:07d}", "type": "paragraph", "text": [{"t": f"第{n}段。{words}"}]} for n in range(90)]
    office.world.publish(dataclasses.replace(long, body={"schema": 1, "blocks": [*long.body["blocks"], *blocks]}))
    await office.open()
    server = await office.server()
    page = await screen(pages, str(server.make_url(f"{HOME}d/{long.document}/")))
    said = ""
    leaves = int((await page.text_content("#read-at") or "").split("/")[1])
    assert leaves > 40
    for number in range(1, leaves + 1):
        told = await page.evaluate(
            """() => { const leaf = document.querySelector(".leaf:not(.off)");
              const held = document.querySelectorAll(".leaf.off img[src]").length;
              return [leaf.innerText, leaf.scrollHeight - leaf.clientHeight, leaf.scrollWidth - leaf.clientWidth,
                document.getElementById("read-at").textContent, held]; }"""
        )
        assert told[1:] == [0, 0, f"{number} / {leaves}", 0], number
        said += told[0]
        before = page.url
        await press(page, RIGHT)
        if number < leaves and await page.text_content("#read-at") == told[3]:
            await page.wait_for_url(re.compile(rf"^(?!{re.escape(before)}$)"))
    assert all(f"第{n}段。" in said for n in range(90))
    assert re.sub(r"\s", "", said).count(re.sub(r"\s", "", words)) == 90
    assert "/p2/" in page.url, "more than one file"
    for _ in range(3):
        await press(page, LEFT)
    assert await page.text_content("#read-at") == f"{leaves - 3} / {leaves}" or "/p" in page.url
    assert all(size <= 60_000 for size in sizes(office).values())
    await server.close()


async def test_scripts_are_of_the_language_of_old_boxes(pages: Pages, made: Channel) -> None:
    page = await (await pages.context(TELEVISION)).new_page()
    await page.add_script_tag(path=str(ACORN))
    assert made.kind == "tv"
    code = drawn.static_files()[1].data.decode()
    await page.evaluate("code => { acorn.parse(code, {ecmaVersion: 5}); }", code)
    hls = (Path(package.__file__).parent / "static" / drawn.HLS).read_text("utf-8")
    await page.evaluate("code => { acorn.parse(code, {ecmaVersion: 5}); }", hls)
    names = await page.evaluate(
        """code => Array.from(acorn.tokenizer(code, {ecmaVersion: 5})).filter((t) => t.type.label === "name")
          .map((t) => t.value)""",
        code,
    )
    assert set(names) & LATER == set()
