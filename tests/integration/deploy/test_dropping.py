"""What is dropped becomes one draft of its owner: never half, never twice, whatever its name and whoever is killed."""

import asyncio
import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

import pytest
from sqlalchemy import func, select

from cms.content.blocks import plain_text
from cms.content.draft import Draft, draft_of
from cms.content.importing import drops
from cms.content.importing.models import DropRow
from cms.content.models import Document, Revision
from cms.kernel.base import Base
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.messages import catalogue
from cms.library.models import Asset, EncodeJob
from cms.library.upload import Workshop
from deploy.dropping import Dropper, watch_drops
from deploy.installation import Installation
from media.dropfolder import Copy, DropFolder
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.store import Store
from tests.fakes import words
from tests.fakes.videos import CLIP, FakeTools
from tests.journeys.inputs import SHARED
from tests.office import NOW, Office, make_office
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default

ARTICLE = words.docx(
    words.paragraph("垂虹桥畔夜市开市"),
    words.paragraph("傍晚六点，垂虹桥畔的灯亮了。", bold=True),
    words.link("报名页面", "rId1"),
    words.link("旧网站", "rId2"),
    words.table(("时间", "地点"), ("九点", "梅石社区")),
    words.image("rId3"),
)

Fault: TypeAlias = Callable[..., Any]


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Place:
    """A newsroom with a drop folder."""

    office: Office
    here: Installation
    room: Workshop
    root: Path
    dropper: Dropper

    def put(self, name: str, data: bytes, login: str = "author") -> Path:
        path = self.root / login / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    async def looks(self, count: int = 2) -> None:
        for _ in range(count):
            await self.dropper.look()

    async def count(self, table: type[Base]) -> int:
        async with self.office.db.read() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0

    async def draft(self) -> tuple[Document, Draft]:
        async with self.office.db.read() as session:
            document = (await session.scalars(select(Document))).one()
            revision = (await session.scalars(select(Revision))).one()
            return document, draft_of(revision)

    def names(self, folder: str, login: str = "author") -> list[str]:
        return sorted(path.name for path in (self.root / login / folder).glob("*"))


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> Place:
    work, root = tmp_path / "work", tmp_path / "drop"
    for folder in (work, root):
        await asyncio.to_thread(folder.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    await asyncio.to_thread(catalogue)
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    room = Workshop(store, sandbox, work, tools=FakeTools().tools)
    office = await make_office(database)
    settings = SimpleNamespace(drop=root, language="zh-CN")
    here = cast("Installation", SimpleNamespace(db=database, clock=FixedClock(NOW), settings=settings))
    return Place(office, here, room, root, Dropper(here, room, DropFolder(root)))


@on_both
async def test_video_when_it_lies_still_becomes_a_lecture_of_its_owner(place: Place) -> None:
    place.put("银龄课堂 第三讲.mp4", CLIP)
    await place.looks(1)
    assert await place.count(Document) == 0
    await place.looks(1)
    document, draft = await place.draft()
    actor = await place.office.actor("author")
    assert (document.kind, draft.title, document.created_by) == ("lecture", "银龄课堂 第三讲", actor.person)
    assert draft.body["blocks"][0]["type"] == "video"
    assert await place.count(EncodeJob) == 1
    assert place.names("done") == ["银龄课堂 第三讲.mp4"]


@on_both
async def test_document_when_dropped_becomes_blocks_and_says_what_it_lost(place: Place) -> None:
    place.put("来稿.docx", ARTICLE)
    await place.looks()
    _, draft = await place.draft()
    assert draft.title == "垂虹桥畔夜市开市"
    assert [block["type"] for block in draft.body["blocks"]] == [
        "paragraph",
        "paragraph",
        "paragraph",
        "table",
        "image",
    ]
    assert draft.body["blocks"][0]["text"] == [{"t": "傍晚六点，垂虹桥畔的灯亮了。", "m": ["b"]}]
    assert draft.body["blocks"][1]["text"] == [{"t": "报名页面", "href": "https://www.example.cn/"}]
    assert draft.body["blocks"][2]["text"] == [{"t": "旧网站"}]
    assert draft.cover is not None
    note = (place.root / "author" / "done" / "来稿.docx.txt").read_text("utf-8")
    assert "不是 https 的链接 1 个" in note


@pytest.mark.parametrize("path", sorted((SHARED / "docs").glob("*.docx")), ids=lambda path: path.stem)
async def test_real_document_when_dropped_becomes_a_draft_with_words(place: Place, path: Path) -> None:
    place.put(path.name, await asyncio.to_thread(path.read_bytes))
    await place.looks()
    _, draft = await place.draft()
    assert draft.title
    assert len(plain_text(draft.body)) > 50
    assert place.names("done")[0] == path.name


async def test_folder_of_pictures_when_dropped_becomes_a_piece_with_its_texts(place: Place) -> None:
    for number, colour in enumerate(((200, 30, 30), (30, 200, 30)), start=1):
        place.put(f"夜市/{number}.png", words.picture(colour))
    place.put("夜市/标题.txt", "垂虹夜市\n".encode("gb18030"))
    place.put("夜市/text.txt", "第一段。\n\n第二段。".encode())
    await place.looks()
    document, draft = await place.draft()
    assert (document.kind, draft.title) == ("news", "垂虹夜市")
    assert [block["type"] for block in draft.body["blocks"]] == ["paragraph", "paragraph", "image", "image"]
    assert await place.count(Asset) == 2
    assert place.names("done") == ["夜市"]


async def test_file_that_still_grows_is_left_alone(place: Place) -> None:
    path = place.put("课.mp4", CLIP)
    for _ in range(3):
        await place.looks(1)
        await asyncio.to_thread(path.write_bytes, path.read_bytes() + b"\0" * 100)
    assert await place.count(Document) == 0
    await place.looks(2)
    assert await place.count(Document) == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("清单.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "播放列表"),
        ("空的.pdf", b"%PDF-1.7\n" + b"0" * 500, "不收 pdf"),
        ("坏的.docx", ARTICLE[:900], ""),
        ("程序.jpg", b"MZ" + b"\0" * 500, ""),
    ],
)
async def test_file_that_cannot_be_taken_is_refused_with_its_reason(
    place: Place, name: str, data: bytes, said: str
) -> None:
    place.put(name, data)
    await place.looks()
    assert await place.count(Document) == 0
    assert place.names("refused") == [name, f"{name}.txt"]
    note = (place.root / "author" / "refused" / f"{name}.txt").read_text("utf-8")
    assert said in note
    assert len(note.splitlines()) == 3


