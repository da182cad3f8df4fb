"""A lecture on the web: a plain film without script, ranges of the house tracks with one, and a way back."""

import asyncio
import dataclasses
import datetime as dt
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import Page

from cms.contract import AssetFile, File, Files, Piece
from cms.trust.keys import sha256
from deploy.public import policy
from media.house import PLAY, POSTER
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.web import pages as site_pages, paths
from renderers.web.render import WebDisplay
from tests.browser import axe
from tests.chromium import DESK, PHONE, Pages
from tests.fakes.house import MASTER, House, house

pytestmark = pytest.mark.browser

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)


@dataclasses.dataclass
class Served:
    """`asked` are the ranges of each file; `broken` paths answer 410."""

    url: str
    piece: Piece
    made: House
    asked: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    broken: set[str] = dataclasses.field(default_factory=set)

    def file(self, rendition: str) -> str:
        return next(asset.sha256 for asset in self.piece.assets if asset.rendition == rendition)


def sheet() -> bytes:
    """Four small pictures of two seconds each."""
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((640, 90)).convert("RGB").save(drawn, "JPEG")
    return drawn.getvalue()


SHEET = sheet()
SPRITES = AssetFile(sha256(SHEET), len(SHEET), "image/jpeg", 640, 90, MASTER, "sprites")


def lecture(made: House) -> Piece:
    plain = make_piece(1, at=NOW)
    words = {"id": "b_000000000002", "type": "paragraph", "text": [{"t": "宣讲员用一张八仙桌讲清了基层协商民主。"}]}
    film = {"id": "b_000000000001", "type": "video", "asset": MASTER, "title": "垂虹讲堂第十二讲"}
    return dataclasses.replace(
        plain,
        kind="lecture",
        title="水乡小院里的理论课：从一张方桌说起",
        body={"schema": 1, "blocks": [film, words]},
        assets=(*plain.assets, *made.assets, SPRITES),
        durations={MASTER: made.index.duration_ms},
        chapters={MASTER: ((0, "开场"), (4_000, "方桌上的议事规则"))},
    )


@pytest.fixture(scope="module")
def made() -> House:
    """Made outside the loop."""
    site_pages.warm()
    return house()


@pytest.fixture
async def site(made: House, tmp_path: Path) -> AsyncIterator[Served]:
    world = World("web")
    piece = lecture(made)
    world.assets.held.update(made.files)
    world.publish(piece)
    rendered = await WebDisplay().render(world.everything(), world.services, NOW)
    assert isinstance(rendered, Files)
    files = {file.path: file for file in rendered.write}
    for name, data in {**made.files, SPRITES.sha256: SHEET}.items():
        (tmp_path / name).write_bytes(data)
    served = Served("", piece, made)
    server = TestServer(app(served, files, tmp_path))
    await server.start_server()
    served.url = str(server.make_url("")).rstrip("/")
    yield served
    await server.close()


def app(served: Served, files: dict[str, File], folder: Path) -> web.Application:
    types = {asset.sha256: asset.media_type for asset in served.piece.assets}

    async def page(request: web.Request) -> web.Response:
        file = files.get(request.path)
        if file is None or request.path in served.broken:
            return web.Response(status=410)
        return web.Response(body=file.data, headers={**policy(file.data), "Content-Type": file.media_type})

    async def asset(request: web.Request) -> web.StreamResponse:
        name = request.match_info["sha256"]
        served.asked.append((name, request.headers.get("Range", "")))
        if not (folder / name).exists() or f"/a/{name}" in served.broken:
            return web.Response(status=410)
        # Out of memory: a file that a browser leaves half read would stay open into the next test.
        data, headers = (folder / name).read_bytes(), {"Content-Type": types[name], "Accept-Ranges": "bytes"}
        if "Range" not in request.headers:
            return web.Response(body=data, headers=headers)
        start, stop, _ = request.http_range.indices(len(data))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        return web.Response(status=206, body=data[start:stop], headers=headers)

    made = web.Application()
    made.router.add_get("/a/{sha256}", asset)
    made.router.add_get("/{path:.*}", page)
    return made


