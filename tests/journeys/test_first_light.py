"""From an editor's hands to a street screen and the web, signed, and taken back: the whole product as it is started."""

import asyncio
import datetime as dt
import io
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright

from tests.chromium import CHROMIUM, DESK, FLAGS, PHONE, SCREEN, SHELL
from tests.fakes.pieces import COVER
from tests.fakes.street import Colour, Said, at_least, facts, near, remembered, until
from tests.journeys.house import House, house
from tests.journeys.inputs import CORRECTED, Article, articles, corrected
from tests.journeys.office import PASSWORD, Person, hire
from tests.journeys.waited import below, of_group, waited

# The whole on one database in every run; on the other, in `./yunping test both`, enough to loop, correct and recall.
COUNTS = {"sqlite": 20, "postgres": 8}
# As on a box, and beside it the same engine without windows, which takes two fifths of the processor time.
BROWSERS = {"sqlite": CHROMIUM, "postgres": SHELL}
TARGETS = ["web", "street"]
# From the press of the button to the last trace, by the clocks of those who see it. What is not counted is the time for
# which those on the way had no core: nothing on a machine that does nothing else.
GONE_S = 3
FADED_S = 1.0
# Longer than this and something is lost, whatever the machine does beside it.
LOST_S = 60
LISTS = ("/", "/feed.xml", "/feed.json", "/c/news/", "/c/practice/")
# The page writes down by its own clock when the last layer that had this release on it is taken off the glass: after
# the fade. A frame that comes back begins it anew.
LEAVING = """
(release) => {
  const stage = document.querySelector("#stage");
  const theirs = new Set();
  window.leaving = new Promise((resolve) => {
    const look = () => {
      if (stage.dataset.release === release) {
        for (const layer of stage.querySelectorAll(":scope > .layer.is-shown")) theirs.add(layer);
      } else if (![...theirs].some((layer) => layer.isConnected)) {
        resolve(Date.now());
      }
    };
    new MutationObserver(look).observe(stage, { attributes: true, childList: true });
    look();
  });
}
"""
# Pieces whose loop is waited for, and its longest.
SHORT_LOOP = 8
LOOP_S = 240
LOOKS = 3


@dataclass
class Office:
    """Everybody at work, and what they wrote; `browser` is the program of the box's browser, `profile` its folder."""

    house: House
    count: int
    profile: Path
    browser: str
    people: dict[str, Person] = field(default_factory=dict)
    pieces: dict[str, Article] = field(default_factory=dict)
    releases: dict[str, str] = field(default_factory=dict)

    def document_of(self, release: str) -> str:
        return next(document for document, known in self.releases.items() if known == release)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.both])])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(house(tmp_path, database=url))
        made = Office(started, COUNTS[request.param], tmp_path / "profile", BROWSERS[request.param])
        code = await made.house.start()
        for login in ("luming", "chenjing", "zhoulan", "shenweimin", "guyun", "qianfeng"):
            person = made.people[login] = Person(made.house.url)
            stack.push_async_callback(person.close)
        await made.people["luming"].first_run(code, password=PASSWORD.format(0))
        yield made


async def _hire(office: Office) -> None:
    """An administrator adds people; each sets a password; the administrator confirms their keys."""
    await hire(office.people)
    chief, operator = office.people["shenweimin"], office.people["qianfeng"]
    for position, (code, name) in enumerate((("news", "要闻"), ("practice", "文明实践"))):
        fields = [("code", code), ("name", name), ("position", str(position))]
        await chief.send("/desk/columns/", fields, at="/desk/columns/")
    for code, kind, name in (("web", "web", "吴江云屏网"), ("street", "screen", "街头阅读屏")):
        fields = [("code", code), ("kind", kind), ("name", name), ("loop_minutes", "15"), ("unit", "/320509/")]
        await operator.send("/desk/targets/", fields, at="/desk/targets/")


async def _pair(office: Office, screen: Page) -> None:
    await screen.goto(office.house.screen_url)
    said = await until(screen, lambda now: now.get("mode") == "pairing" and bool(now.get("code")))
    fields = [("code", str(said["code"])), ("unit", "/320509/"), ("name", "松陵街道一号屏")]
    await office.people["qianfeng"].send("/desk/screens/pair", fields, at="/desk/screens/")
    await until(screen, lambda now: now.get("link") == "up")
    await screen.evaluate("window.loaded_once = true")


async def _write_all(office: Office) -> None:
    for number, article in enumerate(articles(office.count)):
        column = "news" if number % 2 else "practice"
        document = await office.people["chenjing"].write(article, column=column)
        office.pieces[document] = article
        await office.people["zhoulan"].approve(document)
        office.releases[document] = await office.people["shenweimin"].approve(document)


async def _schedule_all(office: Office) -> None:
    """Half at once, half for a time a few seconds from now."""
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8, seconds=12)).strftime("%Y-%m-%dT%H:%M:%S")
    for number, document in enumerate(office.releases):
        await office.people["guyun"].publish(document, TARGETS, at=at if number % 2 else "")


