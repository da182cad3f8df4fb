"""The pure look-up of what is due, run in the browser that uses it."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.chromium import Pages
from tests.fakes.street import Street

pytestmark = pytest.mark.browser

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
SLOTS: list[dict[str, Any]] = [
    {"from": 1_000, "to": 61_000, "loop": [{"release": A, "show": 10_000}, {"release": B, "show": 20_000}]},
    {"from": 61_000, "to": 91_000, "loop": [{"release": C, "show": 5_000}]},
    {"from": 91_000, "to": 99_000, "loop": []},
]
ASK = """
async ([slots, time, gone, lengths]) => {
  const t = await import("/timeline.js");
  const slot = t.slotAt({ timeline: slots }, time);
  const items = t.playable(slot, (release) => !gone.includes(release));
  const known = new Map(Object.entries(lengths));
  const due = t.dueAt(slot, items, time, known);
  const [start, inStep] = [false, true].map((inStep) => t.planAt(slot, items, time, known, { inStep }));
  return { from: slot?.from ?? null, due, start, inStep };
}
"""


@pytest.fixture
async def page(pages: Pages, town: Street) -> Page:
    return await pages.open(f"{town.url}templates/frame.css")


async def asked(page: Page, time: int, *, gone: tuple[str, ...] = (), lengths: dict[str, int] | None = None) -> Any:
    return await page.evaluate(ASK, [SLOTS, time, list(gone), lengths or {}])


async def test_timeline_at_an_instant_names_slot_item_and_offset(page: Page) -> None:
    for time, slot, release, offset in (
        (1_000, 1_000, A, 0),
        (10_999, 1_000, A, 9_999),
        (11_000, 1_000, B, 0),
        (31_000, 1_000, A, 0),  # the loop turns
        (60_999, 1_000, B, 19_999),
        (61_000, 61_000, C, 0),  # half-open
        (500, 1_000, B, 19_500),  # before the first slot its loop runs already
        (5_000_000, 61_000, C, 4_000),  # past the end the last good line-up goes on
    ):
        found = await asked(page, time)
        assert (found["from"], found["due"]["item"]["release"], found["due"]["offset"]) == (slot, release, offset), time


async def test_timeline_without_what_may_be_drawn_is_empty(page: Page) -> None:
    assert (await asked(page, 1_000, gone=(A, B)))["due"] is None
    assert (await asked(page, 91_000))["due"] is None
    only = await asked(page, 40_000, gone=(A,))
    assert (only["due"]["item"]["release"], only["due"]["length"]) == (B, 20_000)


async def test_piece_is_never_started_in_its_second_half_unless_in_step(page: Page) -> None:
    early = await asked(page, 5_000)
    assert early["start"] == early["inStep"] == {"release": A, "from": 1_000, "until": 11_000}
    late = await asked(page, 9_000)
    assert late["start"] == {"release": B, "from": 11_000, "until": 31_000}
    assert late["inStep"] == {"release": A, "from": 1_000, "until": 11_000}


async def test_piece_never_outlasts_its_slot(page: Page) -> None:
    short = [{"from": 0, "to": 15_000, "loop": SLOTS[0]["loop"]}]
    found = await page.evaluate(ASK, [short, 12_000, [], {}])
    assert found["start"] == {"release": B, "from": 10_000, "until": 15_000}


async def test_piece_of_many_pages_is_given_the_time_they_need(page: Page) -> None:
    found = (await asked(page, 45_000, lengths={A: 40_000}))["due"]
    assert (found["item"]["release"], found["offset"], found["length"]) == (B, 4_000, 20_000)
