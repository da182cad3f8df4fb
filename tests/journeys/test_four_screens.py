"""One lecture and five articles on every screen: television, WeChat, Douyin, the street and the web; and taken back."""

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.chromium import FLAGS, SCREEN, SHELL
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.clock import RunningClock
from tests.fakes.stage.serving import serving
from tests.fakes.street import until
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.integration.desk.world import png
from tests.journeys.house import House, free_port, house
from tests.journeys.inputs import SHARED, Article, articles
from tests.journeys.office import PASSWORD, Person, hire

ALL = ("screen", "web", "tv", "wechat", "douyin")
TARGETS = {"web": "web", "street": "screen", "channel": "tv", "weixin": "wechat", "dou": "douyin"}
LECTURE = SHARED / "video" / "lecture_assembled_slides_speech_720p25.mp4"
SLOT_S = 3.84
# Two slots, and one look at a list.
OFF_S = 2 * SLOT_S + 0.5
REVIEW_S = 0.5


@dataclass
class Office:
    """Everybody at work, the two platforms, and what was written."""

    house: House
    wechat: WeChat
    douyin: Douyin
    token: str
    ports: tuple[int, int]
    people: dict[str, Person] = field(default_factory=dict)
    pieces: dict[str, Article] = field(default_factory=dict)
    lecture: str = ""

    def count(self, name: str) -> int:
        counters = {**self.wechat.journal.counters, **self.douyin.journal.counters}
        return int(counters.get(name, 0))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        ports = free_port(), free_port()
        more = {"YUNPING_OUTBOUND_EXCEPTIONS": ",".join(f"127.0.0.1:{port}" for port in ports)}
        home = await stack.enter_async_context(house(tmp_path, more=more))
        hooks = f"{home.url}/hooks"
        mailbox = Mailbox(url=f"{hooks}/wechat/weixin/")
        wechat = WeChat(RunningClock(), mailbox=mailbox, base=f"http://127.0.0.1:{ports[0]}")
        douyin = Douyin(RunningClock(), callback=f"{hooks}/douyin/dou/", base=f"http://127.0.0.1:{ports[1]}")
        wechat.publishing.plan.delay = douyin.posts.review.delay = REVIEW_S
        await stack.enter_async_context(serving(wechat, ports[0]))
        await stack.enter_async_context(serving(douyin, ports[1]))
        made = Office(home, wechat, douyin, mailbox.token, ports)
        code = await home.start()
        for login in ("luming", "chenjing", "zhoulan", "shenweimin", "guyun", "qianfeng"):
            person = made.people[login] = Person(home.url)
            stack.push_async_callback(person.close)
        await made.people["luming"].first_run(code, password=PASSWORD.format(0))
        yield made


async def _open_shop(office: Office) -> None:
    """People, a column, five targets, and the two accounts with their credentials."""
    await hire(office.people)
    fields = [("code", "talks"), ("name", "理论宣讲"), ("position", "0")]
    await office.people["shenweimin"].send("/desk/columns/", fields, at="/desk/columns/")
    operator = office.people["qianfeng"]
    for code, kind in TARGETS.items():
        fields = [("code", code), ("kind", kind), ("name", f"吴江{code}"), ("loop_minutes", "15"), ("unit", "/320509/")]
        await operator.send("/desk/targets/", fields, at="/desk/targets/")
    wechat, douyin = office.wechat, office.douyin
    await operator.set_account(
        "weixin",
        settings={
            "appid": wechat.account.appid,
            "base_url": f"http://127.0.0.1:{office.ports[0]}",
            "callback_mode": "plain",
        },
        keys={"app_secret": wechat.account.secret, "callback_token": office.token},
    )
    granted: dict[str, Any] = douyin.oauth.told(douyin.oauth.adopt())
    await operator.set_account(
        "dou",
        settings={"client_key": douyin.app.client_key, "base_url": f"http://127.0.0.1:{office.ports[1]}"},
        keys={
            "client_secret": douyin.app.client_secret,
            "access_token": granted["access_token"],
            "refresh_token": granted["refresh_token"],
        },
    )