async def _live_everywhere(office: Office) -> None:
    async with aiohttp.ClientSession() as web:
        for document, article in office.pieces.items():
            await _until_text(web, f"{office.house.url}/d/{document}/", article.title)


async def _until_text(web: aiohttp.ClientSession, url: str, text: str, *, within: float = 60) -> None:
    deadline = asyncio.get_running_loop().time() + within
    while True:
        async with web.get(url) as answer:
            if answer.status == 200 and text in await answer.text():
                return
        assert asyncio.get_running_loop().time() < deadline, (url, text)
        await asyncio.sleep(0.1)


async def _promised(
    office: Office, screen: Page, press: Awaitable[None], *, off_glass: str, off_web: Awaitable[float]
) -> None:
    """Presses a button of the publisher's; the release is off the glass, and what `off_web` looks for is so, in 3 s."""
    assert office.house.process is not None
    on_the_way = [*of_group(office.house.process.pid), *below(str(office.profile)), os.getpid()]
    before = waited(on_the_way)
    await screen.evaluate(LEAVING, off_glass)
    web = asyncio.ensure_future(off_web)
    async with asyncio.timeout(LOST_S):
        await press
        left_glass = await screen.evaluate("window.leaving") / 1000
        left_web = await web
    without_core = waited(on_the_way) - before
    pressed = office.people["guyun"].pressed_at
    took = {"glass": left_glass - pressed, "web": left_web - pressed, "without a core": without_core}
    assert max(left_glass, left_web) - pressed - without_core < GONE_S, took


async def _gone_from_web(url: str, document: str, title: str) -> float:
    """The time at which the page says it was taken back, and no list names it any more."""
    async with aiohttp.ClientSession() as web:
        await _answers(web, f"{url}/d/{document}/", lambda status, _: status == 410)
        for path in LISTS:
            await _answers(web, url + path, lambda _, text: title not in text)
    return time.time()


async def _corrected_on_web(url: str, document: str, title: str) -> float:
    async with aiohttp.ClientSession() as web:
        await _answers(web, f"{url}/d/{document}/", lambda _, text: f"<h1>{title}</h1>" in text)
    return time.time()


async def _answers(web: aiohttp.ClientSession, url: str, holds: Callable[[int, str], bool]) -> None:
    """Asks until the status and the text of the answer are so."""
    while True:
        async with web.get(url) as answer:
            if holds(answer.status, await answer.text()):
                return
        await asyncio.sleep(0.02)


async def _pixel(page: Page, x: float, y: float) -> Colour:
    shot = await page.screenshot()
    red, green, blue = (
        Image.open(io.BytesIO(shot)).convert("RGB").crop((int(x), int(y), int(x) + 1, int(y) + 1)).tobytes()
    )
    return red, green, blue


async def _standing_with_colour(office: Office, screen: Page, *, but: str = "") -> tuple[str, Said]:
    """Waits for a piece with a plain picture on its first page, past the fade; `but`: not for this release."""

    def plain(said: Said) -> bool:
        document = next((d for d, r in office.releases.items() if r == said.get("release")), None)
        if document is None or said.get("release") == but:
            return False
        return office.pieces[document].colour is not None and said.get("page") == "0"

    said = await until(screen, plain, within=120)
    await asyncio.sleep(FADED_S)
    if _place(await facts(screen)) != _place(said):
        return await _standing_with_colour(office, screen, but=but)
    return office.document_of(str(said["release"])), said


def _place(said: Said) -> tuple[object, ...]:
    """What stands on the glass, and since which swap."""
    return said.get("release"), said.get("page"), said.get("swaps")


async def _shows_its_picture(office: Office, screen: Page) -> None:
    """A first page has its cover's colour; a look during which the page turned says nothing of either."""
    looks: list[tuple[str, Colour, Colour]] = []
    while len(looks) < LOOKS:
        document, said = await _standing_with_colour(office, screen)
        article = office.pieces[document]
        assert article.colour is not None
        seen = await _pixel(screen, *COVER)
        if _place(await facts(screen)) != _place(said):
            continue
        if near(seen, article.colour):
            return
        looks.append((article.title, seen, article.colour))
    pytest.fail(f"other colours on the glass than in the pictures: {looks}")


async def _check_web(office: Office, context_of: dict[str, BrowserContext]) -> None:
    for context in context_of.values():
        page = await context.new_page()
        for document, article in list(office.pieces.items())[:3]:
            await page.goto(f"{office.house.url}/d/{document}/")
            assert await page.locator("h1").inner_text() == article.title
            for duty in (article.source, "沈佳", "周岚", "区委宣传部"):
                assert await page.locator(".byline", has_text=duty).count()
            if article.colour is None:
                continue
            picture = page.locator("article img").first
            await picture.scroll_into_view_if_needed()
            await page.wait_for_function("() => [...document.images].every(image => image.complete)")
            box = await picture.bounding_box()
            assert box is not None
            seen = await _pixel(page, box["x"] + box["width"] / 2, max(box["y"] + 40, 5))
            assert near(seen, article.colour), (article.title, seen, article.colour)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.close()


