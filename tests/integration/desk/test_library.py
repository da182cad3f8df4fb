"""The library as people use it: order, crops by shape, another file, rights, the trash, posters and subtitles."""

import datetime as dt
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData
from PIL import Image
from sqlalchemy import select, update

from cms.content.models import Edition
from cms.content.uses import ever_named
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.models import Asset, AssetTag, Folder, PastRendition, Rendition, RenditionJob
from cms.library.remaking import back_fill, remake_next
from cms.library.room import EncodeRoom
from cms.library.trash import KEPT, purge
from media.house import OPTIONAL
from media.images import TABLE
from tests.fakes.videos import CLIP, NAMES, FakeTools
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.desk.world import begin, png, upload, write

HTML = {"Accept": "text/html"}
SRT = "1\r\n00:00:01,000 --> 00:00:03,000\r\n各位居民\r\n\r\n2\r\n00:00:04,000 --> 00:00:06,000\r\n大家好\r\n"


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock(), tools=FakeTools().tools) as opened:
        yield opened


async def _people(desk: House) -> tuple[Browser, Browser]:
    await desk.set_up()
    chief = await desk.add("wu", "吴建国", "chief")
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    editor = await desk.add("shen", "沈静怡", "editor")
    await editor.get("/desk/library/")
    return editor, chief


def _room(desk: House) -> EncodeRoom:
    deps = desk.deps
    return EncodeRoom(deps.db, deps.clock, deps.workshop, "library-test", deps.metrics, tick=60)


async def _picture(editor: Browser, name: str, size: tuple[int, int] = (640, 480)) -> str:
    status, told = await upload(editor, name, png(*size))
    assert status == 200
    return str(told["asset"])


async def _files(desk: House, asset: str) -> dict[str, str]:
    async with desk.deps.db.read() as session:
        rows = await session.scalars(select(Rendition).join(Asset).where(Asset.name == asset))
        return {row.name: row.sha256 for row in rows}


def _image(asset: str) -> str:
    blocks = [
        {"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": "正文在此。"}]},
        {"id": "b_bbbbbbbbbbbb", "type": "image", "asset": asset, "alt": "湖"},
    ]
    return json.dumps({"schema": 1, "blocks": blocks}, ensure_ascii=False)


def _halves() -> bytes:
    """Left red, right blue: where a crop lies can be seen."""
    image = Image.new("RGB", (900, 400), (220, 30, 30))
    image.paste((30, 30, 220), (450, 0, 900, 400))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def test_files_when_ordered_are_found_moved_tagged_and_everything_is_undone(desk: House) -> None:
    editor, _ = await _people(desk)
    lake, dusk = await _picture(editor, "太湖.png"), await _picture(editor, "日落.png", (320, 240))
    status, told = await upload(editor, "又是太湖.png", png())
    assert (status, told["asset"], told["known"]["name"]) == (200, lake, "太湖.png")

    await editor.post("/desk/library/folders", {"name": "健步道"})
    folder = re.search(r"folder=([0-9a-f-]{36})", str(editor.page))
    assert folder is not None
    await editor.post("/desk/library/folders", {"name": "健步道"}, status=409)
    assert "library.folder_taken" in editor.page
    await editor.post("/desk/library/folders", {"name": "开放日", "parent": folder[1]})
    many = {"asset": [lake, dusk], "back": "/desk/library/?kind=picture"}
    page = await editor.post("/desk/library/bulk", {**many, "do": "move", "folder": folder[1]})
    assert "已移动 2 个素材" in page
    page = await editor.post("/desk/library/bulk", {**many, "do": "tag", "tags": "湖，步道、湖"})
    assert "已为 2 个素材添加标签" in page
    assert "太湖.png" in await editor.get(f"/desk/library/?folder={folder[1]}&tag=步道")
    assert "太湖.png" in await editor.get("/desk/library/?q=步道")
    assert "没有找到素材" in await editor.get("/desk/library/?q=不存在")
    async with desk.deps.db.read() as session:
        assert len((await session.scalars(select(AssetTag))).all()) == 4

    page = await editor.post("/desk/library/bulk", {**many, "do": "trash"})
    undo = re.search(r'action="(/desk/library/undo/[0-9a-f-]{36})"', page)
    assert undo is not None
    assert "太湖.png" not in await editor.get("/desk/library/")
    assert "太湖.png" in await editor.get("/desk/library/trash")
    await editor.post(undo[1])
    assert "太湖.png" in await editor.get("/desk/library/")
    await editor.post(undo[1], status=409)
    assert "library.undone" in editor.page

    await editor.post(f"/desk/library/folders/{folder[1]}/rename", {"name": "步道"})
    await editor.post(f"/desk/library/folders/{folder[1]}/drop")
    async with desk.deps.db.read() as session:
        [left] = (await session.scalars(select(Folder))).all()
        assert (left.name, left.parent_id) == ("开放日", None)
        assert all(one.folder_id is None for one in (await session.scalars(select(Asset))).all())
    await editor.post("/desk/library/bulk", {"do": "trash", "back": "//evil.example/"}, status=422)
    stranger = await desk.add("ji", "纪察", "auditor")
    await stranger.get("/desk/account")
    await stranger.post("/desk/library/bulk", {**many, "do": "trash"}, status=403)


