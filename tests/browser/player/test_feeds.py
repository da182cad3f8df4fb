"""Values of a data feed on a screen: they change on the standing card, and nothing but a good, newer one ever does."""

from typing import Any

import pytest
from playwright.async_api import Page

from cms.trust.signed import Signed
from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import content_of, piece
from tests.fakes.street import Street, at_least, facts, paired, standing, until
from tests.vectors import signals, world
from tests.vectors.world import HOUR, T0, by, feed

pytestmark = pytest.mark.browser

CARD = """() => {
  const frame = document.querySelector(".frame--card");
  return [...frame.querySelectorAll(".card__value b")].map((one) => one.textContent)
    .concat(frame.querySelector(".card__at time").textContent, String(frame.classList.contains("is-over")));
}"""
AHEAD = "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + window.ahead;"


async def _said(page: Page, town: Street, *signed: Signed | dict[str, Any]) -> list[str]:
    """What stands on the card when the player has dealt with these values."""
    heard = int((await facts(page))["heard"])
    values = [one.value() if isinstance(one, Signed) else one for one in signed]
    await town.gateway.send({"t": "feeds", "feeds": values})
    await until(page, at_least("heard", heard + 1))
    await page.wait_for_timeout(300)  # more than a look at the standing piece
    found: list[str] = await page.evaluate(CARD)
    return found


async def test_card_takes_good_newer_values_only_and_keeps_them_over_a_restart(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    await context.add_init_script(AHEAD)
    page = await context.new_page()
    await paired(page, town)
    content = content_of("今日空气", cover=None, paragraphs=1)
    content["body"]["blocks"].append(world.card())
    card = piece(town.gateway.media, "今日空气", (30, 90, 190), content=content, assets=())

    await town.gateway.send({"t": "feeds", "feeds": [by(feed(1), "feed air").value()]})  # before any state: kept
    await town.gateway.publish(issue_of([card], version=1, delegations=signals.FEEDS))
    await until(page, standing(card.release))
    await page.wait_for_function(f"() => ({CARD})()[0] === '35'")  # once it has faded in
    await page.evaluate("window.isSamePage = true")
    first = await _said(page, town, by(feed(1), "feed air"))
    assert first[:2] == ["35", "优"]
    assert first[2].startswith("数据截至")
    good = await _said(page, town, by(feed(5, at=T0 + 60_000, values={"pm25": 52, "level": "fair"}), "feed air"))
    assert good[:2] == ["52", "良"]
    assert good[2] != first[2]

    worse = {"pm25": 999, "level": "poor"}
    forged = by(feed(6, values=worse), "feed air")
    bad: tuple[Signed | dict[str, Any], ...] = (
        by(feed(4, values=worse), "feed air"),  # rolled back
        by(feed(7, values=worse), "qian"),  # signed by somebody who may not
        Signed(forged.text.replace("999", "998"), forged.signatures),
        by(feed(8, at=T0 - 2 * HOUR, expires_at=T0 - HOUR, values=worse), "feed air"),  # run out
        {"text": 1},
    )
    for one in bad:
        assert await _said(page, town, one) == good
    told = {said.get("code") for said in town.gateway.said if said["t"] == "ack" and said["state"] == "refused"}
    assert {"trust.signature"} <= told <= {"trust.signature", "trust.schema"}
    assert await page.evaluate("window.isSamePage")

    town.gateway.state = None  # the server says nothing: what stands now comes from the disk
    await page.reload()
    await until(page, standing(card.release))
    await page.wait_for_function(f"() => ({CARD})()[0] === '52'")
    assert await page.evaluate(CARD) == good
    await page.evaluate(f"window.ahead = {HOUR}")
    await page.wait_for_function("() => document.querySelector('.frame--card')?.classList.contains('is-over')")
    over = await page.evaluate(CARD)
    assert over == ["—", "—", f"{good[2]}，已过期", "true"]
