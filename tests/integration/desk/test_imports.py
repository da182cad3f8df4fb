"""What is brought in from outside: Word, tables and feeds become drafts, whole or not at all, and nothing is lost."""

import asyncio
import io
import json
import re
import shutil
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from aiohttp import FormData
from sqlalchemy import func, select

from cms.content.blocks import plain_text
from cms.content.draft import draft_of
from cms.content.importing.docx import read_article
from cms.content.importing.models import FeedSource, PoolItem
from cms.content.importing.polling import FeedRoom, poll_next
from cms.content.importing.word import take_word
from cms.content.models import Document, Edition, Revision
from cms.contract import OutboundRefused
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.fetching import PictureSource
from cms.library.models import Asset
from cms.people.login import normal_login
from cms.people.models import Person
from cms.people.sessions import actor_of
from media.article import take_article
from media.errors import MediaRefused
from media.sandbox import Sandbox
from tests.fakes import words
from tests.fakes.tables import xlsx
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.desk.world import write
from tests.journeys.inputs import SHARED

NESTED = words.docx(
    words.paragraph("垂虹桥畔夜市开市"),
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>外</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>内一</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>内二</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc><w:tc>"
    f"{words.image('rId3')}</w:tc></w:tr></w:tbl>",
    media=words.picture(size=(64, 48)),
)
FEED = """<rss version="2.0"><channel><title>苏州发布</title><item><guid>1</guid><link>https://a.cn/1</link>
<title>{title}</title><author>顾明</author><pubDate>Thu, 26 Nov 2026 08:00:00 +0800</pubDate>
<description>&lt;p&gt;灯亮了。&lt;/p&gt;&lt;img src="https://a.cn/1.jpg" alt="灯"&gt;
&lt;p&gt;人散了。&lt;/p&gt;&lt;img src="https://a.cn/gone.jpg"&gt;</description>
</item></channel></rss>"""


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with open_house(database, tmp_path, SystemClock(), pictures=PictureSource(Site())) as opened:
        yield opened
    await database.close()


async def send(browser: Browser, path: str, name: str, data: bytes) -> tuple[int, dict[str, str]]:
    form = FormData()
    form.add_field("file", io.BytesIO(data), filename=name)
    answer = await browser.script("POST", path, data=form)
    return answer.status, await answer.json()


async def draft(house: House, public: str) -> tuple[str, str]:
    async with house.deps.db.read() as session:
        query = select(Revision).join(Document, Document.id == Revision.document_id)
        found = draft_of((await session.scalars(query.where(Document.public_id == public))).one())
    return f"{found.title}\n{plain_text(found.body)}", found.byline.source


