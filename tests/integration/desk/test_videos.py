"""Videos on the desk: uploads, how they stand in words, ranges for the player, another try, and who may."""

import asyncio
import datetime as dt
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData
from sqlalchemy import select, update

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.models import VIDEO, Asset, EncodeJob
from cms.library.room import EncodeRoom
from cms.library.subtitling import tracks_of
from media.errors import MediaRefused
from media.findings import Findings
from media.loudness import Loudness
from media.subtitles import Cue
from tests.fakes.videos import CLIP, FakeTools
from tests.integration.desk.house import Browser, House, open_house
from tests.schema import on_both


@pytest.fixture
def fake() -> FakeTools:
    return FakeTools()


@pytest.fixture
async def desk(database: Database, tmp_path: Path, fake: FakeTools) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, SystemClock(), tools=fake.tools) as opened:
        yield opened


async def _editor(house: House) -> Browser:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await editor.get("/desk/library/")
    return editor


async def _upload(editor: Browser, data: bytes = CLIP, name: str = "第一讲.mp4") -> tuple[int, dict[str, object]]:
    form = FormData()
    form.add_field("file", io.BytesIO(data), filename=name, content_type="video/mp4")
    answer = await editor.script("POST", "/desk/library/videos/upload", data=form)
    return answer.status, await answer.json()


def _room(house: House) -> EncodeRoom:
    # Nothing is said while a test says it: a tick longer than the test.
    return EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "desk-test", tick=60)


async def test_video_when_uploaded_shows_each_of_its_states_in_words(desk: House, fake: FakeTools) -> None:
    editor = await _editor(desk)
    assert "还没有视频" in await editor.get("/desk/library/?kind=video")

    # More than the desk takes of an ordinary form.
    status, video = await _upload(editor, CLIP + b"\0" * (3 << 20))
    assert (status, video["state"], video["label"], video["duration"]) == (200, "waiting", "等待转码", "1:02")
    page = await editor.get("/desk/library/")
    assert f'hx-get="{video["href"]}/card"' in page
    assert "等待转码，前面的视频完成后自动开始" in page

    fake.gate.clear()
    work = asyncio.create_task(encode_next(_room(desk)))
    await fake.inside.wait()
    async with desk.deps.db.write() as session:
        await session.execute(update(EncodeJob).values(percent=62, eta_seconds=170))
    answer = await editor.script("GET", str(video["href"]))
    told = await answer.json()
    assert (told["state"], told["percent"], told["words"]) == ("encoding", 62, "正在转码 62 %，约 3 分钟")
    card = await editor.get(f"{video['href']}/card")
    assert 'hx-trigger="every 2s"' in card
    assert "play-720" not in card

    fake.gate.set()
    await work
    told = await (await editor.script("GET", str(video["href"]))).json()
    assert (told["state"], told["fault"]) == ("ready", None)
    card = await editor.get(f"{video['href']}/card")
    assert "hx-get" not in card
    assert f'data-film-play="/desk/assets/{video["id"]}/play-720"' in card
    assert told["poster"] in await editor.get("/desk/library/picker")
    assert str(video["id"]) not in await editor.get("/desk/library/picker")
    assert str(video["href"]) in await editor.get("/desk/library/videos/picker")


async def test_film_when_a_player_seeks_is_sent_in_ranges(desk: House) -> None:
    editor = await _editor(desk)
    _, video = await _upload(editor)
    assert await encode_next(_room(desk))
    url = f"/desk/assets/{video['id']}/play-720"
    whole = await editor.script("GET", url)
    body = await whole.read()
    assert (whole.status, len(body), whole.headers["Accept-Ranges"]) == (200, 1_600_000, "bytes")
    assert whole.content_type == "video/mp4"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    part = await editor.script("GET", url, headers={"Range": "bytes=1048570-1048585"})
    assert (part.status, await part.read()) == (206, body[1_048_570:1_048_586])
    assert part.headers["Content-Range"] == "bytes 1048570-1048585/1600000"
    end = await editor.script("GET", url, headers={"Range": "bytes=-10"})
    assert (end.status, await end.read()) == (206, body[-10:])
    for bad in ("bytes=1600000-", "bytes=9-1", "pages=1-2"):
        assert (await editor.script("GET", url, headers={"Range": bad})).status == 416
    again = await editor.script("GET", url, headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status == 304
    original = await _master(desk)
    for path in (f"/desk/assets/{video['id']}/original", f"/desk/files/{original}"):
        assert (await editor.script("GET", path)).status == 404


async def _master(house: House) -> str:
    async with house.deps.db.read() as session:
        return (await session.scalars(select(Asset.sha256).where(Asset.kind == "video"))).one()


async def test_video_when_rejected_says_why_and_is_tried_again(desk: House, fake: FakeTools) -> None:
    editor = await _editor(desk)
    _, video = await _upload(editor)
    fake.refuse = MediaRefused("media.disk_full")
    await encode_next(_room(desk))
    card = await editor.get(f"{video['href']}/card")
    assert "素材存储空间不足" in card
    assert "系统会自动重试" in card
    async with desk.deps.db.write() as session:
        await session.execute(update(EncodeJob).values(not_before=desk.deps.now() - dt.timedelta(seconds=1)))
    fake.refuse = MediaRefused("media.broken", format="mp4")
    await encode_next(_room(desk))
    page = await editor.get("/desk/library/")
    assert "文件已损坏，或内容与 mp4 格式不符" in page
    assert "重新转码" in page

    other = await desk.add("lu", "陆明", "publisher")
    assert "重新转码" not in await other.get("/desk/library/")
    await other.post(f"{video['href']}/retry", {}, status=403)
    await editor.get("/desk/library/")
    await editor.post(f"{video['href']}/retry", {})
    assert editor.at == "/desk/library/"
    assert "已重新排队转码" in editor.page
    fake.refuse = None
    assert await encode_next(_room(desk))
    assert "play-720" in await editor.get("/desk/library/")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"#EXTM3U\n", "media.playlist"), (b"", "media.empty"), (b"\x89PNG\r\n\x1a\n", "media.wrong_kind")],
)
async def test_upload_when_refused_says_why_and_what_next(desk: House, data: bytes, code: str) -> None:
    editor = await _editor(desk)
    status, problem = await _upload(editor, data)
    assert (status, problem["code"]) == (422, code)
    assert problem["next"]
    assert "还没有视频" in await editor.get("/desk/library/?kind=video")


