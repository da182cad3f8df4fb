"""Screens in step: the clock between them, a place named by tags, a night's rest; then a tile and zones drawn."""

from typing import Any

import pytest

from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, GREEN, piece
from tests.fakes.street import Street, near, paired, pixel, standing, until

pytestmark = pytest.mark.browser

PACE = """
async (steps) => {
  const { Pace } = await import("/pace.js");
  const pace = new Pace();
  return steps.map(([name, ...given]) => {
    if (name === "time") return pace.time(...given);
    pace[name](...given);
    return null;
  });
}
"""
PURE = """
async () => {
  const { placeOf, wallAround } = await import("/place.js");
  const { Rest } = await import("/rest.js");
  const HOUR = 3600000;
  const at = (hour) => Date.UTC(2026, 10, 26, hour - 8); // of Beijing's day
  const rest = (given, { zone, heap = 0 } = {}) =>
    new Rest({ zone, ceiling: 600, heap: () => heap }).due({ up: 20 * HOUR, isTurn: true, ...given });
  const tags = ["lobby", "step-hall", "wall-hall_500_0_500_1000", "wall-hall_600_0_500_1000", "layout-zones"];
  const zone = "America/New_York";
  return {
    places: tags.map((tag) => placeOf([tag])),
    wall: wallAround({ width: 540, height: 960 }, { x: 500, y: 0, w: 500, h: 1000 }),
    rests: [
      rest({ time: at(3) }), rest({ time: at(12) }),
      rest({ time: at(3), isTurn: false }), rest({ time: at(4), isTurn: false }),
      rest({ time: at(3), up: HOUR }),
      rest({ time: at(12) }, { zone }), rest({ time: at(17) }, { zone }),
      rest({ time: at(12), isTurn: false }, { heap: 700 }), rest({ time: at(12), up: 60000 }, { heap: 700 }),
      rest({ time: 0, up: 31 * HOUR }),
    ],
  };
}
"""  # fmt: skip

FILM = """
async ([ahead, seconds]) => {
  const { Film } = await import("/film.js");
  const film = new Film("", { sound: false });
  const video = film.element;
  let [place, now, sought] = [10 + ahead, 10, 0];
  Object.defineProperty(video, "duration", { value: 600 });
  Object.defineProperty(video, "currentTime", { get: () => place, set: (to) => (place = to, sought += 1) });
  film.follow({ from: 5000, time: () => 5000 + now * 1000 });
  const rates = [];
  for (let step = 0; step < seconds * 5; step += 1) {
    film.correct();
    rates.push(video.playbackRate);
    now += 0.2;
    place += 0.2 * video.playbackRate;
  }
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  return { ahead: (place - now) * 1000, sought, least, most, last: rates.at(-1) };
}
"""
BOX = """
() => {
  const { left, top, width, height } = document.querySelector("#stage").getBoundingClientRect();
  return [left, top, width, height];
}
"""
FADED = """
async () => {
  const isThere = () => Number(getComputedStyle(document.querySelector("#stage .layer.is-shown")).opacity) === 1;
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 50));
}
"""


def probe(sent: float, back: float, *, off: float, way: float | None = None) -> list[Any]:
    """A probe whose first way takes `way` ms (half of both if not given), answered by a clock `off` ms ahead."""
    got = sent + (way if way is not None else (back - sent) / 2) + off
    return ["probed", {"sent": sent, "got": got, "left": got, "back": back}]


async def test_clock_in_step_takes_the_shortest_probe_and_never_leaves_what_a_guard_said(
    pages: Pages, town: Street
) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    off = 1_795_000_000_000

    async def times(*steps: list[Any]) -> list[float]:
        found: list[Any] = await page.evaluate(PACE, list(steps))
        return [one for one in found if one is not None]

    assert await times(["time", 100, off]) == [off]  # nothing known: the trusted time
    short, long = probe(1_000, 1_004, off=off), probe(1_100, 1_500, off=off, way=390)
    assert await times(short, long, ["time", 2_000, off + 2_000]) == [off + 2_000]
    # a small change of mind is slewed, never jumped: at most two hundredths of the time that went by
    first, second = await times(
        short, ["lost"], probe(2_000, 2_002, off=off + 40), ["time", 2_502, off], ["time", 9_000, off]
    )
    assert off + 2_502 < first <= off + 2_502 + 11
    assert second == off + 9_000 + 40
    # a gateway may not turn the time back, nor far ahead
    for lie in (-60_000, 200_000):
        assert await times(probe(1_000, 1_004, off=off + lie), ["time", 2_000, off + 2_000]) == [off + 2_000]
    assert await times(["told", off + 7_000, 1_000], ["time", 1_000, off]) == [off + 7_000]

    found = await page.evaluate(PURE)
    groups = [(one["group"], one["tile"], one["layout"]) for one in found["places"]]
    assert groups == [
        (None, None, "full"),
        ("hall", None, "full"),
        ("hall", {"x": 500, "y": 0, "w": 500, "h": 1000}, "full"),
        (None, None, "full"),  # outside its wall
        (None, None, "zones"),
    ]
    assert found["wall"] == {"width": 1080, "height": 960, "left": -540, "top": 0}
    night = ["night", None, None, "night", None, None, "night", "memory", None, "night"]
    assert found["rests"] == night


@pytest.mark.parametrize("ahead", [0.3, -0.3, 0.01])
async def test_film_that_drifts_is_brought_back_by_its_speed_and_never_jumps(
    pages: Pages, town: Street, ahead: float
) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    found = await page.evaluate(FILM, [ahead, 120])
    assert (found["sought"], found["last"]) == (0, 1)
    assert 0.97 <= found["least"] <= found["most"] <= 1.03
    assert abs(found["ahead"]) <= 20
    if abs(ahead) > 0.1:
        slowest, fastest = found["least"] < 0.98, found["most"] > 1.02
        assert (slowest, fastest) == (ahead > 0, ahead < 0)


async def test_film_that_is_far_from_its_place_is_set_there_at_once(pages: Pages, town: Street) -> None:
    page = await pages.open(f"{town.url}templates/frame.css")
    for ahead in (2.0, -90.0):
        found = await page.evaluate(FILM, [ahead, 2])
        assert found["sought"] == 1
        assert abs(found["ahead"]) <= 100


async def test_tile_of_a_wall_draws_its_part_in_step_and_zones_divide_the_glass(pages: Pages, town: Street) -> None:
    town.gateway.tags = ("wall-hall_0_500_1000_500",)
    page = await (await pages.context(SCREEN)).new_page()
    await paired(page, town)
    media = town.gateway.media
    blue, green = piece(media, "上下两块屏", BLUE, text="短。"), piece(media, "第二篇", GREEN, text="短。")
    await town.gateway.publish(issue_of([blue, green], version=1, show=60_000))
    said = await until(page, lambda said: said.get("mode") == "loop")
    place = await page.evaluate(BOX)
    assert place == [0, -1920, 1080, 3840]  # the lower half of a wall twice as high
    assert [one for one in town.gateway.said if one["t"] == "tick"]
    town.gateway.tags, town.gateway.facts_version = ("layout-zones",), 2
    await page.reload()
    await until(page, lambda told: told.get("mode") == "loop")
    await page.wait_for_selector(".zone--list li.is-now")
    assert await page.locator(".zone--list li").count() == 2
    box = await page.evaluate(BOX)
    assert box == [0, 128, 1080, 1264]
    tone = BLUE if said["release"] == blue.release else GREEN
    await until(page, standing(said["release"]))
    await page.evaluate(FADED)
    assert near(await pixel(page, 540, 300), tone)
