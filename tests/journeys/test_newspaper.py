"""A newspaper from its PDF to a passer-by's finger, and to readers on the web: the whole product as it is started."""

import asyncio
import html
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright

from tests.chromium import FLAGS, SCREEN, SHELL
from tests.fakes.newspapers import ARTICLES, newspaper_pdf
from tests.fakes.street import until
from tests.journeys.house import House, house
from tests.journeys.inputs import articles
from tests.journeys.office import PASSWORD, Person, hire

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REVISION = re.compile(r'revision="([0-9a-f-]{36})"')


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[tuple[House, dict[str, Person]]]:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(house(tmp_path, database=""))
        code = await made.start()
        people: dict[str, Person] = {}
        for login in ("luming", "chenjing", "zhoulan", "shenweimin", "guyun", "qianfeng"):
            people[login] = Person(made.url)
            stack.push_async_callback(people[login].close)
        await people["luming"].first_run(code, password=PASSWORD.format(0))
        await hire(people)
        await people["shenweimin"].send("/desk/columns/", [("code", "news"), ("name", "要闻")], at="/desk/columns/")
        for code_, kind, name in (("web", "web", "吴江云屏网"), ("street", "screen", "街头阅读屏")):
            fields = [("code", code_), ("kind", kind), ("name", name), ("loop_minutes", "15"), ("unit", "/320509/")]
            await people["qianfeng"].send("/desk/targets/", fields, at="/desk/targets/")
        yield made, people


async def _bring(person: Person, date: str) -> str:
    """Uploads the PDF of a day and waits for its pages."""
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(newspaper_pdf(2)), filename=f"{date}.pdf", content_type="application/pdf")
    url = f"{person.url}/desk/newspapers/upload"
    asked = {"paper": "吴江日报", "date": date, "number": "第1288期"}
    headers = {"X-CSRF-Token": await person.token(), "Accept": "application/json"}
    async with person.session.post(url, params=asked, data=form, headers=headers) as answer:
        said = await answer.json()
        assert answer.status == 200, said
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        if "<yp-zones" in await person.page(said["href"]):
            return str(said["document"])
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.3)


async def _zone(person: Person, document: str, linked: str) -> list[Any]:
    """The editor lets zone 2 of page 1 open a piece instead of its words; the zones of page 1."""
    page = await person.page(f"/desk/newspapers/{document}")
    shown = re.search(r'<yp-zones[^>]* pages="([^"]*)"', page)
    assert shown is not None
    pages = json.loads(html.unescape(shown[1]))
    second = pages[0]["zones"][1]
    second.pop("text")
    second["document"] = linked
    revision = REVISION.search(page)
    assert revision is not None
    fields = {
        "pages": json.dumps([{"id": one["id"], "label": one["label"], "zones": one["zones"]} for one in pages]),
        "revision": revision[1],
        "version": "0",
    }
    headers = {"X-CSRF-Token": await person.token(), "Accept": "application/json"}
    async with person.session.post(
        f"{person.url}/desk/newspapers/{document}/zones", data=fields, headers=headers
    ) as answer:
        assert answer.status == 200, await answer.text()
    return list(pages[0]["zones"])


async def _submit(person: Person, document: str) -> None:
    """Fills in what every piece needs, on the page where every piece is written."""
    path = f"/desk/documents/{document}/edit"
    page = await person.page(path)

    def value(name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        assert found is not None, name
        return html.unescape(found[1])

    fields = [
        ("revision", value("revision")), ("title", f"吴江日报 {document}"), ("column", "news"),
        ("cover", value("cover")), ("cover_alt", "头版"), ("source", "吴江日报"), ("reporter", "沈佳"),
        ("editor", "周岚"), ("sponsor", "区委宣传部"), ("date", "2026-11-20T09:00"), ("channel", "screen"),
        ("channel", "web"), ("offline", "7"), ("body", value("body")),
    ]  # fmt: skip
    await person.send(path, fields, at=path)
    await person.send(f"/desk/documents/{document}/submit", [("note", "请审")], at=path)


async def _out(people: dict[str, Person], document: str) -> str:
    await people["zhoulan"].approve(document)
    release = await people["shenweimin"].approve(document)
    await people["guyun"].publish(document, ["web", "street"])
    return release


async def _reader(page: Page, holds: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    deadline = asyncio.get_running_loop().time() + 20
    while True:
        said: dict[str, str] = await page.evaluate("({...document.querySelector('#reader').dataset})")
        if holds(said):
            return said
        assert asyncio.get_running_loop().time() < deadline, said
        await asyncio.sleep(0.05)


async def _pair(made: House, people: dict[str, Person], screen: Page) -> None:
    await made.install_screen()
    await screen.goto(made.screen_url)
    said = await until(screen, lambda now: now.get("mode") == "pairing" and bool(now.get("code")))
    fields = [("code", str(said["code"])), ("unit", "/320509/"), ("name", "松陵街道一号屏")]
    await people["qianfeng"].send("/desk/screens/pair", fields, at="/desk/screens/")
    await until(screen, lambda now: now.get("link") == "up")


async def test_issue_from_pdf_to_the_finger(town: tuple[House, dict[str, Person]]) -> None:
    made, people = town
    editor = people["chenjing"]
    body = {"schema": 1, "blocks": [{"id": "b_000000000001", "type": "paragraph", "text": [{"t": "周末照常开放。"}]}]}
    linked = await editor.write(articles(1)[0], column="news", body=body)
    await _out(people, linked)
    yesterday = await _bring(editor, "2026-11-25")
    await _submit(editor, yesterday)
    before = await _out(people, yesterday)
    today = await _bring(editor, "2026-11-26")
    zones = await _zone(editor, today, linked)
    await _submit(editor, today)
    release = await _out(people, today)
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        context = await browser.new_context(viewport=SCREEN, has_touch=True, locale="zh-CN")
        screen = await context.new_page()
        await _pair(made, people, screen)
        # Today's turns by itself, yesterday's does not and is here all the same.
        await until(screen, lambda now: now.get("release") == release, within=90)
        session = await context.new_cdp_session(screen)
        [[left, top], [right, bottom]] = zones[1]["points"]
        box = await screen.locator(".layer.is-shown .np__sheet").bounding_box()
        assert box is not None
        x = box["x"] + box["width"] * (left + right) / 20_000
        y = box["y"] + box["height"] * (top + bottom) / 20_000
        await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        said = await _reader(screen, lambda now: now.get("view") == "article")
        assert (said["zone"], said["article"]) == (zones[1]["id"], linked)
        assert "周末照常" in (await screen.locator(".reader__article").text_content() or "")
        await screen.get_by_role("button", name="返回版面").tap()
        await screen.get_by_role("button", name="上一期").tap()
        assert (await _reader(screen, lambda now: now.get("date") == "2026-11-25"))["release"] == before
        site = await (await browser.new_context(locale="zh-CN")).new_page()
        await site.goto(f"{made.url}/d/{today}/")
        links = site.locator(".np-list").first.get_by_role("link")
        assert await links.all_text_contents() == [title for title, _ in ARTICLES]
        await links.nth(0).click()
        assert ARTICLES[0][1] in (await site.locator(f"#{zones[0]['id']}").text_content() or "").replace("\n", "")
        zone = site.locator(".np-zones a").nth(1)
        await zone.scroll_into_view_if_needed()
        await zone.click()
        await site.wait_for_url(f"**/d/{linked}/")
        await browser.close()
