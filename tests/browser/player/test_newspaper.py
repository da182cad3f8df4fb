"""A newspaper on the glass: it turns by itself, a touch opens the article under the finger, a recall closes it."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from cms.content.zones import contains
from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.newspapers import issue, zone
from tests.fakes.pieces import BLUE, GREEN, Colour, piece
from tests.fakes.street import Street, near, paired, pixel, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

OCHRE: Colour = (200, 150, 60)
LEFT, RIGHT = [[500, 500], [4800, 4000]], [[5200, 500], [9500, 4000]]
FAR = [[500, 6000], [9500, 6000], [9500, 9500]]
# Watches every frame: a moment in which no decoded sheet covers the table would be seen.
WATCH = """() => {
  window.bare = 0; window.seen = 0;
  const look = () => {
    const reader = document.querySelector("#reader");
    if (reader.dataset.view === "page") {
      const sheets = [...reader.querySelectorAll(".reader__layer.is-shown img")];
      window.seen += 1;
      if (!sheets.some((one) => one.complete && one.naturalWidth > 0)) window.bare += 1;
    }
    requestAnimationFrame(look);
  };
  look();
}"""

WATCHED = """() => new Promise((done) => {
  const look = () => (window.seen > 20 ? done() : requestAnimationFrame(look));
  look();
})"""


async def reader(page: Page) -> dict[str, str]:
    found: dict[str, str] = await page.evaluate("({...document.querySelector('#reader').dataset})")
    return found


async def opened(page: Page, holds: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    deadline = asyncio.get_running_loop().time() + 10
    while not holds(said := await reader(page)):
        assert asyncio.get_running_loop().time() < deadline, said
        await asyncio.sleep(0.03)
    return said


async def touch(session: CDPSession, x: float, y: float, *, to: float | None = None) -> None:
    """One finger down and up, as the glass reports it; `to` is where it leaves, for a swipe."""
    point: dict[str, Any] = {"x": x, "y": y}
    await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    if to is not None:
        await session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": to, "y": y}]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def place(page: Page, selector: str, across: float, down: float) -> tuple[float, float]:
    box = await page.locator(selector).last.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


async def test_newspaper_turns_opens_the_touched_article_and_closes(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN, touch=True)
    await context.add_init_script(
        "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + window.ahead;"
    )
    page = await context.new_page()
    await paired(page, town)
    session = await context.new_cdp_session(page)
    media = town.gateway.media
    linked = piece(media, "图书馆延长开放", BLUE, text="每晚开放到十点。")
    document = world.release("图书馆延长开放").document
    one = zone(1, LEFT, title="垂虹桥畔夜市开市", text=["夜市昨晚开市。", "市民络绎不绝。"])
    two = zone(2, RIGHT, title="图书馆延长开放", document=document)
    lost = zone(3, LEFT, title="别处的报道", document="0123456789")
    today = issue(media, "2026-11-26", [(OCHRE, [one, two]), (GREEN, [lost, zone(4, FAR, of=one["id"])])])
    yesterday = issue(media, "2026-11-25", [(BLUE, [])])
    await town.gateway.publish(issue_of([today, yesterday, linked], version=1, turning=1, show=60_000))
    said = await until(page, standing(today.release))
    assert said["pages"] == "2"
    await asyncio.sleep(0.8)
    assert near(await pixel(page, 540, 1500), OCHRE)

    # From the loop straight into the article under the finger.
    await touch(session, *await place(page, ".layer.is-shown .np__sheet", 0.25, 0.2))
    assert (await opened(page, lambda found: found.get("view") == "article"))["zone"] == one["id"]
    assert await page.locator("#touch").is_hidden()  # one finger, one sheet
    assert "市民络绎不绝" in (await page.locator(".reader__article").text_content() or "")
    assert (
        await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.reader__article')).fontSize)") >= 50
    )
    # As large as they like, in black and yellow, and read aloud; the next person begins as everybody does.
    size = "parseFloat(getComputedStyle(document.querySelector('.reader__article')).fontSize)"
    before = await page.evaluate(size)
    await page.get_by_role("button", name="字大些").tap()
    assert await page.evaluate(size) > before * 1.2
    await page.get_by_role("button", name="高对比").tap()
    assert "0, 0, 0" in await page.evaluate(
        "getComputedStyle(document.querySelector('.reader__article')).backgroundColor"
    )
    await page.get_by_role("button", name="朗读").tap()
    await expect(page.get_by_role("button", name="停止朗读")).to_be_visible()
    await page.get_by_role("button", name="停止朗读").tap()
    await page.get_by_role("button", name="返回版面").tap()
    await opened(page, lambda found: found.get("view") == "page")

    # Zone 2 opens the linked piece, by its own signatures.
    await touch(session, *await place(page, ".reader__sheet", 0.75, 0.2))
    found = await opened(page, lambda found: found.get("view") == "article")
    assert (found["zone"], found["article"]) == (two["id"], document)
    assert "每晚开放到十点" in (await page.locator(".reader__article").text_content() or "")
    await page.get_by_role("button", name="返回版面").tap()

    # Next by a swipe, back by a key, a page by its thumbnail; the sheet before stands until the next one does.
    await page.evaluate(WATCH)
    await touch(session, 800, 700, to=200)
    await opened(page, lambda found: found.get("page") == "1")
    await page.get_by_role("button", name="上一版").tap()
    await opened(page, lambda found: found.get("page") == "0")
    await page.locator(".reader__thumbs button").nth(1).tap()
    await opened(page, lambda found: found.get("page") == "1")
    await page.evaluate(WATCHED)
    assert await page.evaluate("window.bare") == 0
    await asyncio.sleep(0.4)
    assert near(await pixel(page, 540, 560), GREEN)

    # What continues an article opens it; a piece that is not on this screen is read on the page itself.
    await touch(session, *await place(page, ".reader__sheet", 0.8, 0.65))
    assert (await opened(page, lambda found: found.get("view") == "article"))["zone"] == one["id"]
    await page.get_by_role("button", name="返回版面").tap()
    await touch(session, *await place(page, ".reader__sheet", 0.25, 0.2))
    await opened(page, lambda found: found.get("zone") == lost["id"])
    assert "没有在本屏刊出" in (await page.locator(".reader__article").text_content() or "")
    await page.get_by_role("button", name="返回版面").tap()

    # Yesterday is still here, and from the disk alone; without a touch for a minute the loop comes back.
    media.files.clear()
    media.asked.clear()
    await page.get_by_role("button", name="上一期").tap()
    assert (await opened(page, lambda found: found.get("date") == "2026-11-25"))["release"] == yesterday.release
    await asyncio.sleep(0.4)
    assert near(await pixel(page, 540, 560), BLUE)
    assert media.asked == []
    await page.evaluate("window.ahead = 61_000")
    await opened(page, lambda found: not found)
    assert await page.locator("#reader.is-contrast, #reader.is-large").count() == 0

    # A recall takes away what is open.
    await touch(session, *await place(page, ".layer.is-shown .np__sheet", 0.5, 0.5))
    if (await opened(page, lambda found: found.get("view") == "page"))["page"] == "1":  # the loop has turned meanwhile
        await page.get_by_role("button", name="上一版").tap()
        await opened(page, lambda found: found.get("page") == "0")
    await touch(session, *await place(page, ".reader__sheet", 0.75, 0.2))
    await opened(page, lambda found: found.get("article") == document)
    gone = world.recalls(2, linked.release)
    await town.gateway.publish(issue_of([today, yesterday, linked], version=1, seq=2, turning=1, recalls=gone))
    await opened(page, lambda found: found.get("view") == "page")
    gone = world.recalls(3, linked.release, today.release)
    await town.gateway.publish(issue_of([yesterday], version=2, seq=3, recalls=gone))
    await opened(page, lambda found: not found)

    # The screen's arithmetic and the desk's are one.
    cases = [_case(random.Random(number)) for number in range(300)]
    said_ = await page.evaluate(
        "async (cases) => { const { contains } = await import('/templates/zones.js');"
        " return cases.map(({ points, at }) => contains(points, ...at)); }",
        cases,
    )
    assert said_ == [contains(one["points"], *one["at"]) for one in cases]


def _case(chance: random.Random) -> dict[str, Any]:
    """A shape on a coarse grid, so that many places lie on its edges and corners."""

    def place() -> tuple[int, int]:
        return chance.randrange(0, 11) * 1000, chance.randrange(0, 11) * 1000

    return {"points": [place() for _ in range(chance.choice([2, 3, 4, 5, 7]))], "at": place()}


async def test_newspaper_when_chosen_from_the_list_of_pieces_opens_in_its_own_reader(
    pages: Pages, town: Street
) -> None:
    page = await (await pages.context(SCREEN, touch=True)).new_page()
    await paired(page, town)
    media = town.gateway.media
    article = piece(media, "图书馆延长开放", BLUE, text="每晚开放到十点。")
    today = issue(media, "2026-11-26", [(OCHRE, [zone(1, LEFT, title="垂虹桥畔夜市开市", text=["夜市昨晚开市。"])])])
    await town.gateway.publish(issue_of([article, today], version=1, show=60_000))
    await until(page, standing(article.release))
    await page.touchscreen.tap(540, 900)
    sheet = page.locator("#touch")
    await expect(sheet).to_be_visible()
    await sheet.locator(".touch__entry", has_text="吴江日报").tap()
    await opened(page, lambda found: found.get("view") == "page")
    await expect(sheet).to_be_hidden()
