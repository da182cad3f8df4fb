"""Uploads that go on where they broke off: the protocol, what is refused, who may, and what comes of it."""

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from sqlalchemy import func, select, update

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.models import Asset, Upload
from cms.library.room import EncodeRoom
from cms.library.taking import take_next
from cms.library.upload import UploadRoom
from cms.library.uploads import sweep
from cms.people.models import Membership
from tests.fakes.videos import CLIP, FakeTools
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.desk.world import png

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
BASE = "/desk/library/uploads"


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock(), tools=FakeTools().tools) as opened:
        yield opened


async def _editor(desk: House) -> Browser:
    await desk.set_up()
    editor = await desk.add("shen", "沈静怡", "editor")
    await editor.get("/desk/library/")
    return editor


def _told(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


async def _create(browser: Browser, size: int, **told: str) -> ClientResponse:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": _told(**({"filename": "第一讲.mp4"} | told))}
    return await browser.script("POST", BASE, headers=headers)


async def _begun(browser: Browser, size: int, **told: str) -> str:
    answer = await _create(browser, size, **told)
    assert answer.status == 201, await answer.text()
    assert answer.headers["Upload-Expires"].endswith("GMT")
    return answer.headers["Location"]


async def _patch(browser: Browser, url: str, at: int, data: bytes, **more: str) -> ClientResponse:
    headers = {**PIECE, "Upload-Offset": str(at), **{name.replace("_", "-"): value for name, value in more.items()}}
    return await browser.script("PATCH", url, data=data, headers=headers)


async def _offset(browser: Browser, url: str) -> int:
    answer = await browser.script("HEAD", url, headers=TUS)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


async def _code(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["code"]


async def test_upload_when_its_pieces_came_with_breaks_is_one_asset(desk: House, tmp_path: Path) -> None:
    editor = await _editor(desk)
    can = await editor.script("OPTIONS", BASE)
    assert (can.status, can.headers["Tus-Version"]) == (204, "1.0.0")
    assert set(can.headers["Tus-Extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    data = CLIP + b"\0" * 100_000
    url = await _begun(editor, len(data))
    assert await _offset(editor, url) == 0
    first = await _patch(editor, url, 0, data[:50_000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "50000")
    assert "第一讲.mp4" in await editor.get("/desk/library/")
    assert "再次选择同一个文件即可接着传" in editor.page

    # The server was restarted: nothing but the row and the file is left.
    deps = replace(desk.deps)
    assert deps.workshop.uploads_folder.parent == tmp_path
    assert await _offset(editor, url) == 50_000
    digest = base64.b64encode(hashlib.sha256(data[50_000:]).digest()).decode()
    bad = base64.b64encode(b"\0" * 32).decode()
    assert await _code(await _patch(editor, url, 50_000, data[50_000:], Upload_Checksum=f"sha256 {bad}")) == (
        460,
        "media.part_checksum",
    )
    assert await _offset(editor, url) == 50_000
    last = await _patch(editor, url, 50_000, data[50_000:], Upload_Checksum=f"sha256 {digest}")
    assert last.status == 204
    told = await (await editor.script("GET", url)).json()
    assert (told["state"], told["asset"]["name"], told["asset"]["state"]) == ("done", "第一讲.mp4", "waiting")
    async with desk.deps.db.read() as session:
        asset = (await session.scalars(select(Asset))).one()
    assert asset.sha256 == asset.source_sha256 == hashlib.sha256(data).hexdigest()
    assert list(deps.workshop.uploads_folder.iterdir()) == []
    assert (await editor.script("HEAD", url, headers=TUS)).headers["Upload-Offset"] == str(len(data))

    # The same file again: what is there is offered, a copy only on wish.
    twin = await _begun(editor, len(data), filename="又一次.mp4")
    await _patch(editor, twin, 0, data)
    told = await (await editor.script("GET", twin)).json()
    assert (told["state"], told["twin"]["id"]) == ("twin", str(asset.id))
    assert "素材库中已有相同的文件" in await editor.get("/desk/library/")
    kept = await (await editor.script("POST", f"{twin}/keep")).json()
    assert (kept["state"], kept["asset"]["name"]) == ("done", "又一次.mp4")


async def test_request_when_hostile_or_wrong_is_refused_with_the_protocols_status(desk: House) -> None:
    editor = await _editor(desk)
    unknown, nine = str(uuid.uuid4()), {**TUS, "Upload-Length": "9"}
    for headers, code in (
        ({"Upload-Length": "12"}, (412, "library.upload_version")),
        ({**TUS}, (422, "library.upload_header")),
        ({**TUS, "Upload-Length": "-1"}, (422, "library.upload_header")),
        ({**TUS, "Upload-Length": "0"}, (422, "library.upload_size")),
        ({**TUS, "Upload-Length": str(1 << 50)}, (413, "media.too_large")),
        ({**nine, "Upload-Metadata": "filename ###"}, (422, "library.upload_header")),
        ({**nine, "Upload-Metadata": _told(replaces="../../etc")}, (422, "library.upload_header")),
        ({**nine, "Upload-Metadata": _told(folder=unknown)}, (404, "library.folder_unknown")),
        ({**nine, "Upload-Metadata": _told(replaces=unknown)}, (404, "library.asset_unknown")),
    ):
        answer = await editor.script("POST", BASE, headers=headers)
        assert await _code(answer) == code
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    folder = desk.deps.workshop.uploads_folder
    assert not folder.exists() or list(folder.iterdir()) == []

    url = await _begun(editor, 1000, filename="../../etc/passwd\r\n.mp4")
    assert await _code(await _patch(editor, url, 5, b"x")) == (409, "media.part_offset")
    assert await _code(await _patch(editor, url, 0, b"x" * 1001)) == (413, "media.part_too_long")
    plain = await editor.script("PATCH", url, data=b"x", headers={**TUS, "Upload-Offset": "0"})
    assert (await _code(plain))[0] == 415
    for checksum in ("md5 AAAA", "sha1 AAAA", "sha256"):
        assert (await _code(await _patch(editor, url, 0, b"x", Upload_Checksum=checksum)))[0] == 422
    assert await _offset(editor, url) == 0
    # Not a video at all: looked into, told, and nothing of it is kept.
    assert (await _patch(editor, url, 0, b"#EXTM3U\n" + b"x" * 992)).status == 204
    told = await (await editor.script("GET", url)).json()
    assert (told["state"], told["fault"]["code"], told["name"]) == ("failed", "media.playlist", "../../etc/passwd .mp4")
    assert list(folder.iterdir()) == []
    assert (await editor.script("DELETE", url, headers=TUS)).status == 204
    assert (await editor.script("HEAD", url, headers=TUS)).status == 404

    token, editor.token = editor.token, "0" * 64
    assert (await _code(await _create(editor, 10)))[1] == "kernel.csrf"
    editor.token = token


async def test_upload_when_anothers_or_the_right_is_gone_is_not_taken(desk: House) -> None:
    editor = await _editor(desk)
    url = await _begun(editor, len(CLIP))
    other = await desk.add("lu", "陆明", "reviewer")
    await other.get("/desk/library/")
    for method in ("HEAD", "DELETE"):
        assert (await other.script(method, url, headers=TUS)).status == 404
    assert (await _patch(other, url, 0, CLIP)).status == 404
    assert (await other.script("GET", url)).status == 404
    async with desk.deps.db.write() as session:
        await session.execute(update(Membership).values(ended_at=desk.deps.now()))
    assert (await _patch(editor, url, 0, CLIP)).status == 403
    [path] = desk.deps.workshop.uploads_folder.iterdir()
    assert path.stat().st_size == 0


async def test_upload_when_there_are_too_many_or_it_ran_out_or_no_room_is_refused(desk: House) -> None:
    editor = await _editor(desk)
    room = UploadRoom(each=2, lasts=dt.timedelta(hours=1))
    object.__setattr__(desk.deps.workshop, "uploads", room)
    urls = [await _begun(editor, 10) for _ in range(2)]
    assert await _code(await _create(editor, 10)) == (429, "library.uploads_many")
    later = desk.deps.now() + dt.timedelta(hours=2)
    async with desk.deps.db.write() as session:
        await session.execute(update(Upload).values(expires_at=desk.deps.now() - dt.timedelta(seconds=1)))
    assert (await editor.script("HEAD", urls[0], headers=TUS)).status == 410
    assert await sweep(desk.deps.db, desk.deps.workshop, now=later) == 2
    assert list(desk.deps.workshop.uploads_folder.iterdir()) == []
    limits = replace(desk.deps.workshop.video_limits, min_free_bytes=1 << 60)
    object.__setattr__(desk.deps.workshop, "video_limits", limits)
    assert await _code(await _create(editor, 10)) == (507, "media.disk_full")
    async with desk.deps.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Upload)) == 0


async def test_upload_when_the_process_died_before_it_was_taken_is_taken_by_a_worker(desk: House) -> None:
    editor = await _editor(desk)
    data = png()
    url = await _begun(editor, len(data), filename="湖.png")
    async with desk.deps.db.write() as session:
        await session.execute(update(Upload).values(state="checking", lease_owner="dead", lease_until=desk.deps.now()))
    path = next(iter(desk.deps.workshop.uploads_folder.iterdir()))
    path.write_bytes(data)
    deps = desk.deps
    clock = SystemClock()
    assert await take_next(EncodeRoom(deps.db, clock, deps.workshop, "worker"))
    told = await (await editor.script("GET", url)).json()
    assert (told["state"], told["asset"]["kind"]) == ("done", "picture")
    assert not await take_next(EncodeRoom(deps.db, clock, deps.workshop, "worker"))
