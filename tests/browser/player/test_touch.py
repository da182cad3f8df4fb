"""Whoever stands before the screen reads by column, in large type, aloud, finds by initials and takes it along."""

import asyncio
import dataclasses
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, Route, expect

from cms.trust.approval import Bundle
from cms.trust.keys import sha256
from cms.trust.release import read_release
from deploy.demo.scenes import picture as scene
from tests.browser.axe import violations
from tests.chromium import SCREEN, Pages
from tests.fakes import qr
from tests.fakes.films import MIB, asset_of
from tests.fakes.gateway import Media, issue_of
from tests.fakes.pieces import BLUE, GREEN, content_of, listed, picture, piece
from tests.fakes.street import Street, paired, until
from tests.vectors import world

pytestmark = pytest.mark.browser

TITLES = {
    "垂虹桥畔夜市开市": ("local", "chqpysks"),
    "吴江新闻：太湖新城三条公交线路今日起调整": ("local", "wjxwthxcstgjxljrqdz"),
    "银龄讲堂走进松陵街道": ("practice", "yljtzjslxd"),
    "志愿者为独居老人送去热粥": ("practice", "zyzwdjlrsqrz"),
    "秋粮入库，颗粒归仓": ("life", "qlrkklgc"),
}
SHOTS = os.environ.get("YUNPING_TOUCH_SHOTS")
SCENES = ("market", "bus", "phone-class", "volunteers", "fields")
LEAST_TARGET = 88  # CSS pixels of a 43-inch portrait screen: 20 mm and more are 40, a street wants twice that
REACH = 1_920 * 0.6  # controls lie in the lower two fifths


def street_pieces(media: Media) -> list[Bundle]:
    made = []
    for number, (title, (column, initials)) in enumerate(TITLES.items()):
        data = cover_of(number)
        media.put(data)
        cover = listed(data) if SHOTS is None else dataclasses.replace(listed(data), media_type="image/jpeg")
        content: dict[str, Any] = {
            **content_of(title, cover=cover.of, paragraphs=6),
            "column": column,
            "pinyin": initials,
        }
        made.append(piece(media, title, content=content, assets=(cover,)))
    return made


def cover_of(number: int) -> bytes:
    """A colour; a scene where pictures are wanted for people."""
    return picture((BLUE, GREEN)[number % 2]) if SHOTS is None else scene(SCENES[number])


async def shown(page: Page, name: str) -> None:
    """Keeps a picture where somebody asked for them; `docs/images/touch-*.webp` are made of these."""
    if SHOTS is None:
        return
    whole = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    whole.resize((540, 960), Image.Resampling.LANCZOS).save(Path(SHOTS) / f"touch-{name}.webp", quality=82)


async def press(where: Page | Locator, name: str) -> None:
    await where.get_by_role("button", name=name, exact=False).first.click()


async def opened(page: Page) -> Locator:
    await page.mouse.click(540, 900)
    touch = page.locator("#touch")
    await expect(touch).to_be_visible()
    return touch


async def in_reach(touch: Locator) -> None:
    """Every key and tool is as large as a finger wants and lies where a child and a wheelchair reach it."""
    for one in await touch.get_by_role("button").all():
        box = await one.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= LEAST_TARGET
        assert "touch__entry" in (await one.get_attribute("class") or "") or box["y"] > REACH


async def seemly(page: Page, pages: Pages) -> bool:
    """Whether axe finds nothing; what the policy says of axe's own styles is no complaint of the page's."""
    found = await violations(page)
    pages.complaints[:] = [said for said in pages.complaints if "inline style" not in said]
    return found == []


async def test_article_when_chosen_is_read_large_aloud_and_taken_along_until_it_is_recalled(
    screen: Page, town: Street, pages: Pages
) -> None:
    pieces = street_pieces(town.gateway.media)
    issue = issue_of(pieces, version=1)
    await town.gateway.publish(issue)
    await until(screen, lambda said: said.get("mode") == "loop")
    touch = await opened(screen)
    await expect(touch.locator(".touch__tab")).to_have_count(3)
    await shown(screen, "list")
    await press(touch, "文明实践")
    await expect(touch.locator(".touch__entry")).to_have_count(2)
    await in_reach(touch)
    # Each with its picture, checked and drawn from the disk.
    await expect(touch.locator(".touch__entry img")).to_have_count(2)
    widths = await touch.locator(".touch__entry img").evaluate_all("(all) => all.map((one) => one.naturalWidth)")
    assert min(widths) > 0
    assert await seemly(screen, pages)

    await press(touch, "银龄讲堂")
    article = touch.locator("article")
    await expect(article).to_be_visible()
    await in_reach(touch)
    await shown(screen, "article")
    before = await article.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    await press(touch, "字大些")
    await press(touch, "字大些")
    assert await article.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") > before * 1.5
    await expect(touch.get_by_role("button", name="字大些")).to_be_disabled()
    await press(touch, "高对比")
    assert await seemly(screen, pages)
    await shown(screen, "contrast")
    await press(touch, "朗读")
    await expect(touch.locator(".is-read")).to_have_count(1)
    await expect(touch.get_by_role("button", name="停止朗读")).to_be_visible()
    await press(touch, "停止朗读")
    await expect(touch.locator(".is-read")).to_have_count(0)
    await press(touch, "扫码带走")
    document = json.loads(pieces[2].text)["document"]
    addresses = await touch.locator("figure[data-address]").evaluate_all(
        "(all) => all.map((one) => one.dataset.address)"
    )
    assert [address.removeprefix(town.gateway.media.url) for address in addresses] == [
        f"/d/{document}/",
        f"/p/{world.POINT.rstrip('/').rsplit('/', 1)[1]}",
    ]
    paths = await touch.locator("figure[data-address] path").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('d'))"
    )
    assert [qr.read(path) for path in paths] == addresses
    await in_reach(touch)
    await shown(screen, "code")
    await press(touch, "返回")
    await expect(article).to_be_visible()

    await town.gateway.publish(issue_of(pieces, version=1, seq=2, recalls=world.recalls(2, pieces[2].release)))
    await expect(article).to_have_count(0, timeout=3_000)
    await expect(touch.locator(".touch__note")).to_contain_text("已撤下")
    await press(touch, "返回播放")
    await expect(touch).to_be_hidden()


