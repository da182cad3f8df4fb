"""The public site in Chromium at the sizes people hold: it fits, obeys its policy, and can be used without a mouse."""

import json
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, Response, ViewportSize

from cms.contract import File
from renderers.web import pages as site_pages, paths
from tests.browser import axe
from tests.browser.web.site import Street, app, digest, weight
from tests.chromium import DESK, PHONE, Pages

pytestmark = pytest.mark.browser

LONG = "东太湖畔添新景"
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
# Text and controls may be twice as large and the words must still be there (WCAG 1.4.4).
NARROW = ViewportSize(width=320, height=640)


@pytest.fixture(scope="module")
def street() -> Street:
    """Made outside the loop: it reads the demo's files and the templates."""
    site_pages.warm()
    return Street()


@pytest.fixture
async def files(street: Street) -> Mapping[str, File]:
    return await street.rendered()


@pytest.fixture
async def site(street: Street, files: Mapping[str, File]) -> AsyncIterator[str]:
    server = TestServer(app(street, files))
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
def addresses(street: Street) -> dict[str, str]:
    return {
        "home": paths.HOME,
        "column": paths.column("news"),
        "month": paths.month("news", "2026-11"),
        "article": paths.article_of(street.article(LONG)),
        "corrected": paths.article_of(street.article("一根丝")),
        "bare": paths.article_of(street.article("平望镇")),
        "notice": paths.article_of(street.article("管道检修")),
        "notices": paths.NOTICES,
        "missing": "/d/0000000000/",
    }


async def is_overflowing(page: Page) -> bool:
    found = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert isinstance(found, bool)
    return found


@SIZES
async def test_pages_when_opened_fit_and_have_no_grave_barrier(
    pages: Pages, site: str, addresses: dict[str, str], size: ViewportSize
) -> None:
    page = await (await pages.context(size)).new_page()
    wrong = {}
    for name, address in addresses.items():
        await page.goto(site + address)
        wrong[name] = await axe.violations(page) + (["too wide"] if await is_overflowing(page) else [])
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_pages_when_very_narrow_still_fit(pages: Pages, site: str, addresses: dict[str, str]) -> None:
    page = await (await pages.context(NARROW)).new_page()
    wide = []
    for name, address in addresses.items():
        await page.goto(site + address)
        if await is_overflowing(page):
            wide.append(name)
    assert wide == []


@SIZES
async def test_article_when_opened_loads_its_pictures_and_no_script(
    pages: Pages, site: str, addresses: dict[str, str], size: ViewportSize
) -> None:
    answers: list[Response] = []
    context = await pages.context(size)
    page = await context.new_page()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - wants a function
    await page.goto(site + addresses["article"])
    for picture in await page.locator("main img").all():
        await picture.scroll_into_view_if_needed()
        await picture.evaluate("image => image.decode()")
    assert await page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    kinds = {answer.request.resource_type for answer in answers}
    assert kinds <= {"document", "stylesheet", "image"}
    assert {answer.status for answer in answers} == {200}
    assert all(answer.url.startswith(site) for answer in answers)


async def test_pictures_when_loading_move_nothing(pages: Pages, site: str, addresses: dict[str, str]) -> None:
    page = await pages.open(site + addresses["home"], PHONE)
    shifts = """() => new Promise(done => {
        let moved = 0;
        new PerformanceObserver(list => { for (const entry of list.getEntries()) moved += entry.value; })
            .observe({type: "layout-shift", buffered: true});
        setTimeout(() => done(moved), 500);
    })"""
    assert await page.evaluate(shifts) < 0.02


async def test_keyboard_when_it_enters_meets_the_skip_link_first(
    pages: Pages, site: str, addresses: dict[str, str]
) -> None:
    page = await pages.open(site + addresses["article"])
    await page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert await skip.inner_text() == "跳到正文"
    box = await skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "首页"
    assert await page.evaluate("document.activeElement.closest('main') !== null")


async def test_keyboard_when_it_goes_through_home_follows_the_page_and_is_always_seen(
    pages: Pages, site: str, addresses: dict[str, str]
) -> None:
    page = await pages.open(site + addresses["home"])
    count = await page.locator("a[href]").count()
    seen = []
    for _ in range(count):
        await page.keyboard.press("Tab")
        seen.append(
            await page.evaluate(
                """() => {
                    const style = getComputedStyle(document.activeElement);
                    return [document.activeElement.getAttribute("href"), style.outlineStyle, style.outlineWidth];
                }"""
            )
        )
    order = await page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    assert [href for href, _, _ in seen] == order
    assert {(style, width) for _, style, width in seen} == {("solid", "3px")}


async def test_pages_when_read_by_landmarks_have_one_of_each(
    pages: Pages, site: str, addresses: dict[str, str]
) -> None:
    page = await (await pages.context()).new_page()
    for name, address in addresses.items():
        await page.goto(site + address)
        found = [await page.get_by_role(role).count() for role in ("banner", "main", "contentinfo")]
        found.append(await page.get_by_role("heading", level=1).count())
        found.append(await page.get_by_role("navigation", name="栏目").count())
        assert found == [1] * 5, name
        assert await axe.violations(page, impacts=("moderate", "serious", "critical")) == [], name


async def test_wide_table_when_on_a_phone_scrolls_in_its_frame_by_keyboard(
    pages: Pages, site: str, addresses: dict[str, str]
) -> None:
    page = await pages.open(site + addresses["article"], PHONE)
    frame = page.get_by_role("group", name="表格")
    assert await frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    await frame.focus()
    await page.keyboard.press("ArrowRight")
    # Waited for by animation frames: the page's policy forbids what a polling function would need.
    moved = """frame => new Promise(done => {
        const look = () => frame.scrollLeft > 0 ? done(true) : requestAnimationFrame(look);
        look();
    })"""
    assert await frame.evaluate(moved)


async def test_links_when_followed_from_home_lead_to_pages_that_are_there(pages: Pages, site: str) -> None:
    page = await pages.open(site)
    own = "links => [...new Set(links.map(link => link.href).filter(href => href.startsWith(location.origin)))]"
    for href in await page.eval_on_selector_all("a[href]", own):
        answer = await page.request.get(href)
        assert answer.ok, href


async def test_site_when_it_breaks_its_policy_is_caught(pages: Pages, site: str) -> None:
    """The fixture that fails a test on a broken policy works: a script that is added is refused and reported."""
    page = await pages.open(site)
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'x=1'}))")
    assert await page.evaluate("typeof x") == "undefined"
    assert any("Content Security Policy" in complaint for complaint in pages.complaints)
    pages.complaints.clear()


def test_article_with_every_block_when_weighed_is_light(street: Street, files: Mapping[str, File]) -> None:
    assert weight(street, files, LONG) < 40_000


def test_vendored_files_are_those_that_were_taken() -> None:
    folder = axe.SOURCE.parents[1]
    listed = json.loads((folder / "vendor.json").read_text("utf-8"))["packages"]
    files = {file["path"]: file["sha256"] for package in listed for file in package["files"]}
    assert {str(path.relative_to(folder)): digest(path) for path in folder.glob("*/*")} == files
