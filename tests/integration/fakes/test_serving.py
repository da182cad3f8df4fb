"""The simulators on real ports: what cut, slow and packed answers look like to a real client."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind
from tests.fakes.stage.serving import serving
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.unit.fakes.asking import douyin, film, wechat

ROOT = Path(__file__).resolve().parents[3]
COUNT = "/cgi-bin/draft/count"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def control(http: aiohttp.ClientSession, base: str, name: str, body: Any = None) -> Any:
    """Reads without a body, acts with one."""
    if body is None:
        async with http.get(f"{base}/_sim/{name}") as answer:
            return await answer.json()
    async with http.post(f"{base}/_sim/{name}", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def token(http: aiohttp.ClientSession, base: str, sim: WeChat) -> str:
    asked = {"grant_type": "client_credential", "appid": sim.account.appid, "secret": sim.account.secret}
    async with http.post(f"{base}/cgi-bin/stable_token", json=asked) as answer:
        return str((await answer.json())["access_token"])


async def test_call_over_a_socket_is_answered(http: aiohttp.ClientSession) -> None:
    sim = WeChat()
    async with serving(sim) as base:
        assert base.startswith("http://127.0.0.1:")
        async with http.get(f"{base}{COUNT}?access_token={await token(http, base, sim)}") as answer:
            assert await answer.json() == {"total_count": 0}


@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER])
async def test_connection_when_cut_dies_for_a_real_client(http: aiohttp.ClientSession, kind: Kind) -> None:
    sim = WeChat()
    async with serving(sim) as base:
        sim.faults.plan("/cgi-bin/stable_token", kind)
        with pytest.raises(aiohttp.ClientError):
            await token(http, base, sim)
        assert await token(http, base, sim)
    assert len(sim.tokens.stable) == 1


async def test_packed_answer_is_unpacked_and_slow_one_waits(http: aiohttp.ClientSession) -> None:
    sim = WeChat()
    async with serving(sim) as base:
        sim.faults.plan("*", Kind.GZIP)
        assert await token(http, base, sim)
        sim.faults.plan("*", Kind.SLOW, seconds=0.3)
        before = asyncio.get_running_loop().time()
        await token(http, base, sim)
        assert asyncio.get_running_loop().time() - before >= 0.3


async def test_journey_steers_and_reads_over_http(http: aiohttp.ClientSession) -> None:
    sim = WeChat()
    async with serving(sim) as base:
        await control(http, base, "review", {"result": 4, "delay": 60})
        await control(http, base, "faults", {"path": COUNT, "kind": "code", "code": 45009})
        value = await token(http, base, sim)
        async with http.get(f"{base}{COUNT}?access_token={value}") as answer:
            assert (await answer.json())["errcode"] == 45009
        asking = await wechat(sim)
        draft = await asking.draft("课堂")
        await asking.post("freepublish/submit", {"media_id": draft["media_id"]})
        await control(http, base, "clock", {"advance": 61})
        assert list((await control(http, base, "state"))["jobs"].values()) == [4]
        assert await control(http, base, "visible?title=课堂") == {"visible": 0}
        assert (await control(http, base, "counters"))["drafts"] == 1
        journal = await control(http, base, f"journal?path={COUNT}")
        assert [(entry["path"], entry["fault"], entry["code"]) for entry in journal] == [(COUNT, "code", 45009)]
        assert value not in json.dumps(await control(http, base, "journal"))
        await control(http, base, "rights", {"name": "freepublish", "granted": False})
        assert (await asking.post("freepublish/submit", {"media_id": draft["media_id"]}))["errcode"] == 48001
        await control(http, base, "arrange", {"seed": 3})
        await control(http, base, "calm", {})


async def test_control_wants_json_and_says_what_is_wrong(http: aiohttp.ClientSession) -> None:
    async with serving(WeChat()) as base:
        async with http.post(f"{base}/_sim/calm", data="x") as answer:
            assert answer.status == 415
        async with http.post(f"{base}/_sim/faults", json={"path": "*", "kind": "flood"}) as answer:
            assert answer.status == 400
        async with http.post(f"{base}/_sim/nothing", json={}) as answer:
            assert answer.status == 404
        async with http.get(f"{base}/_sim/static/../control.py") as answer:
            assert answer.status == 404


async def test_callback_goes_to_a_real_server(unused_tcp_port: int) -> None:
    got: list[str] = []
    came = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        got.append(await request.text())
        came.set()
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/hooks/wechat/main/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    sim = WeChat(mailbox=Mailbox(f"http://127.0.0.1:{unused_tcp_port}/hooks/wechat/main/"))
    asking = await wechat(sim)
    async with serving(sim), asyncio.timeout(10):
        await asking.published()
        await came.wait()
    await runner.cleanup()
    assert "PUBLISHJOBFINISH" in got[0]


async def test_video_is_served_by_range(http: aiohttp.ClientSession) -> None:
    asking = await douyin()
    video_id = await asking.video()
    data = film()
    async with serving(asking.sim) as base:
        for asked, status, part in (
            ("", 200, data),
            ("bytes=0-", 206, data),
            ("bytes=4-7", 206, b"ftyp"),
            ("bytes=-3", 206, data[-3:]),
            (f"bytes={len(data)}-", 416, b""),
            ("bytes=9-4", 416, b""),
        ):
            headers = {"Range": asked} if asked else {}
            async with http.get(f"{base}/media/{video_id}", headers=headers) as answer:
                assert (answer.status, await answer.read()) == (status, part)
        async with http.get(f"{base}/media/{video_id}", headers={"Range": "bytes=4-7"}) as answer:
            assert answer.headers["Content-Range"] == f"bytes 4-7/{len(data)}"
            assert answer.content_type == "video/mp4"


async def test_pages_hold_a_strict_policy_and_the_label(http: aiohttp.ClientSession) -> None:
    first, second = await wechat(), await douyin()
    await first.published('<b>课堂"</b>')
    await second.created("课堂 #吴江 <script>")
    async with serving(first.sim) as one, serving(second.sim) as two:
        sn = next(iter(first.sim.publishing.publications.values())).items[0].sn
        for url in (f"{one}/", f"{one}/s/{sn}", f"{two}/"):
            async with http.get(url) as answer:
                page = await answer.text()
                assert "模拟器 · 仅用于演示" in page
                assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
                assert "unsafe-inline" not in answer.headers["Content-Security-Policy"].partition("style-src-attr")[0]
                assert not re.search(r"<script>|<style|\son\w+=", page)
        async with http.get(f"{one}/s/nobody") as answer:
            assert answer.status == 404


async def test_program_serves_all_until_it_is_told_to_end(
    http: aiohttp.ClientSession, unused_tcp_port_factory: Any
) -> None:
    ports = [unused_tcp_port_factory() for _ in range(3)]
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.platforms",
        *("--wechat-port", str(ports[0]), "--douyin-port", str(ports[1]), "--wechat-appid", "wx1"),
        *("--wechat-secret", "s", "--douyin-client-key", "k", "--douyin-client-secret", "c"),
        *("--callback-base", "http://127.0.0.1:9", "--iptv-port", str(ports[2])),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout
    async with asyncio.timeout(30):
        line = (await program.stdout.readline()).decode()
        assert "ready" in line
        assert all(f"http://127.0.0.1:{port}" in line for port in ports)
        query = "grant_type=client_credential&appid=wx1&secret=s"
        async with http.get(f"http://127.0.0.1:{ports[0]}/cgi-bin/token?{query}") as answer:
            assert (await answer.json())["expires_in"] == 7200
        for port, name in ((ports[1], "抖音"), (ports[2], "运营商")):
            async with http.get(f"http://127.0.0.1:{port}/") as answer:
                assert "模拟器" in (page := await answer.text())
                assert name in page
        program.send_signal(signal.SIGTERM)
        assert await program.wait() == 0


async def test_simulators_of_both_platforms_live_side_by_side(http: aiohttp.ClientSession) -> None:
    async with serving(WeChat()) as one, serving(Douyin()) as two:
        assert one != two
        assert (await control(http, one, "revision"))["revision"] == WeChat().revision
        assert (await control(http, two, "deliveries")) == []
