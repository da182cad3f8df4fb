"""`./yunping bench sync`: screens in step, each in a Chromium of its own, whose clocks differ by minutes.

Each change is taken in the frame that makes it, by the machine's clock, which the pages cannot see: their own `Date` is
off by up to a minute and a half. The reference is a frame of the browser, the least two screens can differ by.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page, Playwright, ViewportSize, async_playwright

from cms.trust.approval import Bundle
from tests.chromium import CHROMIUM, FLAGS
from tests.fakes.films import lecture
from tests.fakes.gateway import LineUp, Media, issue_of
from tests.fakes.pieces import BLUE, two_short
from tests.fakes.street import Street, at_least, paired, standing, street, until
from tests.vectors import world

OFF_S: Final = (-90, 0, 90)
SHOW_MS: Final = 2_000
FRAME_MS: Final = 1000 / 60
FILM_S: Final = 20
# Date alone lies, as on a box whose clock was never set; and every change notes the machine's time.
WATCHED: Final = """
window.changes = [];
const off = %d;
const Real = Date;
window.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + off); }
  static now() { return Real.now() + off; }
};
new MutationObserver(() => {
  const { swaps, release = "" } = document.querySelector("#stage")?.dataset ?? {};
  if (swaps === window.swaps) return;
  window.swaps = swaps;
  window.changes.push({ at: performance.timeOrigin + performance.now(), release });
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-swaps"] });
"""
FILM: Final = """
() => {
  const video = document.querySelector("#stage video");
  return [performance.timeOrigin + performance.now(), video ? video.currentTime * 1000 : -1];
}
"""


def clock(began: float) -> int:
    """The district's time in µs: that of the vectors, going on since `began`."""
    return world.T0 * 1000 + round((time.time() - began) * 1_000_000)


@contextlib.asynccontextmanager
async def screen(
    playwright: Playwright, folder: Path, *, off_s: int, began: float, size: ViewportSize
) -> AsyncIterator[tuple[Page, Street]]:
    """A paired screen of the group, with its own browser, box and gateway; the gateways share a clock."""
    async with street(folder) as town:
        town.gateway.tags = ("step-hall",)
        town.gateway.clock = lambda: clock(began)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = await browser.new_context(viewport=size, timezone_id="Asia/Shanghai")
        await context.add_init_script(WATCHED % (off_s * 1000))
        page = await context.new_page()
        await paired(page, town)
        yield page, town
        await browser.close()


def now_issue(made: Sequence[Bundle], *, version: int, began: float, show: int) -> LineUp:
    """The line-up of these pieces, signed at this moment of the district's time."""
    issue = issue_of(made, version=version, show=show)
    return LineUp(**{**{name: getattr(issue, name) for name in issue.__dataclass_fields__}, "at": clock(began) // 1000})


def is_same(one: dict[str, Any], change: dict[str, Any]) -> bool:
    return bool(one["release"] == change["release"] and abs(one["at"] - change["at"]) < SHOW_MS / 2)


def spreads(told: Sequence[Sequence[dict[str, Any]]]) -> list[float]:
    """For each change that every screen made: milliseconds between the first and the last of them."""
    first, *others = told
    found = []
    for change in first:
        near = [min(other, key=lambda one: abs(one["at"] - change["at"])) for other in others if other]
        same = [one for one in near if is_same(one, change)]
        if len(same) == len(others):
            instants = [change["at"], *(one["at"] for one in same)]
            found.append(max(instants) - min(instants))
    return found


async def changes_of(pages: Sequence[Page], *, seconds: float) -> list[list[dict[str, Any]]]:
    for page in pages:
        await page.evaluate("window.changes.length = 0")
    await asyncio.sleep(seconds)
    return [await page.evaluate("window.changes") for page in pages]


async def positions(pages: Sequence[Page], *, seconds: float) -> list[float]:
    """Milliseconds between the first and the last screen of a film, at moments half a second apart."""
    found = []
    for _ in range(int(seconds * 2)):
        told = await asyncio.gather(*(page.evaluate(FILM) for page in pages))
        places = [place - at for at, place in told if place >= 0]
        if len(places) == len(pages):
            found.append(max(places) - min(places))
        await asyncio.sleep(0.5)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def measured(*, changes: int, width: int, height: int) -> dict[str, Any]:
    """Spreads of still changes and of a film over three screens."""
    began = time.time()
    size: ViewportSize = {"width": width, "height": height}
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        screens = [
            await stack.enter_async_context(
                screen(playwright, folder / str(number) / "box", off_s=off, began=began, size=size)
            )
            for number, off in enumerate(OFF_S)
        ]
        pages = [page for page, _ in screens]
        for _, town in screens:
            made = two_short(town.gateway.media)
            await town.gateway.publish(now_issue(made, version=1, began=began, show=SHOW_MS))
        for page in pages:
            await until(page, at_least("swaps", 4), within=60)
        still = spreads(await changes_of(pages, seconds=(changes + 1) * SHOW_MS / 1000))
        film = lecture(Media(), "讲堂", BLUE, seconds=FILM_S, mib=1)  # the same bytes for all of them
        for _, town in screens:
            film = lecture(town.gateway.media, "讲堂", BLUE, seconds=FILM_S, mib=1)
            await town.gateway.publish(now_issue([film], version=2, began=began, show=FILM_S * 1000))
        for page in pages:
            await until(page, standing(film.release), within=60)
        await asyncio.sleep(8)
        moving = await positions(pages, seconds=10)
    return {"still": still, "moving": moving}


def run(changes: int = 30, width: int = 540, height: int = 960) -> dict[str, Any]:
    """The 95th percentile of the spread of changes over three screens, in ms."""
    found = asyncio.run(measured(changes=changes, width=width, height=height))
    still, moving = found["still"], found["moving"]
    figure = percentile(still, 0.95)
    return {
        "bench": "sync",
        "figure": round(figure, 1),
        "unit": "ms between the first and the last of 3 screens, p95 of changes",
        "reference": round(FRAME_MS, 1),
        "ratio": round(figure / FRAME_MS, 2),
        "detail": {
            "screens": len(OFF_S),
            "clocks off by s": list(OFF_S),
            "viewport": f"{width}x{height}",
            "changes": len(still),
            "p50": round(statistics.median(still), 1),
            "worst": round(max(still), 1),
            "film p50": round(statistics.median(moving), 1) if moving else None,
            "film p95": round(percentile(moving, 0.95), 1) if moving else None,
            "film samples": len(moving),
            "reference is": "one frame of the browser at 60 Hz",
        },
    }