async def _write_all(office: Office, video: bytes) -> None:
    """The lecture first, so that it is encoded while the articles are written; all are signed by two."""
    editor, written = office.people["chenjing"], articles(6)
    uploading = asyncio.create_task(editor.upload_video(video, "宣讲.mp4"))
    for article in written[1:]:
        document = await editor.write(article, column="talks", channels=ALL)
        office.pieces[document] = article
    asset = await uploading
    body = {
        "schema": 1,
        "blocks": [
            *written[0].body["blocks"][:2],
            {"id": "b_lecture00000", "type": "video", "asset": asset, "title": written[0].title},
        ],
    }
    office.lecture = await editor.write(written[0], column="talks", kind="lecture", channels=ALL, body=body)
    office.pieces[office.lecture] = written[0]
    for document in office.pieces:
        await office.people["zhoulan"].approve(document)
        await office.people["shenweimin"].approve(document)


async def _publish_all(office: Office) -> None:
    """The lecture and every second article at once, the others at a time a few seconds from now, on every target."""
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8, seconds=8)).strftime("%Y-%m-%dT%H:%M:%S")
    for number, document in enumerate(office.pieces):
        later = number % 2 == 1 and document != office.lecture
        await office.people["guyun"].publish(document, list(TARGETS), at=at if later else "")


async def _eventually(fact: Any, *, within: float, every: float = 0.1) -> None:
    loop = asyncio.get_running_loop()
    until_ = loop.time() + within
    while True:
        found = fact()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert loop.time() < until_, fact
        await asyncio.sleep(every)


