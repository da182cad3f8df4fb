"""Live sources on the desk: kept by who manages the channel, seen by who sees deliveries, and no secret on any page."""

import asyncio
import datetime as dt
import json
import subprocess
import uuid

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.live.holding import Holding, SaidOfSource, hold
from cms.live.keeping import keep_next
from cms.live.models import LivePart, LiveSource, account_of
from cms.publishing.onair.models import LogoRow
from tests.integration.desk.house import PASSWORD, House
from tests.integration.desk.test_api import call
from tests.integration.desk.test_outlets import channel
from tests.integration.desk.world import World, make_world, target

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
    said = SaidOfSource("receiving", now, 2.13, 3, 1, 0, 2, 1, 0, "1920×1080", "", STILL, 2.08)
    for at in (now, now + dt.timedelta(seconds=1)):
        async with house.deps.db.write() as session:
            await hold(session, "one", {hall.id: said}, now=at)
    page = await publisher.get("/desk/live/tiles")
    assert "实测 2.13 倍实时，编 3 档" in page
    assert "录制时 2.08 倍" in page
    assert "含台标" not in page
    await wear(house, hall.id)
    page = await publisher.get("/desk/live/tiles")
    assert "含台标" in page, "the measured factor is with the logo, and says so"
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


async def test_source_taken_over_the_api_makes_slots_ends_and_becomes_a_draft(house: House) -> None:
    world = await make_world(house)
    publisher, editor, operator = (world.by[role] for role in ("publisher", "editor", "operator"))
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("lectures", "tv", page), "name": "文明实践频道"})
    await operator.get("/desk/live/")
    document = await published(world, "礼堂直播", "lectures")
    told = {"channel": "lectures", "kind": "listen", "name": "礼堂", "port": 9000, "secret": "hall-2026-secret"}
    made = await call(operator, "POST", "/live-sources", told)
    source, one = uuid.UUID(made["id"]), f"/live-sources/{made['id']}"
    wish = {"document": document, "minutes": 60, "record": True}
    assert (await call(publisher, "POST", f"{one}/air", wish, status=409))["code"] == "live.no_receiver"
    good = SaidOfSource("receiving", None, 2.1, 3, 1, 0, 0, 0, 0, "1920×1080", "", recording=1.9)
    assert not (await receiver(house, source, good)).on_air, "a signal alone is not on air"

    assert "画面会带上这个频道的台标" not in await publisher.get("/desk/live/")
    await wear(house, source)
    page = await publisher.get("/desk/live/")
    assert "画面会带上这个频道的台标" in page
    assert "到信号下次开始时才生效" in page, "said before it is taken on air"
    assert (await call(editor, "POST", f"{one}/air", wish, status=403))["code"] == "people.denied.role"
    order = uuid.UUID((await call(publisher, "POST", f"{one}/air", wish))["id"])
    assert (await call(publisher, "POST", f"{one}/air", wish, status=409))["code"] == "live.on_air"
    assert (await receiver(house, source, good)).on_air == {source: order}, "its receiver is told to encode"
    (line,) = (await call(publisher, "GET", "/live-sources"))["sources"]
    assert (line["on_air"], line["recorded"], line["heard"], line["factor"]) == (True, True, True, 2.1)
    assert line["recording_factor"] == 1.9
    assert line["logo"] is True
    assert "录制中" in await publisher.get("/desk/live/")
    (kept,) = (await call(publisher, "GET", "/live-recordings"))["recordings"]
    assert (kept["title"], kept["state"], kept["document"], kept["error"]) == ("礼堂直播", "running", "", "")
    await parts(house, order)

    assert (await call(publisher, "DELETE", f"{one}/air", {}))["id"] == made["id"]
    assert (await receiver(house, source, good)).on_air == {}
    (line,) = (await call(publisher, "GET", "/live-sources"))["sources"]
    assert (line["on_air"], line["until"]) == (False, None)
    assert (await call(publisher, "DELETE", f"{one}/air", {}, status=404))["code"] == "publishing.no_cut_in"
    assert "正在存为草稿" in await publisher.get("/desk/live/")
    later = house.deps.now() + dt.timedelta(minutes=1)
    assert await keep_next(house.deps.db, house.deps.workshop, now=later)
    found = (await call(editor, "GET", "/documents?q=礼堂直播"))["documents"]
    assert {(piece["kind"], piece["title"], piece["state"]) for piece in found} == {
        ("news", "礼堂直播", "published"),
        ("lecture", "礼堂直播", "draft"),
    }
    page = await publisher.get("/desk/live/")
    assert "已存为草稿" in page
    (lecture,) = [piece["id"] for piece in found if piece["kind"] == "lecture"]
    assert f'href="/desk/documents/{lecture}"' in page
    (kept,) = (await call(publisher, "GET", "/live-recordings"))["recordings"]
    assert (kept["state"], kept["document"]) == ("kept", lecture)


async def published(world: World, title: str, channel: str) -> str:
    """A piece that may be shown on a channel, all of it over the API."""
    made = await call(world.by["editor"], "POST", "/documents", {"kind": "news", "title": title, "column": "news"})
    path, draft = f"/documents/{made['id']}", made["draft"]
    text = [{"t": "一句正文。"}]
    draft["byline"]["editor"], draft["channels"] = "陆明", ["tv"]
    draft["body"] = {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": text}]}
    sent = {"base": made["revision"], "version": 0, "draft": draft}
    await call(world.by["editor"], "PUT", f"{path}/working-copy", sent)
    signing = {
        "release": (await call(world.by["editor"], "POST", f"{path}/submit", {}))["release"],
        "password": PASSWORD,
    }
    for role in ("reviewer", "chief"):
        await call(world.by[role], "POST", f"{path}/approve", signing)
    await call(world.by["chief"], "POST", f"{path}/publish", {"targets": [channel]})
    return str(made["id"])


async def receiver(house: House, source: uuid.UUID, said: SaidOfSource) -> Holding:
    """What a receiver says of a source and is told, once it has got hold of it."""
    async with house.deps.db.write() as session:
        await hold(session, "one", {}, now=house.deps.now())
        return await hold(session, "one", {source: said}, now=house.deps.now())


async def wear(house: House, source: uuid.UUID) -> None:
    """Gives the channel of a source a logo."""
    async with house.deps.db.write() as session:
        of = await session.get_one(LiveSource, source)
        values = {"margin": 4, "size": 10, "opacity": 90, "created_by": of.created_by, "created_at": house.deps.now()}
        values |= {"id": uuid.uuid4(), "target_id": of.target_id, "asset_id": uuid.uuid4(), "corner": "top-left"}
        session.add(LogoRow(look="1" * 64, sha256="2" * 64, media_type="image/png", **values))


async def parts(house: House, order: uuid.UUID) -> None:
    """What came in for the order, as the role that receives keeps it."""
    told = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=192x108:r=25", "-t", "2", "-c:v", "libx264")
    made = (*told, "-preset", "ultrafast", "-f", "mpegts", "pipe:1")
    ran = await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True, timeout=60)
    stored = await house.deps.workshop.store.put(ran.stdout, media_type="video/mp2t")
    async with house.deps.db.write() as session:
        session.add(LivePart(cut_in_id=order, at=1, stretch=1, until=2_000, sha256=stored.sha256, size=stored.size))
