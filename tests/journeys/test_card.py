"""A data card from the station's reading to its pixels: the guard, the gateway and the box are those people start.

A reading is signed by the guard's own process with the feed's key, goes out as a row over the gateway, and is drawn by
the installed player. What somebody who owns the database puts in its place is not.
"""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.async_api import Page, async_playwright

from cms.trust.signed import Signed
from deploy.cli import main
from tests.chromium import FLAGS, SCREEN, SHELL
from tests.fakes.street import at_least, facts, standing, until
from tests.journeys.house import House, house
from tests.journeys.inputs import articles
from tests.journeys.office import PASSWORD, Person, hire

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LINES = "pm25 | PM2.5 | μg/m³ | 0 | 0 | 999\nlevel | 空气质量 | good=优, fair=良, poor=差"
VALUE = "() => document.querySelector('.frame--card [data-field=pm25] b')?.textContent"
HOUR = 3_600_000
AHEAD = "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + window.ahead;"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[tuple[House, dict[str, Person]]]:
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(house(tmp_path))
        code = await made.start()
        people: dict[str, Person] = {}
        for login in ("luming", "chenjing", "zhoulan", "shenweimin", "guyun", "qianfeng"):
            people[login] = Person(made.url)
            stack.push_async_callback(people[login].close)
        await people["luming"].first_run(code, password=PASSWORD.format(0))
        await hire(people)
        yield made, people


async def _open_feed(made: House, people: dict[str, Person]) -> None:
    """A column, a street target, and a feed the guard has a key of."""
    await people["shenweimin"].send("/desk/columns/", [("code", "news"), ("name", "要闻")], at="/desk/columns/")
    operator = people["qianfeng"]
    fields = [("code", "street"), ("kind", "screen"), ("name", "街头"), ("loop_minutes", "15"), ("unit", "/320509/")]
    await operator.send("/desk/targets/", fields, at="/desk/targets/")
    fields = [("code", "air"), ("name", "松陵气象站"), ("unit", "/320509/"), ("lasts", "3600"), ("fields", LINES)]
    await operator.send("/desk/datafeeds/", fields, at="/desk/datafeeds/")
    words = ("keys", "feeds", "air", "--person", "陆明")
    answers = f"{people['luming'].password}\n"
    done = await asyncio.to_thread(CliRunner().invoke, main, words, input=answers, env=made.environment)
    assert done.exit_code == 0, done.output


async def _publish_card(people: dict[str, Person]) -> str:
    """A piece with the card, through everybody's hands; its release."""
    editor = people["chenjing"]
    shown = await editor.page("/desk/datafeeds/air")
    assert "松陵气象站" in shown
    words = [{"code": code, "label": label} for code, label in (("good", "优"), ("fair", "良"), ("poor", "差"))]
    fields: list[dict[str, Any]] = [
        {"name": "pm25", "kind": "number", "label": "PM2.5", "unit": "μg/m³", "decimals": 0, "least": 0, "most": 999},
        {"name": "level", "kind": "word", "label": "空气质量", "words": words},
    ]
    card = {"id": "b_00000000card", "type": "data", "feed": "air", "title": "今日空气", "fields": fields}
    text = {"id": "b_000000000001", "type": "paragraph", "text": [{"t": "每小时更新。"}]}
    body = {"schema": 1, "blocks": [text, card]}
    document = await editor.write(articles(1)[0], column="news", channels=("screen",), body=body)
    await people["zhoulan"].approve(document)
    release = await people["shenweimin"].approve(document)
    await people["guyun"].publish(document, ["street"])
    return release


async def _say(operator: Person, pm25: int, level: str) -> None:
    fields = [("value.pm25", str(pm25)), ("value.level", level)]
    await operator.send("/desk/datafeeds/air/values", fields, at="/desk/datafeeds/air")


class Rows:
    """The database as somebody sees it who broke into the server."""

    def __init__(self, made: House) -> None:
        self.path = made.data / "yunping.db"

    def signed(self) -> str:
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            return str(database.execute("select signed from data_feed").fetchone()[0])

    def put(self, signed: str) -> None:
        """In place of the newest, as if the guard had numbered it higher."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            database.execute("update data_feed set signed = ?, seq = seq + 1", (signed,))


def _altered(signed: str) -> str:
    """999 where the guard signed 52, its signature untouched."""
    read = Signed.read(signed)
    return Signed(re.sub(r'"pm25":\d+', '"pm25":999', read.text), read.signatures).wire()


async def _put(made: House, screen: Page, signed: str) -> None:
    """Sends it, and waits until the screen has dealt with it."""
    heard = int((await facts(screen))["heard"])
    await asyncio.to_thread(Rows(made).put, signed)
    await until(screen, at_least("heard", heard + 1))


async def _glass(screen: Page) -> bytes:
    """The card's number as it is painted, once its bar has come to rest."""
    before = b""
    while (now := await screen.locator(".frame--card [data-field=pm25]").screenshot()) != before:
        before = now
    return now


async def test_reading_signed_by_the_guard_is_drawn_and_an_altered_or_old_one_is_not(
    town: tuple[House, dict[str, Person]],
) -> None:
    made, people = town
    operator = people["qianfeng"]
    await _open_feed(made, people)
    release = await _publish_card(people)
    await made.install_screen()
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        context = await browser.new_context(viewport=SCREEN, locale="zh-CN")
        await context.add_init_script(AHEAD)
        screen = await context.new_page()
        await screen.goto(made.screen_url)
        said = await until(screen, lambda now: now.get("mode") == "pairing" and bool(now.get("code")))
        fields = [("code", str(said["code"])), ("unit", "/320509/"), ("name", "松陵街道一号屏")]
        await operator.send("/desk/screens/pair", fields, at="/desk/screens/")
        await until(screen, standing(release), within=60)
        await screen.wait_for_function(f"() => ({VALUE})() === '—'")
        empty = await _glass(screen)

        await _say(operator, 35, "good")
        await screen.wait_for_function(f"() => ({VALUE})() === '35'")
        old = await asyncio.to_thread(Rows(made).signed)
        first = await _glass(screen)
        await _say(operator, 52, "fair")
        await screen.wait_for_function(f"() => ({VALUE})() === '52'")
        second = await _glass(screen)
        assert len({empty, first, second}) == 3

        newest = await asyncio.to_thread(Rows(made).signed)
        for forged in (_altered(newest), old):  # changed on its way; and the one before, sent again
            await _put(made, screen, forged)
            assert await screen.evaluate(VALUE) == "52"
            assert await _glass(screen) == second
        await screen.evaluate(f"window.ahead = {HOUR}")  # its hour is over: nobody vouches for it any more
        await screen.wait_for_function("() => document.querySelector('.frame--card')?.classList.contains('is-over')")
        assert await screen.evaluate(VALUE) == "—"
        await browser.close()
