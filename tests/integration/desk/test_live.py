"""Live sources on the desk: kept by who manages the channel, seen by who sees deliveries, and no secret on any page."""

import datetime as dt
import json

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.live.holding import SaidOfSource, hold
from cms.live.models import LiveSource, account_of
from tests.integration.desk.house import House
from tests.integration.desk.test_outlets import channel

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LISTEN = {
    "channel": "lectures", "kind": "listen", "name": "礼堂", "port": "9000", "passphrase": "hall-2026-secret",
    "url": "", "active": "on",
}  # fmt: skip
PULL = {**LISTEN, "kind": "pull", "name": "广场", "url": "rtmp://live.example.cn/app/key-1?sign=abcd", "passphrase": ""}
STILL = b"\xff\xd8 a picture"


async def rows(house: House) -> list[LiveSource]:
    async with house.deps.db.read() as session:
        return list(await session.scalars(select(LiveSource).order_by(LiveSource.created_at)))


async def test_sources_are_kept_and_shown_without_their_secrets(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    publisher = await house.add("fa2", "发布员", "publisher")
    assert "还没有直播信号" in await publisher.get("/desk/live/")
    page = await operator.post("/desk/live/", {**LISTEN, "passphrase": "short", "port": "80", "name": ""}, status=422)
    assert "口令应为 10 到 79 位" in page
    assert "端口应在 1024 到 65535 之间" in page
    await operator.post("/desk/live/", {**PULL, "url": "rtmp://127.0.0.1/a/b"}, status=422)
    await operator.post("/desk/live/", {**PULL, "url": "file:///etc/passwd"}, status=422)
    assert "srt://…:9000" in await operator.post("/desk/live/", LISTEN)
    assert "端口 9000 已有一路信号在用" in await operator.post("/desk/live/", LISTEN, status=409)
    page = await operator.post("/desk/live/", PULL)
    assert "rtmp://live.example.cn/app/•••" in page
    assert "key-1" not in page
    assert "hall-2026" not in page
    hall, square = await rows(house)
    assert (hall.active, square.active, square.url) == (True, True, "rtmp://live.example.cn/app/•••")
    assert await house.deps.vault(account_of(hall.id)).get("secret") == LISTEN["passphrase"]
    await operator.post(f"/desk/live/{hall.id}", {"name": "大礼堂", "port": "9002", "secret": "", "active": "on"})
    hall, _ = await rows(house)
    assert (hall.name, hall.port, hall.version) == ("大礼堂", 9002, 2)
    assert await house.deps.vault(account_of(hall.id)).get("secret") == LISTEN["passphrase"]
    async with house.deps.db.read() as session:
        told = (
            await session.scalars(select(AuditEvent).where(AuditEvent.object_kind == "live").order_by(AuditEvent.seq))
        ).all()
    assert [one.action for one in told] == ["live.add", "live.add", "live.edit"]
    assert not any(secret in str(one.details) for one in told for secret in ("key-1", "hall-2026"))


async def test_page_shows_state_picture_and_measured_factor_and_why_it_cannot_go_on_air(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    publisher = await house.add("fa2", "发布员", "publisher")
    await operator.get("/desk/live/")
    await operator.post("/desk/live/", LISTEN)
    (hall,) = await rows(house)
    assert "接收进程无响应" in await publisher.get("/desk/live/")
    now = house.deps.now()
    said = SaidOfSource("receiving", now, 2.13, 3, 1, 0, 2, 1, 0, "1920×1080", "", STILL)
    for at in (now, now + dt.timedelta(seconds=1)):
        async with house.deps.db.write() as session:
            await hold(session, "one", {hall.id: said}, now=at)
    page = await publisher.get("/desk/live/tiles")
    assert "实测 2.13 倍实时，编 3 档" in page
    assert "中断 1 次 · 迟到 2 段" in page
    assert f"/desk/live/{hall.id}/still.jpg" in page
    assert f'data-dialog-open="take-{hall.id}"' in page
    assert "这个频道还没有可用的稿件" in await publisher.get("/desk/live/")
    await publisher.post(f"/desk/live/{hall.id}/back", status=404)
    await publisher.post(f"/desk/live/{hall.id}/take", {"document": "none", "minutes": "60"}, status=404)
    await publisher.post(f"/desk/live/{hall.id}/take", {"document": "none", "minutes": "7"}, status=422)


async def test_sources_over_the_api_are_kept_seen_and_refused_like_on_the_desk(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    publisher = await house.add("fa2", "发布员", "publisher")
    writer = await house.add("bi", "采编", "editor")
    for visitor in (operator, publisher):
        await visitor.get("/desk/live/")
    await writer.get("/desk/")
    at = "/api/v1/live-sources"
    told = {"channel": "lectures", "kind": "listen", "name": "礼堂", "port": 9000, "secret": "hall-2026-secret"}
    wrong = await operator.script("POST", at, json={**told, "secret": "short"})
    assert (wrong.status, (await wrong.json())["code"]) == (422, "live.form")
    assert (await writer.script("POST", at, json=told)).status == 403
    made = await operator.script("POST", at, json=told)
    assert made.status == 200, await made.text()
    one = f"{at}/{(await made.json())['id']}"
    assert (await operator.script("POST", at, json=told)).status == 409
    assert (await operator.script("PUT", one, json={"name": "大礼堂", "port": 9002})).status == 200
    text = await (await publisher.script("GET", at)).text()
    assert "hall-2026" not in text
    (line,) = json.loads(text)["sources"]
    assert (line["name"], line["port"], line["kind"], line["heard"], line["on_air"]) == (
        "大礼堂",
        9002,
        "listen",
        False,
        False,
    )
    refused = await publisher.script("POST", f"{one}/air", json={"document": "none"})
    assert refused.status == 404
    ended = await publisher.script("DELETE", f"{one}/air", json={})
    assert (ended.status, (await ended.json())["code"]) == (404, "publishing.no_cut_in")
    async with house.deps.db.read() as session:
        told_of = (await session.scalars(select(AuditEvent).where(AuditEvent.object_kind == "live"))).all()
    assert [event.action for event in told_of] == ["live.add", "live.edit"]