def words_of(data: bytes) -> list[str]:
    """Every text of the document's body, as Word has it."""
    body = ET.fromstring(zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml"))
    main = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    found = []
    for paragraph in body.iter(f"{main}p"):
        runs = paragraph.findall(f"./{main}r/{main}t")
        found.append("".join("".join(one.text or "" for one in runs).split()))
    return [text for text in found if text]


async def test_word_when_uploaded_is_a_draft_with_every_word_and_a_list_of_what_was_dropped(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await editor.get("/desk/imports/")
    status, given = await send(editor, "/desk/imports/word", "嵌套.docx", NESTED)
    assert status == 200, given
    text, source = await draft(house, given["href"].rpartition("/")[2])
    whole = "".join(text.split())
    assert [one for one in words_of(NESTED) if one not in whole] == []
    assert source == "吴江区融媒体中心"
    assert "表格中的表格 1 个" in given["html"]
    assert "已移到表格或列表之后" in given["html"]
    assert "桥" in given["html"]
    _, again = await send(editor, "/desk/imports/word", "改名.docx", NESTED)
    assert "没有重复建稿" in again["html"]
    await _refusals(house, editor)


@pytest.mark.parametrize("path", sorted((SHARED / "docs").glob("*.docx")), ids=lambda path: path.stem)
async def test_real_document_when_read_keeps_every_word_or_names_what_it_leaves(path: Path, tmp_path: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    async with take_article(path, sandbox=sandbox, work=tmp_path) as article:
        read = read_article(article.html)
        left = article.left
    whole = "".join((read.title + plain_text({"blocks": read.blocks})).split())
    assert [one for one in words_of(path.read_bytes()) if one not in whole] == []
    if path.stem == "zh_article_images_table":
        assert (left["header"], left["footer"]) == (1, 1)


async def _refusals(house: House, editor: Browser) -> None:
    """What is no Word document, or too much of one: refused with the reason, and nothing of it kept."""
    before = await _documents(house)
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    cells = words.docx(words.paragraph("大表"), words.table(*[("格",) * 100] * 100))
    given: dict[str, str] = {}
    for name, data, code in (
        ("旧.doc", old, "media.old_office"),
        ("旧.wps", old, "media.old_office"),
        ("表.xlsx", xlsx([["标题"]]), "media.wrong_kind"),
        ("图.png", words.picture(), "media.wrong_kind"),
        ("空.docx", b"", "media.empty"),
        ("万格.docx", cells, "content.import_table"),
    ):
        status, given = await send(editor, "/desk/imports/word", name, data)
        assert (status, given["code"]) == (422, code), name
        assert given["next"]
    assert "第 1 个表格有 10000 个单元格" in given["text"]
    deps = house.deps
    async with deps.db.read() as session:
        person = (await session.scalars(select(Person.id).where(Person.login == normal_login("shen")))).one()
        actor = await actor_of(session, person)
    assert await _documents(house) == before

    # Refused by what the sender says it is: with a look at the bytes it would be an empty file.
    with pytest.raises(MediaRefused) as refused:
        await take_word(deps.db, deps.workshop, actor, b"", name="大.docx", size=500 << 20, now=deps.now())
    assert refused.value.code == "media.too_large"


async def test_table_when_imported_is_whole_or_nothing_and_undone_at_once(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await editor.get("/desk/imports/sheets")
    bad = xlsx([["标题", "单位"], ["夜市开市", "无此单位"], ["社区食堂", "吴江区融媒体中心"]])
    _, given = await send(editor, "/desk/imports/sheets", "稿件.xlsx", bad)
    page = await editor.get(given["href"])
    assert "第 2 行 B 列" in page
    assert "没有名为“无此单位”的单位" in page
    assert "/apply" not in page
    await editor.post(f"{given['href']}/apply", status=409)
    assert await _documents(house) == 0

    good = "标题,单位,正文\n夜市开市,320509,一段\n社区食堂,,二段\n".encode("gb18030")
    _, given = await send(editor, "/desk/imports/sheets", "稿件.csv", good)
    assert "2 篇稿件可以导入" in await editor.get(given["href"])
    page = await editor.post(f"{given['href']}/apply")
    assert await _documents(house) == 2
    first, second = re.findall(r'class="table-title" href="/desk/documents/(\w+)"', page)
    assert (await draft(house, first))[0] == "夜市开市\n一段"
    await editor.post(f"{given['href']}/apply", status=409)
    other = await house.add("qian", "钱慧", "editor")
    await other.get(given["href"], status=404)

    await write(editor, second, title="改过", column="")
    page = await editor.post(f"{given['href']}/undo", status=409)
    assert "《改过》导入后已有人修改" in page
    assert len(await _states(house)) == 2

    _, given = await send(editor, "/desk/imports/sheets", "再来.csv", good)
    await editor.post(f"{given['href']}/apply")
    await editor.post(f"{given['href']}/undo")
    assert sorted(await _states(house)) == ["discarded", "discarded", "draft", "draft"]


class Site:
    """An outbound client with one site behind it."""

    def __init__(self) -> None:
        self.title, self.status, self.asked = "夜市开市", 200, list[Mapping[str, str]]()

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append({"url": url, **(headers or {})})
        if url.endswith(".jpg"):
            return (404, {}, b"") if "gone" in url else (200, {}, words.picture())
        if self.status == 0:
            raise OutboundRefused("publishing.outbound_too_slow")
        return self.status, {"ETag": '"1"'}, FEED.format(title=self.title).encode()


async def test_feed_when_allowed_fills_the_pool_and_one_editor_takes_an_item(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    other = await house.add("qian", "钱慧", "editor")
    operator = await house.add("yun", "云维", "operator")
    await operator.get("/desk/feeds/")
    feed = {"name": "苏州发布", "url": "http://a.cn/rss", "licence": "", "unit": "/320509/", "every": "30"}
    page = await operator.post("/desk/feeds/", feed, status=422)
    assert "须以 https 开头" in page
    assert "授权依据" in page
    await operator.post("/desk/feeds/", {**feed, "url": "https://a.cn/rss", "licence": "白名单 3 号"})
    await editor.post("/desk/feeds/", feed, status=403)

    site, deps = Site(), house.deps
    room = FeedRoom(deps.db, deps.clock, site, deps.workshop.sandbox, deps.workshop.work, "test")
    assert await poll_next(room)
    assert not await poll_next(room)
    page = await editor.get("/desk/pool/")
    assert "夜市开市" in page
    assert await _documents(house) == 0
    await _due(house)
    site.status = 304
    assert await poll_next(room)
    assert site.asked[-1]["If-None-Match"] == '"1"'
    await _due(house)
    site.status, site.title = 200, "夜市开市（更正）"
    assert await poll_next(room)
    for status, said in ((500, "HTTP 500"), (0, "")):
        await _due(house)
        site.status = status
        assert await poll_next(room)
        assert said in await operator.get("/desk/feeds/")

    item = re.search(r'href="(/desk/pool/[0-9a-f-]{36})"', await editor.get("/desk/pool/?q=更正"))
    assert item is not None
    await other.get(item[1])
    await editor.post(f"{item[1]}/take", {"unit": "/320509/"})
    public = editor.at.split("/")[3]
    text, source = await draft(house, public)
    assert (text, source) == ("夜市开市（更正）\n灯亮了。\n灯\n人散了。", "苏州发布")
    assert "1 张图片未能取回" in editor.page
    assert "原在“人散了。…”之后" in editor.page
    assert "https://a.cn/gone.jpg" in editor.page
    page = await other.post(f"{item[1]}/take", {"unit": "/320509/"}, status=409)
    assert "沈静怡已采用" in page
    async with deps.db.read() as session:
        row = (await session.scalars(select(PoolItem))).one()
        revision = (await session.scalars(select(Revision))).one()
        asset = (await session.scalars(select(Asset))).one()
    assert (row.state, row.licence) == ("taken", "白名单 3 号")
    assert row.pictures == ["https://a.cn/1.jpg", "https://a.cn/gone.jpg"]
    assert "a.cn" not in json.dumps(revision.body), "nothing of the draft leads to a picture of somebody else"
    assert [block["type"] for block in revision.body["blocks"]] == ["paragraph", "image", "paragraph"]
    assert (revision.body["blocks"][1]["asset"], revision.cover_id) == (str(asset.id), asset.id)


async def test_pictures_when_fetched_one_by_one_are_noted_and_the_api_says_what_is_missing(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    operator = await house.add("yun", "云维", "operator")
    await operator.get("/desk/feeds/")
    feed = {"name": "苏州发布", "url": "https://a.cn/rss", "licence": "白名单", "unit": "/320509/", "every": "30"}
    await operator.post("/desk/feeds/", feed)
    deps, site = house.deps, house.deps.pictures.outbound
    assert isinstance(site, Site)
    assert await poll_next(FeedRoom(deps.db, deps.clock, site, deps.workshop.sandbox, deps.workshop.work, "test"))
    async with deps.db.read() as session:
        row = (await session.scalars(select(PoolItem))).one()
    await editor.get(f"/desk/pool/{row.id}")
    for n, status, code in (("1", 409, "library.fetch_status"), ("9", 404, ""), ("x", 404, ""), ("0", 200, "")):
        answer = await editor.script("POST", f"/desk/pool/{row.id}/picture", data={"n": n})
        given = await answer.json()
        assert (answer.status, given.get("code", "") if code else "") == (status, code), n
    asked = len(site.asked)
    answer = await editor.script("POST", f"/api/v1/pool/{row.id}/take", json={})
    given = await answer.json()
    assert (answer.status, given["pictures"], len(site.asked)) == (200, 1, asked), "what was tried is not tried again"
    [lost] = given["missing"]
    assert (lost["url"], lost["after"], lost["code"]) == ("https://a.cn/gone.jpg", "人散了。", "library.fetch_status")
    assert "404" in lost["text"]
    assert lost["next"]
    assert (await editor.script("POST", f"/desk/pool/{row.id}/picture", data={"n": "0"})).status == 409


async def _due(house: House) -> None:
    async with house.deps.db.write() as session:
        row = (await session.scalars(select(FeedSource))).one()
        row.not_before = house.deps.now()


async def _documents(house: House) -> int:
    async with house.deps.db.read() as session:
        return (await session.scalars(select(func.count()).select_from(Document))).one()


async def _states(house: House) -> list[str]:
    async with house.deps.db.read() as session:
        return list((await session.scalars(select(Edition.state))).all())
