"""The installed player in Chromium at 1080×1920: shows, updates, recalls, goes on alone, starts again, keeps calm."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from tests.chromium import CHROMIUM, FLAGS, SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import Colour, piece
from tests.fakes.street import Street, facts, paired, pixel, street, until
from tests.vectors import world

pytestmark = pytest.mark.browser

BLUE: Colour = (30, 90, 190)
GREEN: Colour = (40, 140, 70)
COVER = (540, 420)  # a point of the cover that neither shade nor title reaches


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Street]:
    async with street(tmp_path / "box") as made:
        yield made


async def screen(pages: Pages, town: Street) -> Page:
    page = await (await pages.context(SCREEN)).new_page()
    await paired(page, town)
    return page


def near(one: Colour, two: Colour) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(one, two, strict=True))


async def test_piece_when_published_stands_on_the_screen_and_is_acknowledged(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    await until(page, lambda said: said.get("mode") == "slate")
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, lambda said: said.get("release") == blue.release, within=3)
    await asyncio.sleep(0.8)
    assert near(await pixel(page, *COVER), BLUE)
    for state in ("received", "cached", "shown"):
        assert town.gateway.acks(state) == [1]


async def test_newer_line_up_when_published_shows_without_reload(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    blue = piece(town.gateway.media, "第一篇", BLUE)
    green = piece(town.gateway.media, "第二篇", GREEN)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, lambda said: said.get("release") == blue.release)
    await page.evaluate("window.isSamePage = true")
    await town.gateway.publish(issue_of([blue, green], version=2))
    await until(page, lambda said: said.get("release") == green.release, within=3)
    await asyncio.sleep(0.8)
    assert near(await pixel(page, *COVER), GREEN)
    assert await page.evaluate("window.isSamePage")


async def test_recall_of_the_standing_piece_takes_it_off_within_three_seconds(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    blue, green = (piece(town.gateway.media, name, colour) for name, colour in (("留下", BLUE), ("撤回", GREEN)))
    both = issue_of([green, blue], version=1)
    await town.gateway.publish(both)
    await until(page, lambda said: said.get("release") == green.release)
    await town.gateway.publish(issue_of([green, blue], version=1, seq=2, recalls=world.recalls(2, green.release)))
    await until(page, lambda said: said.get("release") == blue.release, within=3)
    await asyncio.sleep(0.8)
    assert near(await pixel(page, *COVER), BLUE)


async def test_last_piece_when_recalled_leaves_the_slate(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    green = piece(town.gateway.media, "撤回", GREEN)
    await town.gateway.publish(issue_of([green], version=1))
    await until(page, lambda said: said.get("release") == green.release)
    await town.gateway.publish(issue_of([], version=2, recalls=world.recalls(2, green.release)))
    await until(page, lambda said: said.get("mode") == "slate", within=3)
    await asyncio.sleep(0.8)
    red, other, _ = await pixel(page, 100, 700)
    assert red > 60 > other


async def test_loop_when_the_server_is_gone_goes_on(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    made = [piece(town.gateway.media, name, colour, text="一句话。") for name, colour in (("甲", BLUE), ("乙", GREEN))]
    await town.gateway.publish(quick(made, version=1))
    await until(page, lambda said: said.get("version") == "1" and said.get("mode") == "loop")
    await town.gateway.close()
    await until(page, lambda said: said.get("link") == "down")
    for one in (*made, *made):
        await until(page, lambda said, one=one: said.get("release") == one.release)
    pages.complaints = [said for said in pages.complaints if "CONNECTION_REFUSED" not in said]


def quick(bundles: list[world.approval.Bundle], *, version: int, show: int = 1500) -> world.Issue:
    """A line-up whose pieces stand for `show` ms each."""

    class Quick(world.Issue):
        def manifest(self, **changes: object) -> world.Manifest:
            loop = tuple(world.Show(one.release, show) for one in self.bundles)
            return super().manifest(
                timeline=(world.Slot(world.T0 - world.DAY, world.T0 + world.YEAR, loop),), **changes
            )

    return Quick(**vars(issue_of(bundles, version=version)))


async def test_browser_when_started_again_without_a_server_shows_the_same_piece(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "家门口的文明实践站", BLUE)
    async with profile(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([blue], version=3))
        await until(page, lambda said: said.get("release") == blue.release)
    await town.gateway.close()
    async with profile(tmp_path / "profile") as page:
        await page.goto(town.url)
        await until(page, lambda said: said.get("release") == blue.release, within=10)
        await asyncio.sleep(0.8)
        assert near(await pixel(page, *COVER), BLUE)


async def test_recalled_piece_after_a_restart_without_a_server_stays_away(tmp_path: Path, town: Street) -> None:
    blue = piece(town.gateway.media, "家门口的文明实践站", BLUE)
    async with profile(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([blue], version=3))
        await until(page, lambda said: said.get("release") == blue.release)
        await town.gateway.publish(issue_of([blue], version=3, seq=4, recalls=world.recalls(2, blue.release)))
        await until(page, lambda said: said.get("mode") == "slate")
    await town.gateway.close()
    async with profile(tmp_path / "profile") as page:
        await page.goto(town.url)
        for _ in range(20):
            await asyncio.sleep(0.1)
            assert (await facts(page)).get("mode") in {None, "slate"}


@contextlib.asynccontextmanager
async def profile(folder: Path) -> AsyncIterator[Page]:
    """A browser whose disk outlives it."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(folder), executable_path=CHROMIUM, args=list(FLAGS), viewport=SCREEN, locale="zh-CN"
        )
        yield context.pages[0]
        await context.close()


