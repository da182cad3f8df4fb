"""A signal from a hall through a whole house: called in, taken on air, lost, back, ended, and kept as a draft."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from tests.journeys.house import House, free_port, house
from tests.journeys.inputs import articles
from tests.journeys.office import PASSWORD, Person, hire

SLOT_S = 3.84
PASSPHRASE = "hall-2026-secret"
BLUE = (20, 60, 200)
_SOURCE = re.compile(r'data-dialog-open="take-([0-9a-f-]{36})"')


@contextlib.asynccontextmanager
async def calling(port: int) -> AsyncIterator[None]:
    """An encoder in the hall: a blue picture and a tone, by SRT, encrypted; it calls until somebody answers."""
    colour = "0x" + bytes(BLUE).hex()
    command = [
        "ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", f"color=c={colour}:s=1280x720:r=25",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:v", "libx264", "-preset", "ultrafast",
        "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "mpegts",
        f"srt://127.0.0.1:{port}?mode=caller&pbkeylen=16&passphrase={PASSPHRASE}",
    ]  # fmt: skip

    async def call() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
            try:
                await process.wait()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(call())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def shown(home: House) -> list[tuple[str, tuple[int, ...]]]:
    """The slots of the channel's list, and the colour in the middle of what a player decodes of them first."""
    url = f"{home.url}/tv/channel/480.m3u8"
    async with aiohttp.ClientSession() as web, web.get(url) as answer:
        if answer.status != 200:
            return []
        names = re.findall(r"^[^#\n]*?([^/\n]+\.m4s)", await answer.text(), re.MULTILINE)
    view = ["ffmpeg", "-nostdin", "-v", "error", "-live_start_index", "-1", "-i", url, "-frames:v", "1"]
    raw = [*view, "-vf", "scale=16:9", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]
    done = await asyncio.to_thread(subprocess.run, raw, capture_output=True, timeout=60, check=False)
    if len(done.stdout) != 16 * 9 * 3:
        return []
    pixel = Image.frombytes("RGB", (16, 9), done.stdout).getpixel((8, 4))
    assert isinstance(pixel, tuple)
    return [(name, pixel) for name in names]


def is_blue(found: list[tuple[str, tuple[int, ...]]]) -> bool:
    """Whether the newest slot is the signal's."""
    return bool(found) and all(abs(a - b) < 30 for a, b in zip(found[-1][1], BLUE, strict=True))


async def comes(home: House, *, blue: bool, within: float) -> float:
    """Seconds until the channel shows the signal, or something else."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        found = await shown(home)
        if found and is_blue(found) is blue:
            return loop.time() - began
        assert loop.time() < began + within, found
        await asyncio.sleep(0.3)


async def says(person: Person, words: str, *, within: float) -> str:
    """The live page once it says that."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    while words not in (page := await person.page("/desk/live/")):
        assert loop.time() < until, re.sub(r"<[^>]+>|\s+", " ", page)[-3000:]
        await asyncio.sleep(0.5)
    return page


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_signal_is_taken_on_air_lost_and_back_and_becomes_a_draft(tmp_path: Path) -> None:
    port = free_port()
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(tmp_path))
        code = await home.start()
        people = {}
        for login in ("luming", "chenjing", "zhoulan", "shenweimin", "guyun", "qianfeng"):
            people[login] = Person(home.url)
            stack.push_async_callback(people[login].close)
        await people["luming"].first_run(code, password=PASSWORD.format(0))
        await hire(people)
        column = [("code", "talks"), ("name", "理论宣讲"), ("position", "0")]
        await people["shenweimin"].send("/desk/columns/", column, at="/desk/columns/")
        operator, publisher = people["qianfeng"], people["guyun"]
        target = {"code": "channel", "kind": "tv", "name": "吴江频道", "loop_minutes": "15", "unit": "/320509/"}
        await operator.send("/desk/targets/", list(target.items()), at="/desk/targets/")
        article = articles(1)[0]
        document = await people["chenjing"].write(article, column="talks", channels=("tv", "web"))
        for reviewer in ("zhoulan", "shenweimin"):
            await people[reviewer].approve(document)
        await publisher.publish(document, ["channel"])

        source = {"channel": "channel", "kind": "listen", "name": "大礼堂", "port": str(port), "url": ""}
        source |= {"passphrase": PASSPHRASE, "active": "on"}
        await operator.send("/desk/live/", list(source.items()), at="/desk/live/")
        async with calling(port):
            page = await says(publisher, 'data-dialog-open="take-', within=120)
            found = _SOURCE.search(page)
            assert found is not None
            take = [("document", document), ("minutes", "60"), ("record", "on")]
            await publisher.send(f"/desk/live/{found[1]}/take", take, at="/desk/live/")
            first = await comes(home, blue=True, within=60)
            await asyncio.sleep(3 * SLOT_S)
            names = [name for name, _ in await shown(home)]
            assert all(name.startswith("over-") for name in names[-2:]), names
        lost = await comes(home, blue=False, within=30)
        async with calling(port):
            again = await comes(home, blue=True, within=60)
            await asyncio.sleep(2 * SLOT_S)
            await publisher.send(f"/desk/live/{found[1]}/back", [], at="/desk/live/")
            ended = await comes(home, blue=False, within=30)
        page = await says(publisher, "已存为草稿", within=90)
        draft = re.search(r'href="/desk/documents/([\w-]+)"[^>]*>', page[page.index("已存为草稿") - 2_000 :])
        assert draft is not None
        sys.stdout.write(json.dumps({"on air": first, "lost": lost, "back": again, "ended": ended}) + "\n")
