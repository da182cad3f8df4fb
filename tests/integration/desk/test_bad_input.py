"""What nobody should send and somebody does: refused with its place, its reason and a next step, nothing half done."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData
from sqlalchemy import func, select

from cms.content.models import Document
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.models import Asset
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.media import hostile

HUGE = 500 << 20
EDGE = "x5Q"


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def _count(house: House, table: type[Document | Asset]) -> int:
    async with house.deps.db.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def _huge(more: asyncio.Event) -> AsyncIterator[bytes]:
    """The head of a form with a Word document; the rest would come for half a gigabyte."""
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="汇编.docx"\r\n\r\nPK'
    yield head.encode()
    yield b"\0" * (1 << 20)
    await more.wait()


async def _documents(house: House, editor: Browser) -> None:
    """Half a gigabyte of Word is refused by what it says it is, before it has travelled."""
    done = asyncio.Event()
    headers = {"Content-Type": f"multipart/form-data; boundary={EDGE}", "Content-Length": str(HUGE)}
    answer = await editor.script("POST", "/desk/imports/word", data=_huge(done), headers=headers)
    told = await answer.json()
    done.set()
    assert (answer.status, told["code"]) == (422, "media.too_large"), told
    assert "100" in told["text"]
    assert told["next"]


async def _pictures(house: House, editor: Browser) -> None:
    """Pictures that would fill the memory when unpacked: refused by their head, with what is allowed."""
    bombs = hostile.pictures()
    for name in ("png-50000-square-header", "png-just-above-pixels", "png-text-bomb"):
        form = FormData(quote_fields=False)
        form.add_field("file", io.BytesIO(bombs[name]), filename=f"{name}.png", content_type="image/png")
        answer = await editor.script("POST", "/desk/library/upload", data=form)
        told = await answer.json()
        assert (answer.status, told["code"].partition(".")[0], bool(told["next"])) == (422, "media", True), told


async def _titles(house: House, editor: Browser) -> None:
    """A title of ten thousand characters is refused at its field and still in it; nothing is cut off unseen."""
    title = "长" * 10_000
    await editor.get("/desk/documents/new")
    page = await editor.post("/desk/documents/new", {"kind": "news", "title": title, "column": ""}, status=422)
    assert title in page
    assert "内容过长" in page
    for long in (title, "长" * 201):
        answer = await editor.script("POST", "/api/v1/documents", json={"kind": "news", "title": long})
        told = await answer.json()
        assert answer.status == 422, told
        assert "title" in told["fields"]
        assert told["next"]


async def _sheets(house: House, editor: Browser) -> None:
    """An unknown unit and a day that does not exist, in a CSV: each by its row and column, and no row is taken."""
    rows = "标题,单位,日期\n夜市开市,无此单位,2026-11-26\n社区食堂,,2026-02-30\n好稿,,2026-11-26\n"
    form = FormData(quote_fields=False)
    form.add_field("file", io.BytesIO(rows.encode()), filename="稿件.csv", content_type="text/csv")
    given = await (await editor.script("POST", "/desk/imports/sheets", data=form)).json()
    page = await editor.get(given["href"])
    assert "第 2 行 B 列" in page
    assert "没有名为“无此单位”的单位" in page
    assert "第 3 行 C 列" in page
    assert "2026-02-30" in page
    await editor.post(f"{given['href']}/apply", status=409)


async def test_input_when_far_too_much_or_impossible_is_refused_with_place_reason_and_next_step(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await editor.get("/desk/documents/new")
    for one in (_documents, _pictures, _titles, _sheets):
        await one(house, editor)
    assert (await _count(house, Document), await _count(house, Asset)) == (0, 0)
    assert list(house.deps.workshop.work.iterdir()) == [], "nothing half done is left on the disk"