async def test_beacon_older_than_a_minute_marks_the_screen_and_play_goes_on(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    await context.add_init_script(
        "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + window.ahead;"
    )
    page = await context.new_page()
    await paired(page, town)
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, lambda said: said.get("release") == blue.release and said.get("stale") == "false")
    assert await page.locator("#stale").is_hidden()
    await page.evaluate("window.ahead = 61_000")
    await until(page, lambda said: said.get("stale") == "true", within=3)
    assert await page.locator("#stale").text_content() == "离线 1 分钟"
    assert (await facts(page))["release"] == blue.release


async def test_file_that_is_not_what_was_signed_keeps_the_old_piece(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    blue = piece(town.gateway.media, "好的", BLUE)
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, lambda said: said.get("release") == blue.release)
    green = piece(town.gateway.media, "坏的", GREEN)
    name = next(
        name
        for name, data in town.gateway.media.files.items()
        if data.startswith(b"\x89PNG")
        and len(town.gateway.media.files)
        and near(Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0)), GREEN)
    )  # type: ignore[arg-type]
    town.gateway.media.files[name] = town.gateway.media.files[name][:-1] + b"\x00"
    await town.gateway.publish(issue_of([blue, green], version=2))
    await until(page, lambda said: said.get("version") == "2")
    await asyncio.sleep(1)
    assert (await facts(page))["release"] == blue.release


async def test_download_cut_in_the_middle_goes_on_where_it_stopped(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    noise = Image.effect_noise((1600, 1600), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    data = out.getvalue()
    assert len(data) > 2 * 2**20
    from tests.fakes.pieces import content_of, listed

    asset = listed(data)
    town.gateway.media.put(data)
    made = world.bundle_of(
        world.signed.text_of(
            world.release("大图", content=content_of("大图", cover=asset.of, paragraphs=1), assets=(asset,))
        ),
        "qian",
        "sun",
    )
    town.gateway.media.put(made.wire().encode())
    state = town.gateway.signed(issue_of([made], version=1))
    town.gateway.media.cuts = {asset.sha256: [2**20 + 5000]}
    await town.gateway.send(state)
    await until(page, lambda said: said.get("release") == made.release)
    assert town.gateway.media.asked.count(asset.sha256) == 2
    assert town.gateway.media.sent[asset.sha256] <= len(data) + 6000 + 2**17


async def test_no_frame_between_pieces_is_white_or_black(pages: Pages, town: Street) -> None:
    page = await screen(pages, town)
    made = [piece(town.gateway.media, name, colour, text="一句话。") for name, colour in (("甲", BLUE), ("乙", GREEN))]
    await town.gateway.publish(quick(made, version=1, show=900))
    await until(page, lambda said: said.get("mode") == "loop")
    await asyncio.sleep(1)
    before = int((await facts(page))["swaps"] or 0)
    frames = await recorded(page, seconds=12)
    after = int((await facts(page))["swaps"])
    assert after - before >= 4
    assert len(frames) > 30
    for frame in frames:
        top = frame.crop((0, 0, frame.width, frame.height // 3))
        red, green, blue = top.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
        assert 20 < (int(red) + int(green) + int(blue)) // 3 < 200
        assert max(green, blue) > red + 15  # always one of the two covers, or both


async def recorded(page: Page, *, seconds: float) -> list[Image.Image]:
    """Every frame the compositor made in that time."""
    import base64

    session = await page.context.new_cdp_session(page)
    frames: list[bytes] = []

    def keep(event: dict[str, object]) -> None:
        frames.append(base64.b64decode(str(event["data"])))
        task = asyncio.ensure_future(session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        pending.add(task)
        task.add_done_callback(pending.discard)

    pending: set[asyncio.Future[object]] = set()
    session.on("Page.screencastFrame", keep)
    await session.send("Page.startScreencast", {"format": "jpeg", "quality": 60, "maxWidth": 270, "maxHeight": 480})
    await asyncio.sleep(seconds)
    await session.send("Page.stopScreencast")
    return [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]


async def test_two_hundred_swaps_leave_no_memory_behind(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")
    await paired(page, town)
    made = [piece(town.gateway.media, name, colour, text="一句话。") for name, colour in (("甲", BLUE), ("乙", GREEN))]
    await town.gateway.publish(quick(made, version=1, show=40))
    session = await context.new_cdp_session(page)
    early = await weighed(page, session, 40)
    late = await weighed(page, session, 240)
    assert late["nodes"] <= early["nodes"] * 1.1 + 50
    assert late["heap"] - early["heap"] < 1_000_000


async def weighed(page: Page, session: object, swaps: int) -> dict[str, float]:
    """Heap bytes and DOM nodes after so many swaps, garbage taken out."""
    await until(page, lambda said: int(said.get("swaps") or 0) >= swaps, within=90)
    await session.send("HeapProfiler.collectGarbage")  # type: ignore[attr-defined]
    heap = await session.send("Runtime.getHeapUsage")  # type: ignore[attr-defined]
    dom = await session.send("Memory.getDOMCounters")  # type: ignore[attr-defined]
    return {"heap": heap["usedSize"], "nodes": dom["nodes"]}