async def test_upload_when_the_browser_hangs_up_leaves_nothing(desk: House) -> None:
    editor = await _editor(desk)

    async def half() -> AsyncIterator[bytes]:
        yield (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
            b"Content-Type: video/mp4\r\n\r\n" + CLIP
        )
        await asyncio.sleep(30)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    sending = asyncio.create_task(editor.script("POST", "/desk/library/videos/upload", data=half(), headers=headers))
    work = desk.deps.workshop.work
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(lambda: list(work.iterdir())):  # noqa: ASYNC110 - said by a folder
            await asyncio.sleep(0.02)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    async with asyncio.timeout(10):
        while await asyncio.to_thread(lambda: list(work.iterdir())):  # noqa: ASYNC110 - said by a folder
            await asyncio.sleep(0.02)
    async with desk.deps.db.read() as session:
        assert (await session.scalars(select(Asset))).all() == []


async def test_video_of_another_kind_or_unit_is_not_told(desk: House) -> None:
    editor = await _editor(desk)
    _, video = await _upload(editor)
    await encode_next(_room(desk))
    told = await (await editor.script("GET", str(video["href"]))).json()
    assert (await editor.script("GET", f"/desk/library/videos/{told['poster']}")).status == 404
    assert (await editor.script("GET", "/desk/library/videos/nonsense")).status == 404
    nobody = await desk.add("wu-ming", "吴名")
    await nobody.get("/desk/account")
    assert (await nobody.script("GET", str(video["href"]))).status == 403


@on_both
async def test_film_when_cut_becomes_a_new_one_with_its_words_and_the_old_one_stays(
    desk: House, fake: FakeTools
) -> None:
    editor = await _editor(desk)
    _, video = await _upload(editor)
    _, other = await _upload(editor, CLIP + b"2", "two.mp4")
    await editor.get(f"/desk/library/assets/{video['id']}/cut", status=409)
    fake.chapters = ((0, "开场"), (30_720, "提问"))
    fake.subtitles = {"zh": (Cue(31_000, 33_000, "各位老师好"),)}
    fake.findings = Findings(black=((1_000, 4_000),), loudness=Loudness(-24.1, -3.5))
    for _ in range(2):
        assert await encode_next(_room(desk))
    href = f"/desk/library/assets/{video['id']}"
    page = await editor.get(href)
    for words in ("黑场", "0:01 – 0:04", "响度 -24.1 LKFS", "提问", 'every="1920"', "剪辑"):
        assert words in page
    await editor.post(f"{href}/chapters", {"chapters": "0:00 开场\n0:30 问答\n"})
    assert "章节已保存" in editor.page
    assert "第 2 行看不懂" in await editor.post(f"{href}/chapters", {"chapters": "0:00 开场\n半分钟"}, status=422)

    page = await editor.get(f"{href}/cut")
    assert "two.mp4（1:02）" in page
    whole = json.dumps([[video["id"], 0, 17]])
    assert "没有剪掉任何部分" in await editor.post(f"{href}/cut", {"pieces": whole, "name": ""}, status=422)
    assert "第 1 段超出" in await editor.post(
        f"{href}/cut", {"pieces": json.dumps([[video["id"], 0, 18]]), "name": ""}, status=422
    )
    assert "看不懂" in await editor.post(f"{href}/cut", {"pieces": "{", "name": ""}, status=422)
    pieces = [[video["id"], 7, 9], [other["id"], 0, 17]]
    page = await editor.post(f"{href}/cut", {"pieces": json.dumps(pieces), "name": "合辑"})
    assert "剪辑已提交" in page
    assert await encode_next(_room(desk))
    assert fake.joined == [[tuple(one) for one in pieces]]
    async with desk.deps.db.read() as session:
        made = (await session.scalars(select(Asset).where(Asset.name == "合辑", Asset.kind == VIDEO))).one()
        job = (await session.scalars(select(EncodeJob).where(EncodeJob.asset_id == made.id))).one()
        [track] = (await tracks_of(session, [made.id]))[made.id]
    assert (made.state, job.error_code, made.duration_ms) == ("ready", None, 2 * 3_840 + 62_400)
    assert made.chapters == [[30_000 - 26_880, "问答"], [7_680, "开场"], [38_400, "提问"]]
    assert track.cues[0] == [31_000 - 26_880, 33_000 - 26_880, "各位老师好"]
    assert "黑场" in await editor.get(href)