PLAYED = """
(after) => new Promise((resolve) => {
  const video = document.querySelector("video");
  setInterval(() => video.currentTime > after && resolve(true), 100);
})
"""


async def pressed(page: Page) -> None:
    """As a reader presses play; that another source takes over is no error of theirs."""
    await page.evaluate("void document.querySelector('video').play().catch(() => {})")


async def playing(page: Page, *, after: float = 0.5) -> None:
    async with asyncio.timeout(20):
        assert await page.evaluate(PLAYED, after)


async def test_page_when_opened_asks_for_the_poster_and_no_film(pages: Pages, site: Served) -> None:
    page = await pages.open(site.url + paths.article_of(site.piece), PHONE)
    await page.wait_for_load_state("networkidle")
    asked = {name for name, _ in site.asked}
    assert site.file(POSTER) in asked
    assert not asked & {asset.sha256 for asset in site.piece.assets if asset.media_type.startswith(("video", "audio"))}
    assert await axe.violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_film_when_played_follows_the_line_by_ranges_of_the_house_tracks(pages: Pages, site: Served) -> None:
    page = await pages.open(site.url + paths.article_of(site.piece), DESK)
    await pressed(page)
    await playing(page, after=4)  # beyond the first segment
    assert await page.evaluate("document.querySelector('video').dataset.adaptive") == "true"
    ranged = {name for name, span in site.asked if span.startswith("bytes=")}
    assert {track.sha256 for track in site.made.index.tracks.values()} & ranged
    assert site.made.index.tracks["audio"].sha256 in ranged
    seen = await page.evaluate("document.querySelector('video').getVideoPlaybackQuality().droppedVideoFrames")
    assert seen < 50


async def test_bar_shows_small_pictures_and_marks_and_a_chapter_leads_to_its_place(pages: Pages, site: Served) -> None:
    page = await pages.open(site.url + paths.article_of(site.piece), DESK)
    bar = page.locator(".film-strip input")
    assert await page.locator(".film-mark").count() == 2
    await bar.hover()
    shot = page.locator(".film-shot")
    assert await shot.is_visible()
    assert SPRITES.sha256 in await shot.evaluate("one => one.style.backgroundImage")
    assert await shot.get_attribute("data-clock") == "0:04"
    await page.mouse.move(0, 0)
    assert await shot.is_hidden()
    await page.get_by_role("button", name="方桌上的议事规则").click()
    await playing(page, after=4)
    assert int(await bar.input_value()) >= 4_000
    assert await axe.violations(page) == []


async def test_film_when_its_playlists_are_gone_plays_as_a_plain_file(pages: Pages, site: Served) -> None:
    site.broken.add(paths.playlist(site.piece.document, 1))
    page = await pages.open(site.url + paths.article_of(site.piece), DESK)
    await pressed(page)
    await playing(page)
    assert await page.evaluate("document.querySelector('video').dataset.adaptive ?? ''") == ""
    assert site.file(PLAY) in {name for name, _ in site.asked}


async def test_film_without_script_plays_as_a_plain_file(pages: Pages, site: Served) -> None:
    context = await pages.context(scripts=False)
    page = await context.new_page()
    await page.goto(site.url + paths.article_of(site.piece))
    video = page.locator("video[controls][src][poster]")
    assert await video.get_attribute("src") == f"/a/{site.file(PLAY)}"
    await video.focus()
    await page.keyboard.press("Space")
    await page.wait_for_timeout(2_000)
    assert site.file(PLAY) in {name for name, _ in site.asked}


async def test_list_when_it_has_a_film_says_its_length_and_stays_without_script(pages: Pages, site: Served) -> None:
    page = await pages.open(site.url + paths.HOME, DESK)
    assert "0:08" in await page.locator(".film-badge").first.inner_text()
    assert await page.locator("script").count() == 0