async def _text(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as web, web.get(url) as answer:
        return answer.status, await answer.text()


async def _on_air(office: Office) -> bool:
    """Whether the channel's newest list shows anything but the slate."""
    status, text = await _text(f"{office.house.url}/tv/channel/720.m3u8")
    return status == 200 and any(not line.rpartition("/")[2].startswith("slate-") for line in _segments(text))


def _segments(text: str) -> list[str]:
    return re.findall(r"^[^#\n].*\.m4s.*$", text, re.MULTILINE)


def _probe(url: str) -> list[float]:
    """Times of the pictures that ffprobe decodes from a list."""
    command = [
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time",
        "-read_intervals", "%+7", "-of", "json", url,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return [float(one["best_effort_timestamp_time"]) for one in json.loads(done.stdout)["frames"]]


async def _watch(browser: Browser, office: Office) -> None:
    """The channel's own page plays it in Chromium: pictures move, none is dropped, nothing stalls."""
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    await page.goto(f"{office.house.url}/tv/channel/live/")
    await page.wait_for_function("() => { const v = document.querySelector('video'); return v && v.currentTime > 0; }")
    seen = await page.evaluate(
        """async () => {
            const video = document.querySelector('video'); let frames = 0, stalls = 0;
            video.addEventListener('waiting', () => stalls++);
            const count = () => { frames++; video.requestVideoFrameCallback(count); };
            video.requestVideoFrameCallback(count);
            const from = video.currentTime;
            await new Promise(done => setTimeout(done, 6000));
            return {frames, stalls, moved: video.currentTime - from, ranges: video.buffered.length};
        }"""
    )
    assert seen["frames"] > 20, seen
    assert seen["moved"] > 4, seen
    assert seen["ranges"] == 1, seen
    await page.close()


async def _deliveries_settle(office: Office) -> None:
    """Each piece once at each platform, whatever callbacks and polls came in between."""
    await _eventually(lambda: office.count("publications") >= len(office.pieces), within=240)
    await _eventually(lambda: office.count("creates") >= len(office.pieces), within=400)
    for article in office.pieces.values():
        await _eventually(lambda a=article: office.wechat.visible(a.title) == 1, within=60)
    assert office.count("drafts") == office.count("publications") == len(office.pieces)
    assert office.count("creates") == len(office.pieces)


async def _recall_the_lecture(office: Office, screen: Page) -> None:
    """Off the channel within two slots, deleted on WeChat, a task on Douyin, off the street and the web."""
    title = office.pieces[office.lecture].title
    await _eventually(lambda: _on_air(office), within=60)
    _, before = await _text(f"{office.house.url}/tv/channel/720.m3u8")
    shown = [line for line in _segments(before) if "slate-" not in line]
    began = asyncio.get_running_loop().time()
    await office.people["guyun"].recall(office.lecture)

    async def off() -> bool:
        return not await _on_air(office)

    await _eventually(off, within=OFF_S)
    for line in shown:
        assert (await _text(f"{office.house.url}/tv/channel/{line}"))[0] == 410
    assert asyncio.get_running_loop().time() - began < OFF_S + 1
    assert (await _text(f"{office.house.url}/d/{office.lecture}/"))[0] == 410
    assert title not in (await _text(f"{office.house.url}/tv/epg.xml"))[1]
    await _eventually(lambda: office.wechat.visible(title) == 0, within=60)
    assert office.count("articles_deleted") == 1
    publisher, path = office.people["guyun"], f"/desk/documents/{office.lecture}/publish"

    async def asked() -> bool:
        return 'name="delivery"' in await publisher.page(path)

    await _eventually(asked, within=60, every=0.5)
    task = re.search(
        r'action="([^"]*/done)".*?name="delivery" value="([0-9a-f-]{36})"', await publisher.page(path), re.DOTALL
    )
    assert task is not None
    await publisher.send(task[1], [("delivery", task[2])], at=path, files={"proof": png(390, 844)})
    assert 'name="delivery"' not in await publisher.page(path)
    await until(screen, lambda now: now.get("mode") in {"loop", "slate"}, within=30)


@pytest.mark.browser
@pytest.mark.timeout(1200)
async def test_lecture_and_articles_reach_every_screen_once_and_are_taken_back(office: Office, tmp_path: Path) -> None:
    video = await _made(tmp_path)
    await _open_shop(office)
    await office.house.install_screen()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))
        context = await browser.new_context(viewport=SCREEN, locale="zh-CN")
        screen = await context.new_page()
        await screen.goto(office.house.screen_url)
        said = await until(screen, lambda now: now.get("mode") == "pairing" and bool(now.get("code")))
        fields = [("code", str(said["code"])), ("unit", "/320509/"), ("name", "松陵街道一号屏")]
        await office.people["qianfeng"].send("/desk/screens/pair", fields, at="/desk/screens/")

        await _write_all(office, video)
        await _publish_all(office)
        for document, article in office.pieces.items():

            async def there(one: str = document, title: str = article.title) -> bool:
                status, text = await _text(f"{office.house.url}/d/{one}/")
                return status == 200 and title in text

            await _eventually(there, within=60)
        await _eventually(lambda: _on_air(office), within=90)
        await _watch(browser, office)
        times = await asyncio.to_thread(_probe, f"{office.house.url}/tv/channel/480.m3u8")
        steps = {round((b - a) * 1000) for a, b in itertools.pairwise(times)}
        assert len(times) > 100
        assert steps == {40}
        await until(screen, lambda now: now.get("mode") == "loop", within=60)
        await _deliveries_settle(office)
        await _recall_the_lecture(office, screen)
        assert office.count("drafts") == office.count("publications") == len(office.pieces)
        assert office.count("creates") == len(office.pieces)
        await browser.close()


async def _made(folder: Path) -> bytes:
    """24 seconds of a real lecture, and of a made one where the shared data is absent."""
    path = folder / "made.mp4"
    real = ["-i", str(LECTURE), "-t", "24", "-c", "copy"]
    made = [
        "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=24",
        "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=24", "-c:v", "libx264", "-preset",
        "veryfast", "-c:a", "aac", "-shortest",
    ]  # fmt: skip
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *(real if LECTURE.exists() else made), str(path)]
    process = await asyncio.create_subprocess_exec(*command)
    with contextlib.suppress(ProcessLookupError):
        assert await process.wait() == 0
    return await asyncio.to_thread(path.read_bytes)
