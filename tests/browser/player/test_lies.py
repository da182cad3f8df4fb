"""A server that lies to a device about who it is and what it is ordered: nothing is drawn, named, signed or done."""

import asyncio
import json
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Page

from cms.trust.signed import Signed
from tests.browser.player.test_attacks import Shown
from tests.browser.player.test_hands import until as waited
from tests.chromium import SCREEN, Pages
from tests.fakes import forging_pairing as pairing, qr
from tests.fakes.forging import MARKS
from tests.fakes.street import Street, facts, glass, until
from tests.vectors.orders import TICKET, order, signed
from tests.vectors.world import uuid_of

pytestmark = pytest.mark.browser

# Each makes the page come again, and later each time.
TO_A_NEW_DEVICE = ("device: a sentence for a code", "device: a name that is none", "device: a challenge again")
TO_A_SCREEN = ("device: another name", "device: a code again", "device: a challenge again")
AT_ONCE = 50


def lies(names: tuple[str, ...], phase: str, *, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Lies of these kinds to a device in this phase, in turn: the kind and the frame."""
    luck = random.Random(seed)
    for number in range(count):
        name = names[number % len(names)]
        while True:
            data = pairing.LIES[name](luck).data
            if data is not None and data["walk"] == pairing.walk(phase):
                yield name, data["text"]
                break


def orders(*, count: int, seed: int) -> Iterator[tuple[str, Signed]]:
    """Orders that must not be heeded, kinds in turn."""
    mark = next(one for one in MARKS if one.name == "order")
    luck, tools = random.Random(seed), list(mark.tools().items())
    for number in range(count):
        name, tool = tools[number % len(tools)]
        yield name, tool(mark, luck)


def first(town: Street, kind: str) -> int:
    """How many connections began with such a frame."""
    return sum(one["t"] == kind for one in town.gateway.said)


def _came_again(town: Street, kind: str, before: int) -> bool:
    return first(town, kind) == before + 1


async def identity(page: Page) -> str | None:
    """Under which name the page would come again."""
    script = """async () => {
        const { Store } = await import("/store.js");
        return (await (await Store.open()).read("identity"))?.screen ?? null;
    }"""
    found: str | None = await page.evaluate(script)
    return found


async def lied_to(shown: Shown, *, count: int) -> None:
    """A screen that has a name is given another, or a code, or has to sign again: it hangs up and comes as itself."""
    said = shown.town.gateway.said
    for name, text in lies(TO_A_SCREEN, "live", count=count, seed=7):
        before = first(shown.town, "hello")
        await shown.town.gateway.send(json.loads(text))
        await waited(partial(_came_again, shown.town, "hello", before))
        assert await glass(shown.page) == shown.glass, name
    hellos = [one for one in said if one["t"] == "hello"]
    assert {one["screen"] for one in hellos} == {uuid_of("screen")}
    assert await identity(shown.page) == uuid_of("screen")
    await until(shown.page, lambda now: now.get("link") == "up")


async def ordered(shown: Shown, *, count: int) -> None:
    """Orders that nobody may give: page and box do nothing, and say so of those that have a name."""
    town = shown.town
    true = order(6, action="logs", params={"ticket": TICKET}, order=uuid_of("a true order"))
    await town.gateway.send({"t": "order", "order": signed(true).value()})
    await waited(partial(_ends, town, true.order))
    held = town.folder / "state" / "orders.json"
    before = await asyncio.to_thread(held.read_bytes)
    town.gateway.said.clear()
    for number, (name, one) in enumerate(orders(count=count, seed=8), start=1):
        await town.gateway.send({"t": "order", "order": one.value()})
        if number % AT_ONCE == 0:
            last = order(number + 1_000, screen=uuid_of("another"))  # refused by name: all before it are over then
            await town.gateway.send({"t": "order", "order": signed(last).value()})
            await waited(partial(_ends, town, last.order))
            assert await glass(shown.page) == shown.glass, name
    assert {one["state"] for one in town.gateway.said if one["t"] == "done"} == {"refused"}
    assert await asyncio.to_thread(held.read_bytes) == before


def _ends(town: Street, name: str) -> list[Any]:
    return [
        one for one in town.gateway.said if one["t"] == "done" and one["order"] == name and one["state"] != "received"
    ]


async def test_lying_server_words_no_code_names_no_screen_and_orders_nothing(pages: Pages, town: Street) -> None:
    gateway, page = town.gateway, await (await pages.context(SCREEN)).new_page()
    await page.goto(town.url)
    await until(page, lambda said: said.get("mode") == "pairing" and said.get("code") == gateway.code)
    drawn = page.locator(".layer.is-shown .pairing")
    assert await drawn.locator(".pairing__code").inner_text() == "\n".join(gateway.code)
    code = await drawn.locator(".pairing__qr path").get_attribute("d")
    assert qr.read(code or "") == f"{gateway.media.url}/desk/screens/?code={gateway.code}"
    for name, text in lies(TO_A_NEW_DEVICE, "waiting", count=len(TO_A_NEW_DEVICE), seed=6):
        await until(page, lambda said: said.get("mode") == "pairing" and said.get("code") == gateway.code)
        before = first(town, "pair")
        assert gateway.waiting is not None
        await gateway.waiting.send(text)
        await waited(partial(_came_again, town, "pair", before))
        assert (await facts(page)).get("code") in {None, "", gateway.code}, name
        assert await identity(page) is None, name
    gateway.pair()
    await until(page, lambda said: said.get("link") == "up")
    shown = await Shown.make(page, town)
    await lied_to(shown, count=len(TO_A_SCREEN))
    await ordered(shown, count=2 * AT_ONCE)


@pytest.mark.faults
@pytest.mark.timeout(1_800)
async def test_six_thousand_attacks_over_the_socket_change_no_pixel(screen: Page, town: Street) -> None:
    shown = await Shown.make(screen, town)
    await lied_to(shown, count=300)
    await ordered(shown, count=1_200)
    await shown.without_key(4_000)
    await shown.with_key(500)
    assert (await facts(screen))["release"] == shown.blue.release