async def test_picture_when_cut_anew_changes_only_those_sizes_and_what_is_signed_keeps_its_bytes(desk: House) -> None:
    editor, _ = await _people(desk)
    _, told = await upload(editor, "两半.png", _halves())
    asset = told["asset"]
    before = await _files(desk, "两半.png")
    page = await editor.get(f"/desk/library/assets/{asset}")
    assert "2.35:1 微信封面" in page
    crops = {"focal_x": "500", "focal_y": "500", "crops": json.dumps({"9x16": [900, 500, 150]})}
    await editor.post(f"/desk/library/assets/{asset}/crops", crops)
    assert "裁剪已保存" in editor.page
    assert "等待生成" in await editor.get(f"/desk/library/assets/{asset}/sizes")
    # A second change before the first was made: one job, both cuts.
    await editor.get(f"/desk/library/assets/{asset}")
    crops["crops"] = json.dumps({"9x16": [900, 500, 150], "1x1": [100, 500, 100]})
    await editor.post(f"/desk/library/assets/{asset}/crops", crops)
    assert await remake_next(_room(desk))
    assert not await remake_next(_room(desk))
    after = await _files(desk, "两半.png")
    assert {name for name in after if after[name] != before[name]} == {"screen-cover", "cover-1x1"}
    answer = await editor.script("GET", f"/desk/assets/{asset}/screen-cover")
    with Image.open(io.BytesIO(await answer.read())) as image:
        assert image.convert("RGB").getpixel((20, 960))[2] > 150  # type: ignore[index]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    # What a signed release names by hash is still there.
    assert (await editor.script("GET", f"/desk/files/{before['screen-cover']}")).status == 200
    for bad in (
        "{",
        "[1]",
        '{"9x16": [1, 2]}',
        '{"9x16": [0, 0, 99]}',
        '{"no": [0, 0, 100]}',
        '{"1x1": [true, 0, 100]}',
    ):
        await editor.post(f"/desk/library/assets/{asset}/crops", {**crops, "crops": bad}, status=422)

    # Sizes that did not exist when it was uploaded: made in the background, because television needs them.
    async with desk.deps.db.write() as session:
        await session.execute(update(Asset).values(made_for="older"))
        for row in (await session.scalars(select(Rendition).where(Rendition.name.in_(["tv-card", "cover-235"])))).all():
            await session.delete(row)
    now = desk.deps.now()
    async with desk.deps.db.write() as session:
        assert await back_fill(session, now=now) == 1
        assert await back_fill(session, now=now) == 0
    assert await remake_next(_room(desk))
    assert await _files(desk, "两半.png") == after
    async with desk.deps.db.read() as session:
        assert (await session.scalars(select(Asset.made_for))).one() == TABLE
        assert (await session.scalars(select(RenditionJob.state))).one() == "done"