@pytest.mark.browser
@pytest.mark.timeout(600)
async def test_news_from_an_editors_hands_reach_screen_and_web_and_are_taken_back(office: Office) -> None:
    await _hire(office)
    await office.house.install_screen()
    async with async_playwright() as playwright:
        sizes: dict[str, ViewportSize] = {"desk": DESK, "phone": PHONE}
        browser = await playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        contexts = {name: await browser.new_context(viewport=size) for name, size in sizes.items()}
        box = await _box(playwright.chromium.launch_persistent_context, office)
        screen = await box.new_page()
        await _pair(office, screen)

        await _write_all(office)
        await _schedule_all(office)
        await _live_everywhere(office)
        await _check_web(office, contexts)

        await _shows_its_picture(office, screen)

        release = await _correct_one(office, screen)
        await _recall_one(office, screen, release)
        await _go_on_without_server(office, screen, release)
        await box.close()
        again = await _box(playwright.chromium.launch_persistent_context, office)
        reborn = await again.new_page()
        await reborn.goto(office.house.screen_url)
        await until(reborn, lambda now: now.get("mode") == "loop" and now.get("release") in office.releases.values())
        assert (await until(reborn, at_least("swaps", 1), within=90))["mode"] == "loop"
        await again.close()
        await browser.close()


async def _box(launch: object, office: Office) -> BrowserContext:
    """The browser of the box, with a profile that survives its restart."""
    assert callable(launch)
    context = await launch(
        str(office.profile), executable_path=office.browser, args=list(FLAGS), viewport=SCREEN, locale="zh-CN"
    )
    assert isinstance(context, BrowserContext)
    return context


async def _correct_one(office: Office, screen: Page) -> str:
    """The piece on the glass gets a new title and picture, two new signatures, and is corrected everywhere in 3 s.

    Returns the release that stands for it now.
    """
    document, _ = await _standing_with_colour(office, screen)
    editor, article = office.people["chenjing"], office.pieces[document]
    await editor.send(f"/desk/documents/{document}/do/correct", [], at=f"/desk/documents/{document}")
    newer = corrected(article)
    path = f"/desk/documents/{document}/edit"
    asset = await editor.upload(newer.picture, "更正.jpg")
    await editor.save(document, newer, asset, page=await editor.page(path), column="news")
    await editor.send(f"/desk/documents/{document}/submit", [("note", "更正")], at=path)
    await office.people["zhoulan"].approve(document)
    release = await office.people["shenweimin"].approve(document)
    old = office.releases[document]
    await _promised(
        office,
        screen,
        office.people["guyun"].publish(document, TARGETS),
        off_glass=old,
        off_web=_corrected_on_web(office.house.url, document, newer.title),
    )
    office.pieces[document], office.releases[document] = newer, release
    await _off_the_glass(screen, article)
    # Its turn in the loop may have passed while it was corrected: then another stands, and the next time the new.
    deadline = asyncio.get_running_loop().time() + LOST_S
    while release not in await remembered(screen):
        assert asyncio.get_running_loop().time() < deadline, release
        await asyncio.sleep(0.1)
    assert (await facts(screen)).get("release") != old
    return release


async def _off_the_glass(screen: Page, article: Article) -> None:
    """What the page wrote down is what is painted: the colour of its picture, which no other piece has, is gone."""
    assert article.colour is not None
    assert not near(await _pixel(screen, *COVER), article.colour), article.title


async def _recall_one(office: Office, screen: Page, newer: str) -> None:
    """The piece on the glass, but not `newer`, is recalled: off the screen and off the web within three seconds, lists
    included.
    """
    document, said = await _standing_with_colour(office, screen, but=newer)
    piece = office.pieces.pop(document)
    await _promised(
        office,
        screen,
        office.people["guyun"].recall(document),
        off_glass=str(said["release"]),
        off_web=_gone_from_web(office.house.url, document, piece.title),
    )
    await _off_the_glass(screen, piece)
    del office.releases[document]
    assert await screen.evaluate("window.loaded_once"), "the page was loaded anew"


async def _go_on_without_server(office: Office, screen: Page, newer: str) -> None:
    """Every process of the server is killed; the street goes on, and a short loop until `newer` has had its turn."""
    await office.house.kill()
    before = int((await facts(screen)).get("swaps") or 0)
    said = await until(screen, at_least("swaps", before + 2), within=90)
    assert said["mode"] == "loop"
    assert said["release"] in office.releases.values()
    if office.count > SHORT_LOOP:
        return
    await until(screen, lambda now: now.get("release") == newer and now.get("page") == "0", within=LOOP_S)
    await asyncio.sleep(FADED_S)
    assert near(await _pixel(screen, *COVER), CORRECTED)
