"""Between two pieces nothing flashes, and after hundreds of them nothing is left behind."""

import asyncio
import base64
import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import CDPSession, Page

from tests.chromium import SCREEN, Pages
from tests.fakes.films import lecture
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece, two_short
from tests.fakes.street import Street, at_least, facts, paired, until

pytestmark = pytest.mark.browser


# What the page's own frame callback sees in each frame: whether a finished piece stands wholly opaque in it. Here time
# runs as it does in the street; in test_stepped.py each frame is stepped and looked at as a picture.
WATCH = """
() => {
  window.frames_seen = 0;
  window.frames_bad = [];
  // A film that seeks has no data for a moment, and its last frame stays on the glass.
  const drawn = new WeakMap();
  const hasFrame = (film) => {
    if (film.readyState >= 2) drawn.set(film, film.currentSrc);
    return drawn.get(film) === film.currentSrc;
  };
  const isWhole = (layer) =>
    [...layer.querySelectorAll("img")].every((one) => one.complete && one.naturalWidth > 0) &&
    [...layer.querySelectorAll("video")].every(hasFrame);
  const look = () => {
    const layers = [...document.querySelectorAll("#stage > .layer")];
    const solid = layers.filter((one) => Number(getComputedStyle(one).opacity) > 0.999 && isWhole(one));
    window.frames_seen += 1;
    const told = (one) => `${one.className} ${getComputedStyle(one).opacity}`;
    if (solid.length === 0) window.frames_bad.push(layers.map(told));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


@pytest.mark.parametrize("transitions", [6, pytest.param(50, marks=pytest.mark.soak)])
async def test_every_frame_of_mixed_transitions_has_a_finished_piece(
    screen: Page, town: Street, transitions: int
) -> None:
    media = town.gateway.media
    text = piece(media, "没有图片的一篇", text="短。")
    notice = piece(media, "关于停水的通知", class_="notice", text="短。")
    films = [lecture(media, "讲堂", BLUE, seconds=1.0)]
    made = [*two_short(media), text, *films, notice]
    await town.gateway.publish(issue_of(made, version=1, show=700))
    await until(screen, lambda said: said.get("mode") == "loop")
    await screen.evaluate(WATCH)
    before = int((await facts(screen))["swaps"])
    frames: list[bytes] = []
    while int((await facts(screen))["swaps"]) < before + transitions:
        frames += await recorded(screen, seconds=3)
    assert await screen.evaluate("window.frames_bad") == []
    assert await screen.evaluate("window.frames_seen") > transitions * 10
    assert len(frames) > transitions * 3
    for frame in frames:
        least, most = extremes(frame)
        assert least < 200, "a frame all white"
        assert most > 70, "a frame all black"


def extremes(frame: bytes) -> tuple[int, int]:
    """The darkest and the brightest of what is on the glass, noise of the picture's packing apart."""
    grey = Image.open(io.BytesIO(frame)).convert("L").resize((54, 96), Image.Resampling.BOX)
    values = sorted(grey.tobytes())
    return values[len(values) // 200], values[-len(values) // 200]


async def recorded(page: Page, *, seconds: float) -> list[bytes]:
    """Every frame the compositor made in that time."""
    session = await page.context.new_cdp_session(page)
    frames: list[bytes] = []
    pending: set[asyncio.Future[Any]] = set()

    def keep(event: dict[str, Any]) -> None:
        frames.append(base64.b64decode(event["data"]))
        task = asyncio.ensure_future(session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        pending.add(task)
        task.add_done_callback(pending.discard)

    session.on("Page.screencastFrame", keep)
    await session.send("Page.startScreencast", {"format": "jpeg", "quality": 60, "maxWidth": 270, "maxHeight": 480})
    await asyncio.sleep(seconds)
    await session.send("Page.stopScreencast")
    await asyncio.gather(*pending)
    return frames


async def test_hundred_swaps_leave_no_memory_behind(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")  # the same swaps without the fade's waiting
    await paired(page, town)
    await town.gateway.publish(issue_of(two_short(town.gateway.media), version=1, show=40))
    session = await context.new_cdp_session(page)
    # A look may fall into a swap, when both frames stand in the page, or beside one: the fuller of two looks is the
    # measure, and of two later ones in a row one must not be over it.
    first, second = await weighed(page, session, swaps=40), await weighed(page, session, swaps=43)
    early = max(first["nodes"], second["nodes"])
    late = await weighed(page, session, swaps=140)
    again = await weighed(page, session, swaps=143)
    assert min(late["nodes"], again["nodes"]) <= early * 1.1 + 50
    assert late["heap"] - second["heap"] < 1_000_000


@pytest.mark.soak
async def test_five_hundred_loops_grow_by_less_than_a_megabyte_a_hundred(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")
    await paired(page, town)
    made = two_short(town.gateway.media)
    await town.gateway.publish(issue_of(made, version=1, show=40))
    session = await context.new_cdp_session(page)
    looks = [(loops, (await weighed(page, session, swaps=loops * len(made)))["heap"]) for loops in range(50, 551, 50)]
    middle_x, middle_y = (sum(values) / len(looks) for values in zip(*looks, strict=True))
    over = sum((x - middle_x) * (y - middle_y) for x, y in looks)
    slope = over / sum((x - middle_x) ** 2 for x, _ in looks)
    assert slope * 100 < 1_000_000, looks


async def weighed(page: Page, session: CDPSession, *, swaps: int) -> dict[str, float]:
    """Heap bytes and DOM nodes after so many swaps, garbage taken out."""
    await until(page, at_least("swaps", swaps), within=90)
    await session.send("HeapProfiler.collectGarbage")
    heap = await session.send("Runtime.getHeapUsage")
    dom = await session.send("Memory.getDOMCounters")
    return {"heap": heap["usedSize"], "nodes": dom["nodes"]}