async def test_file_when_replaced_keeps_its_id_and_names_what_is_out_and_uses_stop_the_trash(desk: House) -> None:
    editor, _ = await _people(desk)
    asset = await _picture(editor, "旧图.png")
    before = await _files(desk, "旧图.png")
    document = await begin(editor, "健步道开放", column="news")
    await write(editor, document, body=_image(asset), cover=asset, cover_alt="湖")
    page = await editor.get(f"/desk/library/assets/{asset}")
    assert f"/desk/documents/{document}" in page
    await editor.post(f"/desk/library/assets/{asset}/trash", status=409)
    assert "library.in_use" in editor.page

    form = FormData(quote_fields=False)
    form.add_field("file", _halves(), filename="新图.png", content_type="image/png")
    await editor.get(f"/desk/library/assets/{asset}")
    answer = await editor.script("POST", f"/desk/library/assets/{asset}/replace", data=form)
    assert answer.status == 200, await answer.text()
    after = await _files(desk, "旧图.png")
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    async with desk.deps.db.read() as session:
        row = (await session.scalars(select(Asset))).one()
        assert (str(row.id), row.version, row.width) == (asset, 2, 900)
        assert len((await session.scalars(select(PastRendition))).all()) == len(before)
    bomb = FormData(quote_fields=False)
    bomb.add_field("file", b"\x89PNG\r\n\x1a\n" + b"x" * 40, filename="炸弹.png", content_type="image/png")
    refused = await editor.script("POST", f"/desk/library/assets/{asset}/replace", data=bomb)
    assert refused.status == 422
    assert await _files(desk, "旧图.png") == after
    other = await desk.add("qian", "钱慧", "editor")
    await other.get("/desk/library/")
    form = FormData(quote_fields=False)
    form.add_field("file", _halves(), filename="别人.png", content_type="image/png")
    assert (await other.script("POST", f"/desk/library/assets/{asset}/replace", data=form)).status == 403

    # Live: named on the page before anybody replaces it.
    async with desk.deps.db.write() as session:
        await session.execute(update(Edition).values(is_live=True, state="published"))
    page = await editor.get(f"/desk/library/assets/{asset}")
    assert "个已发布的版次继续显示原文件" in page
    assert "正在展示" in page

    # Gone from the trash for good only when no revision ever named it.
    loose = await _picture(editor, "无人使用.png", (333, 222))
    await editor.get(f"/desk/library/assets/{loose}")
    await editor.post(f"/desk/library/assets/{loose}/trash")
    store, now = desk.deps.workshop.store, desk.deps.now()
    files = await _files(desk, "无人使用.png")
    assert await purge(desk.deps.db, store, named=ever_named, now=now + KEPT - dt.timedelta(hours=1)) == 0
    async with desk.deps.db.write() as session:
        await session.execute(update(Asset).where(Asset.name == "旧图.png").values(deleted_at=now))
    assert await purge(desk.deps.db, store, named=ever_named, now=now + KEPT + dt.timedelta(hours=1)) == 1
    assert not await store.exists(files["web-960"])
    assert await store.exists(after["web-960"])


async def test_rights_when_they_end_are_told_and_stop_a_submission(desk: House) -> None:
    editor, _ = await _people(desk)
    asset = await _picture(editor, "图库.png")
    document = await begin(editor, "健步道开放", column="news")
    await write(editor, document, body=_image(asset), cover=asset, cover_alt="湖")
    zone = desk.deps.zone
    soon = (desk.deps.now() + dt.timedelta(days=9)).astimezone(zone).strftime("%Y-%m-%d")
    past = (desk.deps.now() - dt.timedelta(days=2)).astimezone(zone).strftime("%Y-%m-%d")
    url = f"/desk/library/assets/{asset}"
    fields = {"name": "图库.png", "tags": "", "folder": "", "owner": "视觉中国", "licence": "一年", "valid_until": soon}
    await editor.get(url)
    await editor.post(url, fields)
    assert "这个素材的授权还有 9 天到期" in editor.page
    assert "1 个素材的授权将在 30 天内到期" in await editor.get("/desk/library/")
    assert "图库.png" in await editor.get("/desk/library/?rights=expiring")
    assert "图库.png" not in await editor.get("/desk/library/?q=视觉中国xx")
    assert "图库.png" in await editor.get("/desk/library/?q=视觉中国")
    answer = await editor.script("GET", f"/desk/documents/{document}/submission", headers=HTML)
    assert "还有 9 天到期" in await answer.text()
    await editor.get(url)
    await editor.post(url, {**fields, "valid_until": past})
    answer = await editor.script("GET", f"/desk/documents/{document}/submission", headers=HTML)
    assert "的使用授权已到期" in await answer.text()
    await editor.get(f"/desk/documents/{document}/edit")
    await editor.post(f"/desk/documents/{document}/submit", {}, status=409)
    assert "review.checks_failed" in editor.page
    await editor.get(url)
    await editor.post(url, {**fields, "valid_until": "2026-13-40"}, status=422)
    await editor.post(url, {**fields, "name": "", "tags": "，".join(f"签{n}" for n in range(21))}, status=422)
    assert "一年" in editor.page


