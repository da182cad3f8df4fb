"""The library by a program's token: a film in pieces, its subtitles and poster, cuts, twins, uses, and the trash."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from yarl import URL

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.room import EncodeRoom
from tests.fakes.videos import CLIP, FakeTools
from tests.integration.desk.house import PASSWORD, Browser, House, open_house
from tests.integration.desk.test_api import ask, call, program
from tests.integration.desk.world import png

TUS = {"Tus-Resumable": "1.0.0"}
SRT = "1\r\n00:00:01,000 --> 00:00:03,000\r\n各位居民\r\n\r\n2\r\n00:00:04,000 --> 00:00:06,000\r\n大家好\r\n"


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock(), tools=FakeTools().tools) as opened:
        yield opened


async def robot_of(desk: House, person: Browser, *scopes: str) -> Browser:
    sent = {"name": "市平台", "scopes": list(scopes), "days": 30, "password": PASSWORD}
    await person.get("/desk/account")
    return program(desk, (await call(person, "POST", "/tokens", sent))["secret"])


async def speak(
    robot: Browser, method: str, url: str, data: bytes = b"", /, **headers: str
) -> tuple[int, dict[str, str], str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    where = robot.base.join(URL(url))
    async with robot.session.request(method, where, data=data or None, headers=robot.headers | TUS | named) as answer:
        return answer.status, dict(answer.headers), await answer.text()


async def bring(robot: Browser, path: str, name: str, data: bytes, *, status: int = 200) -> Any:
    form = FormData()
    form.add_field("file", data, filename=name, content_type="application/octet-stream")
    url = robot.base.join(URL(f"/api/v1{path}"))
    async with robot.session.post(url, data=form, headers=robot.headers) as answer:
        found = await answer.json(content_type=None)
        assert answer.status == status, found
        return found


async def test_file_when_a_program_sends_it_has_everything_a_page_can_do(desk: House) -> None:
    await desk.set_up()
    editor = await desk.add("shen", "沈静怡", "editor")
    robot = await robot_of(desk, editor, "library:read", "library:write")
    film = await _film(desk, robot)
    await _subtitles(robot, film)
    await _pictures(robot, film)
    # Somebody who was not given the scope is told so, in the same words as everywhere.
    reader = await robot_of(desk, editor, "library:read")
    assert (await ask(reader, "POST", f"/assets/{film}/poster", {"at_ms": 1}, status=403))["code"] == (
        "people.denied.token"
    )
    status, headers, _ = await speak(reader, "POST", "/api/v1/uploads", Upload_Length="9")
    assert (status, headers["Content-Type"].partition(";")[0]) == (403, "application/problem+json")


async def _film(desk: House, robot: Browser) -> str:
    """By tus in two pieces, then again: the library knows it."""
    told = base64.b64encode("第一讲.mp4".encode()).decode()
    new = {"Upload_Length": str(len(CLIP)), "Upload_Metadata": f"filename {told}"}
    status, headers, _ = await speak(robot, "OPTIONS", "/api/v1/uploads")
    assert (status, headers["Tus-Version"]) == (204, "1.0.0")
    status, headers, _ = await speak(robot, "POST", "/api/v1/uploads", **new)
    url = headers["Location"]
    assert (status, url.startswith("/api/v1/uploads/")) == (201, True)
    piece = {"Content_Type": "application/offset+octet-stream"}
    status, headers, _ = await speak(robot, "PATCH", url, CLIP[:1000], Upload_Offset="0", **piece)
    assert (status, headers["Upload-Offset"]) == (204, "1000")
    status, headers, text = await speak(robot, "PATCH", url, CLIP[10:], Upload_Offset="10", **piece)
    assert (status, headers["Content-Type"].partition(";")[0]) == (409, "application/problem+json")
    assert "media.part_offset" in text
    assert (await speak(robot, "HEAD", url))[1]["Upload-Offset"] == "1000"
    line = await ask(robot, "GET", url.removeprefix("/api/v1"))
    assert (line["state"], line["received"], line["name"]) == ("open", 1000, "第一讲.mp4")
    await speak(robot, "PATCH", url, CLIP[1000:], Upload_Offset="1000", **piece)
    line = await ask(robot, "GET", url.removeprefix("/api/v1"))
    assert line["state"] == "done"

    sha256 = hashlib.sha256(CLIP).hexdigest()
    assert (await ask(robot, "GET", f"/assets/same?sha256={sha256}")) == {"picture": None, "video": line["asset"]}
    await ask(robot, "GET", "/assets/same?sha256=abc", status=422)
    _, headers, _ = await speak(robot, "POST", "/api/v1/uploads", **new)
    twin = headers["Location"].removeprefix("/api/v1")
    await speak(robot, "PATCH", headers["Location"], CLIP, Upload_Offset="0", **piece)
    again = await ask(robot, "GET", twin)
    assert (again["state"], again["twin"]) == ("twin", line["asset"])
    await ask(robot, "POST", f"{twin}/keep", {}, key="keep-twin-1")
    assert (await ask(robot, "GET", twin))["state"] == "done"
    deps = desk.deps
    room = EncodeRoom(deps.db, deps.clock, deps.workshop, "api-test", deps.metrics, tick=60)
    while await encode_next(room):
        pass
    return str(line["asset"])


async def _subtitles(robot: Browser, film: str) -> None:
    path = f"/assets/{film}/subtitles/zh"
    assert (await ask(robot, "GET", path))["version"] == 0
    bad = await bring(robot, f"{path}/read", "a.srt", SRT.replace("00:00:06,000", "00:00:02,000").encode())
    assert (bad["cues"], len(bad["problems"])) == ([], 1)
    read = await bring(robot, f"{path}/read", "a.srt", SRT.encode("gb18030"))
    assert (read["encoding"], read["form"], read["problems"]) == ("gbk", "srt", [])
    kept = await ask(robot, "PUT", path, {"cues": read["cues"]}, key="subtitles-1")
    assert (kept["version"], kept["cues"][1]["text"]) == (1, "大家好")
    late = await ask(robot, "PUT", path, {"cues": read["cues"], "version": 0}, status=409)
    assert (late["code"], late["version"]) == ("library.subtitles_conflict", 1)
    crossed = [{"start": "0:05", "end": "0:02", "text": "反了"}]
    wrong = await ask(robot, "PUT", path, {"cues": crossed, "version": 1}, status=422)
    assert (wrong["code"], list(wrong["fields"])) == ("library.subtitles_wrong", ["cues.1"])
    assert "大家好" in (await speak(robot, "GET", f"/api/v1{path}/export?form=srt"))[2]
    assert (await ask(robot, "GET", f"/assets/{film}"))["subtitles"] == ["zh"]
    await ask(robot, "DELETE", path, {})
    await ask(robot, "DELETE", path, {}, status=404)


async def _pictures(robot: Browser, film: str) -> None:
    lake = await bring(robot, "/assets/pictures", "lake.png", png())
    assert (await bring(robot, "/assets/pictures", "again.png", png()))["known"]
    copy = await bring(robot, "/assets/pictures?again=1", "copy.png", png())
    assert (copy["known"], copy["id"] != lake["id"]) == (False, True)
    one = f"/assets/{lake['id']}"
    await ask(robot, "POST", f"/assets/{film}/poster", {"at_ms": 31000, "picture": lake["id"]}, status=422)
    await ask(robot, "POST", f"/assets/{film}/poster", {"at_ms": 31000})
    await ask(robot, "POST", f"/assets/{film}/poster", {"picture": lake["id"]})
    assert (await ask(robot, "GET", f"/assets/{film}"))["poster"] == lake["id"]
    await bring(robot, f"/assets/{film}/poster/file", "poster.png", png(800, 450))
    assert (await bring(robot, f"/assets/{film}/file", "lake.png", png(), status=409))["code"] == "library.other_kind"

    cut = await ask(robot, "PUT", f"{one}/crops", {"focal": {"x": 100, "y": 500}, "crops": {"1x1": [200, 500, 150]}})
    assert cut["making"]
    wrong = {"focal": {"x": 100, "y": 500}, "crops": {"2x7": [1, 1, 100]}}
    assert (await ask(robot, "PUT", f"{one}/crops", wrong, status=422))["code"] == "library.crop"
    replaced = await bring(robot, f"{one}/file", "new.png", png(900, 500))
    assert (replaced["id"], replaced["name"], replaced["width"]) == (lake["id"], "lake.png", 900)
    said = {"name": "太湖", "tags": ["风景"], "owner": "区融媒体中心", "valid_until": "2020-01-01T00:00:00+08:00"}
    await ask(robot, "PUT", f"{one}/details", said)
    whole = await ask(robot, "GET", one)
    assert (whole["rights"], whole["tags"], whole["version"]) == ("expired", ["风景"], 2)
    assert (whole["focal"], whole["crops"]) == ([100, 500], {"1x1": [200, 500, 150]})
    assert (await ask(robot, "GET", "/assets?tag=风景&rights=expired"))["total"] == 1
    assert (await ask(robot, "GET", "/assets/tags"))["tags"] == [{"tag": "风景", "count": 1}]
    assert (await ask(robot, "GET", "/assets/rights"))["expired"] == 1
    assert (await ask(robot, "GET", f"{one}/uses"))["uses"] == []

    batch = await ask(robot, "POST", "/assets/bulk", {"act": "trash", "assets": [lake["id"]]})
    trash = await ask(robot, "GET", "/assets/trash")
    assert ([row["id"] for row in trash["assets"]], trash["next"], bool(batch["id"])) == ([lake["id"]], None, True)
    await ask(robot, "POST", "/assets/restore", {"assets": [lake["id"]]})
    assert (await ask(robot, "GET", "/assets/trash"))["total"] == 0