async def test_links_and_pipes_are_refused_without_being_opened(place: Place, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    await asyncio.to_thread(secret.write_bytes, CLIP)
    folder = place.root / "author"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread(os.symlink, secret, folder / "链接.mp4")
    await asyncio.to_thread(os.mkfifo, folder / "管道.mp4")
    await asyncio.to_thread((folder / "里面").mkdir)
    await asyncio.to_thread(os.symlink, secret, folder / "里面" / "1.png")
    await asyncio.to_thread(os.symlink, tmp_path, place.root / "reviewer")
    async with asyncio.timeout(20):
        await place.looks(3)
    assert await place.count(Document) == await place.count(Asset) == 0
    assert {"链接.mp4", "管道.mp4", "里面"} <= set(place.names("refused"))
    assert secret.exists()


async def test_names_that_attack_do_no_harm(place: Place) -> None:
    names = ["-rf; $(id) `x`\n\u202egpm.mp4", "a" * 240 + ".mp4", "..mp4.mp4", "<script>alert(1)<_script>.mp4"]
    for number, name in enumerate(names):
        place.put(name, CLIP + bytes([number]))
    raw = os.fsencode(place.root / "author") + b"/\xff\xfe.mp4"
    with await asyncio.to_thread(open, raw, "wb") as file:
        file.write(CLIP + b"raw")
    await place.looks()
    assert await place.count(Document) == len(names)  # a name with a leading dot is hidden, the broken one counts
    assert [path.name for path in place.root.parent.glob("*.mp4")] == []


async def test_stranger_and_person_without_the_right_get_no_draft(place: Place) -> None:
    stranger = place.put("课.mp4", CLIP, login="nosuchperson")
    place.put("课.mp4", CLIP, login="nobody")
    await place.looks(3)
    assert await place.count(Document) == await place.count(Asset) == 0
    assert stranger.exists()
    assert place.names("refused", "nobody") == ["课.mp4", "课.mp4.txt"]


@on_both
async def test_same_content_again_makes_no_second_draft(place: Place) -> None:
    place.put("课.mp4", CLIP)
    await place.looks()
    place.put("课.mp4", CLIP)
    await place.looks(3)
    assert await place.count(Document) == await place.count(EncodeJob) == 1
    assert place.names("done") == ["课 (2).mp4", "课 (2).mp4.txt", "课.mp4"]


async def test_film_that_is_known_and_thrown_away_is_not_stored_again(place: Place) -> None:
    place.put("课.mp4", CLIP)
    await place.looks()
    async with place.here.db.read() as session:
        sha256 = (await session.scalars(select(Asset.source_sha256))).one()
    await place.room.store.delete(sha256)
    place.put("课.mp4", CLIP)
    await place.looks(3)
    assert place.names("done") == ["课 (2).mp4", "课 (2).mp4.txt", "课.mp4"]
    assert not await place.room.store.exists(sha256)


@pytest.mark.parametrize("where", ["add_video", "create", "settle"])
async def test_worker_when_killed_anywhere_leaves_one_draft(
    place: Place, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def killed(*_args: object, **_named: object) -> None:
        raise Killed

    place.put("课.mp4", CLIP)
    with monkeypatch.context() as patch:
        if where == "settle":
            patch.setattr(DropFolder, "settle", killed)
        elif where == "create":
            patch.setattr(drops, "create", killed)
        else:
            patch.setattr(drops, "add_video", killed)
        with pytest.raises(Killed):
            await place.looks()
    place.dropper = Dropper(place.here, place.room, DropFolder(place.root))
    await place.looks()
    assert await place.count(Document) == await place.count(Asset) == 1
    assert await place.count(DropRow) == 1
    assert place.names("done")[0] == "课.mp4"


async def test_source_that_vanishes_while_it_is_copied_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place.put("课.mp4", CLIP)
    fetch = DropFolder.fetch

    def vanished(self: DropFolder, *args: Any, **named: Any) -> list[Copy]:
        path.unlink()
        return fetch(self, *args, **named)

    monkeypatch.setattr(DropFolder, "fetch", vanished)
    await place.looks(3)
    assert await place.count(Document) == await place.count(Asset) == 0
    assert place.names("refused") == place.names("done") == []
    assert list(place.room.work.iterdir()) == []


async def test_file_beyond_the_limit_is_refused_without_being_copied(place: Place) -> None:
    place.room = replace(place.room, video_limits=VideoLimits(file_bytes=1 << 20))
    place.dropper = Dropper(place.here, place.room, DropFolder(place.root))
    path = place.put("大.mp4", CLIP)
    await asyncio.to_thread(os.truncate, path, 5 << 30)  # sparse
    async with asyncio.timeout(10):
        await place.looks()
    assert "大.mp4" in place.names("refused")


async def test_watcher_takes_what_lay_there_and_what_comes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.dropping.EVERY", dt.timedelta(milliseconds=50))
    place.put("先.mp4", CLIP)
    watching = asyncio.create_task(watch_drops(place.here, place.room))
    async with asyncio.timeout(20):
        while await place.count(Document) < 1:  # noqa: ASYNC110 - rows ring no bell in this test
            await asyncio.sleep(0.05)
        place.put("后.mp4", CLIP + b"2")
        while await place.count(Document) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