async def test_film_when_it_has_subtitles_and_a_poster_carries_them_and_is_found_by_its_words(desk: House) -> None:
    editor, _ = await _people(desk)
    form = FormData(quote_fields=False)
    form.add_field("file", io.BytesIO(CLIP), filename="第一讲.mp4", content_type="video/mp4")
    film = (await (await editor.script("POST", "/desk/library/videos/upload", data=form)).json())["id"]
    assert await encode_next(_room(desk))
    url = f"/desk/library/assets/{film}"
    page = await editor.get(url)
    assert "还没有字幕" in page

    poster = (await _files(desk, "第一讲.mp4"))["poster"]
    await editor.post(f"{url}/poster/frame", {"at": "31000"})
    assert "封面已更新" in editor.page
    chosen = (await _files(desk, "第一讲.mp4"))["poster"]
    assert chosen != poster
    await editor.post(f"{url}/poster/frame", {"at": "99000000"}, status=422)
    picture = await _picture(editor, "封面.png")
    await editor.get(url)
    await editor.post(f"{url}/poster/picture", {"picture": picture})
    assert (await _files(desk, "第一讲.mp4"))["poster"] not in {poster, chosen}
    await editor.get(f"/desk/library/assets/{picture}")
    await editor.post(f"/desk/library/assets/{picture}/trash", status=409)

    sub = f"{url}/subtitles/zh"
    await editor.get(sub)
    form = FormData(quote_fields=False)
    form.add_field("file", SRT.encode("gbk"), filename="讲座.srt")
    told = await (await editor.script("POST", f"{sub}/read", data=form)).json()
    assert "GBK" in told["words"]
    assert told["cues"][1] == ["00:00:04.000", "00:00:06.000", "大家好"]
    wrong = FormData(quote_fields=False)
    wrong.add_field("file", SRT.replace("00:00:04,000", "00:00:02,000").encode(), filename="讲座.srt")
    refused = await (await editor.script("POST", f"{sub}/read", data=wrong)).json()
    assert (refused["cues"], refused["problems"][0]["line"]) == ([], 6)
    assert "与上一条重叠" in refused["problems"][0]["text"]

    page = await editor.post(sub, {"version": "0", "cues": json.dumps(told["cues"])})
    assert "字幕已保存" in page
    files = await _files(desk, "第一讲.mp4")
    assert {*NAMES, "subtitles-zh"} <= set(files)
    track = await editor.script("GET", f"/desk/assets/{film}/subtitles-zh")
    assert (track.content_type, (await track.text()).startswith("WEBVTT")) == ("text/vtt", True)
    assert "第一讲.mp4" in await editor.get("/desk/library/?q=各位居民")
    # The piece that shows the film is found by what is said there, and the list says when.
    assert "没有找到" in await editor.get("/desk/documents/?q=大家好")
    public = await begin(editor, "健步道开放日")
    body = json.loads(_image(film))
    body["blocks"][1] = {"id": "b_bbbbbbbbbbbb", "type": "video", "asset": film, "title": "录像"}
    await write(editor, public, title="健步道开放日", body=json.dumps(body, ensure_ascii=False))
    page = await editor.get("/desk/documents/?q=大家好")
    assert re.search(r"字幕 <b>00:04</b></span><mark>大家好</mark>", page)
    exported = await editor.script("GET", f"{sub}/export?form=srt")
    assert "00:00:01,000 --> 00:00:03,000" in await exported.text()
    # A colleague saved meanwhile; and what is wrong comes back with what was typed.
    await editor.get(sub)
    await editor.post(sub, {"version": "0", "cues": json.dumps(told["cues"])}, status=409)
    bad = [["0:05", "0:04", "反了"], ["0:06", "0:07", "<script>alert(1)</script>好"]]
    await editor.post(sub, {"version": "1", "cues": json.dumps(bad)}, status=422)
    assert "第 1 条：结束时间" in editor.page
    assert "反了" in editor.page
    await editor.post(sub, {"version": "1", "cues": json.dumps([["x", "y", "z"]])}, status=422)
    assert OPTIONAL & set(await _files(desk, "第一讲.mp4")) == {"subtitles-zh"}
    await editor.get(sub)
    await editor.post(f"{sub}/drop")
    assert "subtitles-zh" not in await _files(desk, "第一讲.mp4")
    assert "健步道开放日" not in await editor.get("/desk/documents/?q=大家好")