async def test_search_by_initials_when_typed_leads_only_to_what_is_there(screen: Page, town: Street) -> None:
    await town.gateway.publish(issue_of(street_pieces(town.gateway.media), version=1))
    await until(screen, lambda said: said.get("mode") == "loop")
    touch = await opened(screen)
    await press(touch, "拼音查找")
    for letter in "XW":
        await touch.get_by_role("button", name=letter, exact=True).click()
    await expect(touch.locator(".touch__entry")).to_have_count(1)
    await expect(touch.locator(".touch__entry")).to_contain_text("吴江新闻")
    await expect(touch.get_by_role("button", name="Q", exact=True)).to_be_disabled()
    await in_reach(touch)
    await shown(screen, "search")
    await press(touch, "退格")
    await press(touch, "清空")
    await expect(touch.locator(".touch__entry")).to_have_count(5)


async def test_glass_when_nobody_touches_it_goes_back_to_the_loop(pages: Pages, town: Street) -> None:
    page = await (await pages.context(SCREEN)).new_page()
    await page.route("**/config.json", impatient)
    await paired(page, town)
    await town.gateway.publish(issue_of(street_pieces(town.gateway.media), version=1))
    await until(page, lambda said: said.get("mode") == "loop")
    touch = await opened(page)
    note = touch.locator(".touch__note")
    await expect(note).to_contain_text("秒后返回播放")
    await touch.locator(".touch__body").click(position={"x": 5, "y": 5})
    await expect(note).to_have_text("")
    await expect(touch).to_be_visible()
    await expect(touch).to_be_hidden()


async def impatient(route: Route) -> None:
    """The box's configuration with a minute that is four seconds."""
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "idle": 4})


def narrated(media: Media, title: str, hertz: int) -> Bundle:
    """A piece with a recording of two chunks that a browser can play."""
    colour, data = BLUE, tone(hertz)
    media.put(data)
    voice = dataclasses.replace(
        asset_of(data, master=sha256(data + b"master"), rendition="voice", media_type="audio/mp4"),
        width=None,
        height=None,
    )
    cover = listed(picture(colour))
    content = {**content_of(title, cover=cover.of, paragraphs=2), "column": "local", "narration": voice.of}
    return piece(media, title, colour, content=content, assets=(cover, voice))


def tone(hertz: int) -> bytes:
    """Some seconds of sound in an .m4a; its end is filled so that it is longer than one chunk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.m4a"
        argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine={hertz}:duration=20", "-c:a", "aac", "-b:a", "64k"]
        subprocess.run([*argv, "-movflags", "+faststart", str(path)], check=True)
        data = path.read_bytes()
    spare = 2 * MIB - len(data) - 8 - 100
    return data + (spare + 8).to_bytes(4, "big") + b"free" + b"\0" * spare


async def test_recording_of_a_piece_is_played_checked_before_any_voice_and_another_reads_when_it_is_not_what_was_signed(
    screen: Page, town: Street
) -> None:
    media = town.gateway.media
    made = [narrated(media, "垂虹桥畔夜市开市", 330), narrated(media, "银龄讲堂走进松陵街道", 550)]
    voices = [one.sha256 for piece in made for one in read_release(piece.text).assets if one.rendition == "voice"]
    await town.gateway.publish(issue_of(made, version=1))
    await until(screen, lambda said: said.get("mode") == "loop")
    for name in voices:
        async with asyncio.timeout(20):
            while not await screen.evaluate(STORED, name):  # noqa: ASYNC110 - the disk of a page tells nobody
                await asyncio.sleep(0.05)
    media.files.clear()
    await screen.evaluate(SPOILT, voices[1])
    touch = await opened(screen)
    asked: list[str] = []
    screen.on("request", lambda one: asked.append(one.url) if one.url.endswith("/voice") else None)
    await press(touch, "垂虹桥畔")
    async with screen.expect_response(lambda one: one.url.endswith(f"/film/{made[0].release}/{voices[0]}")) as heard:
        await press(touch, "朗读")
    assert (await heard.value).status == 206
    await expect(touch.get_by_role("button", name="停止朗读")).to_be_visible()
    await press(touch, "停止朗读")
    await press(touch, "返回")
    assert asked == []

    await press(touch, "银龄讲堂")
    async with screen.expect_request(lambda one: one.url.endswith("/voice") and one.method == "POST"):
        await press(touch, "朗读")
    await expect(touch.locator(".is-read")).to_have_count(1)


STORED = (
    "async (name) => Boolean(await new Promise((done) => { const asked = indexedDB.open('yunping-screen'); "
    "asked.onsuccess = () => { const got = asked.result.transaction('files').objectStore('files').get(name); "
    "got.onsuccess = () => { asked.result.close(); done(got.result); }; }; }))"
)
SPOILT = (
    "(name) => new Promise((done) => { const asked = indexedDB.open('yunping-screen'); "
    "asked.onsuccess = () => { const work = asked.result.transaction('files', 'readwrite'); "
    "work.objectStore('files').put(new Blob([new Uint8Array(2 ** 21)]), name); "
    "work.oncomplete = () => { asked.result.close(); done(); }; }; })"
)
