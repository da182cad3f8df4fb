"""Proof of play in the browser: rows that survive a reload, hash as the server's do, and go when they are proved."""

from typing import Any

import pytest
from playwright.async_api import Page

from screens.messages import Shown, read_screen
from screens.proof import GENESIS, Batch, Head, Row, count
from tests.chromium import Pages
from tests.fakes.street import Street

pytestmark = pytest.mark.browser

A, B = "a" * 64, "b" * 64
T0 = 1_795_000_000_000
OPEN = """
async () => {
  const { Proof } = await import("/proof.js");
  globalThis.world = { time: 0, showing: null, sent: [] };
  globalThis.proof = new Proof({
    time: () => world.time,
    showing: () => world.showing,
    send: (message) => world.sent.push(JSON.stringify(message)) > 0,
  });
  await proof.open("test-proof");
}
"""


async def _stood(page: Page, release: str | None, time: float) -> None:
    await page.evaluate(
        "async ([release, time]) => { Object.assign(world, { release, time, showing: release }); await proof.look(); }",
        [release, time],
    )


async def _sent(page: Page) -> tuple[str, Batch]:
    """What is sent next, read as the server reads it."""
    text: str = await page.evaluate("async () => { world.sent = []; await proof.flush(); return world.sent[0] ?? ''; }")
    said: Any = read_screen(text)
    assert isinstance(said, Shown)
    rows = tuple(Row(said.releases[place], start, ms) for place, start, ms in said.rows)
    return said.chain, Batch(said.first, said.prev, said.head, rows)


async def test_rows_of_a_screen_hold_on_the_server_and_survive_what_happens_to_it(pages: Pages, town: Street) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    await page.evaluate(OPEN)
    await _stood(page, A, 0)  # no trusted time yet: nobody could say when it was
    for place in range(5):
        await _stood(page, B if place % 2 else A, T0 + place * 10_000)
    await _stood(page, None, T0 + 50_000)  # the slate
    await _stood(page, A, T0 + 60_000)
    await _stood(page, A, T0 + 60_000 + 300_000)  # stands for long: a row of its own
    chain, batch = await _sent(page)
    made = count(Head(), batch, now=T0 + 400_000)
    assert made.refusals == []
    assert [row.ms for row in batch.rows] == [10_000] * 5 + [300_000]
    assert sum(plays for plays, _ in made.days.values()) == 6

    # Until it is answered nothing more is sent; then it goes on where the server is.
    assert await page.evaluate("async () => { world.sent = []; await proof.flush(); return world.sent.length; }") == 0
    await page.evaluate("async (chain) => proof.proved({ chain, upto: 4, refused: [] })", chain)
    _, rest = await _sent(page)
    head = count(Head(), Batch(1, GENESIS, rest.prev, batch.rows[:4]), now=T0 + 400_000).head
    assert count(head, rest, now=T0 + 400_000).head.seq == 6

    # A power cut: what was on the glass is lost, what was written is not, and the chain goes on.
    await page.reload()
    await page.evaluate(OPEN)
    await _stood(page, B, T0 + 500_000)
    await _stood(page, A, T0 + 520_000)
    again, rest = await _sent(page)
    assert again == chain
    assert count(head, rest, now=T0 + 600_000).head.seq == 7

    # A server that has no use for the chain gets another, with everything that is left.
    await page.evaluate("async (chain) => proof.proved({ chain, upto: 0, refused: [] })", chain)
    other, batch = await _sent(page)
    assert other != chain
    assert batch.first == 1
    assert count(Head(), batch, now=T0 + 600_000).refusals == []


async def test_rows_when_the_clock_has_fractions_are_whole_milliseconds(pages: Pages, town: Street) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    await page.evaluate(OPEN)
    for place, time in enumerate((T0 + 0.25, T0 + 3_502.9, T0 + 4_508.7, T0 + 9_000.1)):
        await _stood(page, B if place % 2 else A, time)
    _, batch = await _sent(page)
    assert count(Head(), batch, now=T0 + 10_000).refusals == []
    assert [(row.start - T0, row.ms) for row in batch.rows] == [(0, 3_502), (3_502, 1_006), (4_508, 4_492)]


async def test_rows_with_fractions_of_an_older_player_begin_another_chain(pages: Pages, town: Street) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    await page.evaluate(OPEN)
    rows = [[A, T0 + 279.8, 3_502.7], [B, T0 + 3_782.5, 1_005.8], [A, T0 + 4_788.3, 506.3]]
    await page.evaluate("async (rows) => { for (const row of rows) await proof.append(...row); }", rows)
    assert await page.evaluate("async () => { await proof.flush(); return world.sent.length; }") == 0
    _, batch = await _sent(page)
    assert count(Head(), batch, now=T0 + 10_000).refusals == []
    assert [row.ms for row in batch.rows] == [3_503, 1_006, 506]
    await _stood(page, B, T0 + 5_294)  # what it noted last ended within this millisecond
    await _stood(page, A, T0 + 6_000)
    await page.evaluate("async () => proof.proved({ chain: JSON.parse(world.sent[0]).chain, upto: 3, refused: [] })")
    _, rest = await _sent(page)
    assert count(count(Head(), batch, now=T0 + 10_000).head, rest, now=T0 + 10_000).refusals == []
