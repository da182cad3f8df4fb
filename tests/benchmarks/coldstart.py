"""`./yunping bench coldstart`: a box is switched on, and neither network nor server is there.

A new browser on the disk of the last one opens the player; the figure is the time from the browser's start to the first
frame with a signed piece in it. The reference is the same browser opening an empty page, which no player can be faster
than. With `box=0` the box's own server is gone too, and the page comes from its worker.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.browser.player.test_alone import browser_of
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, GREEN, piece
from tests.fakes.street import paired, street, until

GOAL_MS: Final = 10_000
PIECES: Final = 12
# As long as the page is loading there is no worker to wait for; both are done before the box is cut off.
KEPT: Final = """
async () => {
  const { version } = await (await fetch("/shell.json")).json();
  const cache = await caches.open("shell-" + version);
  while (!(await cache.match("shell.json"))) await new Promise((resolve) => setTimeout(resolve, 50));
}
"""


FRAMED: Final = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


async def empty(folder: Path) -> float:
    """Milliseconds from the browser's start to a painted empty page."""
    began = time.perf_counter()
    async with browser_of(folder) as page:
        await page.goto("data:text/html,<title>x</title>")
        await page.evaluate(FRAMED)
        return (time.perf_counter() - began) * 1000


async def measured(*, rounds: int, with_box: bool) -> tuple[list[float], list[float]]:
    """Our starts and those of an empty page, in turns; ms."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with street(folder / "box") as town:
            async with browser_of(folder / "profile") as page:
                await paired(page, town)
                tones = (BLUE, GREEN)
                made = [piece(town.gateway.media, f"第 {n + 1} 篇", tones[n % 2], text="短。") for n in range(PIECES)]
                await town.gateway.publish(issue_of(made, version=1))
                await until(page, lambda said: said.get("mode") == "loop")
                await page.evaluate(KEPT)
            await town.gateway.close()
            if not with_box:
                town.box.terminate()
                await town.box.wait()
            for _ in range(rounds):
                began = time.perf_counter()
                async with browser_of(folder / "profile") as page:
                    await page.goto(town.url)
                    await until(page, lambda said: said.get("mode") == "loop", within=60)
                    ours.append((time.perf_counter() - began) * 1000)
                theirs.append(await empty(folder / "empty"))
    return ours, theirs


def run(rounds: int = 3, box: int = 1) -> dict[str, Any]:
    """The median start; `goal` is what a street may be asked to wait."""
    ours, theirs = asyncio.run(measured(rounds=rounds, with_box=bool(box)))
    figure, reference = statistics.median(ours), statistics.median(theirs)
    return {
        "bench": "coldstart",
        "figure": round(figure),
        "unit": "ms from the browser's start to the first piece, without network and server",
        "reference": round(reference),
        "ratio": round(figure / reference, 2),
        "detail": {
            "rounds": [round(one) for one in ours],
            "worst": round(max(ours)),
            "goal": GOAL_MS,
            "pieces": PIECES,
            "box's own server": bool(box),
            "reference is": "the same browser from its start to an empty page painted",
        },
    }
