"""PDFs too long, hostile or incomplete: what the desk says of each, and that nothing of a refused one stays."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, FormData
from sqlalchemy import func, select

from cms.content.models import Document
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.room import EncodeRoom
from cms.newspaper.drawing import draw_next
from cms.newspaper.models import NewspaperIssue
from cms.newspaper.taking import PDF_LIMITS
from tests.fakes.newspapers import ARTICLES, many_pages, newspaper_pdf
from tests.integration.desk.house import Browser, House, open_house

SCRIPTS = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AcroForm<</Fields[]>>"


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def _send(editor: Browser, data: bytes, date: str) -> ClientResponse:
    form = FormData()
    form.add_field("file", data, filename="1288.pdf", content_type="application/pdf")
    asked = urlencode({"paper": "吴江日报", "date": date, "number": "第1288期"})
    return await editor.script("POST", f"/desk/newspapers/upload?{asked}", data=form)


async def _refusal(editor: Browser, data: bytes) -> tuple[str, str]:
    answer = await _send(editor, data, "2026-11-26")
    said = await answer.json()
    assert answer.status in {409, 413, 422}, said
    return said["text"], said["next"]


async def _drawn(desk: House, editor: Browser, data: bytes, date: str) -> str:
    """The page of an issue whose pages are drawn."""
    said = await (await _send(editor, data, date)).json()
    assert await draw_next(EncodeRoom(desk.deps.db, desk.deps.clock, desk.deps.workshop, "test"))
    return await editor.get(said["href"])


def _files(folder: Path) -> list[Path]:
    return [one for part in ("work", "store") for one in (folder / part).rglob("*") if one.is_file()]


async def test_pdf_when_it_cannot_be_a_paper_says_why_and_leaves_nothing(desk: House, tmp_path: Path) -> None:
    await desk.set_up()
    editor = await desk.add("shen", "沈静怡", "editor")
    page = await editor.get("/desk/newspapers/")
    assert f"最多 {PDF_LIMITS.pages} 版、{PDF_LIMITS.file_bytes >> 20} MB" in page
    long = await _refusal(editor, many_pages(3_000))
    assert long == ("文档共 3000 页，超过了 200 页的上限。", "请拆分成几份后分别上传。")
    broken = await _refusal(editor, newspaper_pdf(1)[:400])
    assert broken[0].startswith("文件已损坏")
    assert _files(tmp_path) == []
    async with desk.deps.db.read() as session:
        for table in (Document, NewspaperIssue):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert "还没有电子报" in await editor.get("/desk/newspapers/")

    # Scripts and a glyph of no character are left out of what is taken, and the desk says so.
    lost = newspaper_pdf(1, articles=ARTICLES[:1], catalog=SCRIPTS)
    lost = lost.replace("垂".encode("utf-16-be").hex().encode(), b"e000")
    page = await _drawn(desk, editor, lost, "2026-11-26")
    assert "版面图不包含：1 处脚本、表单" in page
    assert "1 个字没有对应的文字（图上有，文字里没有）" in page
