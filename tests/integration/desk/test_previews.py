"""Previews at their edges: a draft nobody can read, a channel that breaks, a guest who wants more than was shared."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.contract import Channel, Form, Piece, Preview, Site
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.models import Rendition
from tests.integration.desk.house import Browser, House, open_house
from tests.integration.desk.world import begin, draft_fields, upload
from tests.unit.publishing.test_run import Dice, Platform

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def breaks(_piece: Piece, _form: Form, _site: Site) -> Preview:
    raise KeyError("a defect of the channel")


BROKEN = Channel("broken", post=Platform(Dice(0, 0)), forms=(Form("card", "坏了的渠道", 400, 300),), preview=breaks)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, SystemClock(), {"broken": BROKEN}) as opened:
        yield opened


async def test_preview_when_something_is_broken_or_not_shared_says_so_and_no_more(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "题目")
    await _live(editor, document)
    await _shared(house, editor, document)


async def _live(editor: Browser, document: str) -> None:
    page = await editor.get(f"/desk/documents/{document}/edit")
    fields = draft_fields(page, title="没有保存的题", column="")
    live = f"/desk/documents/{document}/live"
    assert (await editor.script("POST", live, data=fields)).status == 200
    shown = await editor.script("POST", f"{live}/web/wide", data=fields)
    assert "没有保存的题" in await shown.text()
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    broken = await editor.script("POST", f"{live}/broken/card", data=fields)
    assert (broken.status, "desk.preview_failed" in await broken.text()) == (200, True)
    assert "没有保存的题" not in await editor.get(f"/desk/documents/{document}/edit")

    spoilt = {**fields, "not_after": "never"}
    answer = await editor.script("POST", live, data=spoilt)
    assert (answer.status, (await answer.json())["code"]) == (422, "content.draft")
    assert "content.draft" in await (await editor.script("POST", f"{live}/web/wide", data=spoilt)).text()

    # What equals the master is not kept as a channel's own.
    own = {
        **fields,
        "own": "1",
        "o-web-title": "没有保存的题",
        "o-web-summary": "网站的摘要",
        "o-web-body": fields["body"],
    }
    await editor.post(f"/desk/documents/{document}/edit", {**fields, **own})
    page = await editor.get(f"/desk/documents/{document}")
    assert "网站的摘要" in page
    assert page.count("own-names") == 1
    assert re.search(r'own-names">摘要<', page)


async def _shared(house: House, editor: Browser, document: str) -> None:
    await upload(editor, "lake.png")
    async with house.deps.db.read() as session:
        file = (await session.scalars(select(Rendition.sha256).where(Rendition.name == "thumb"))).one()
    guest = house.browser()
    await editor.get(f"/desk/documents/{document}/share")
    page = await editor.post(f"/desk/documents/{document}/share", {"label": "王科长", "days": "7"})
    found = re.search(r"/desk/shared/([A-Za-z0-9_-]{32})", page)
    assert found is not None
    shared = f"/desk/shared/{found[1]}"
    page = await guest.get(shared)
    assert 'name="robots" content="noindex' in page
    answer = await guest.session.get(guest.base.join(guest.base.with_path(f"{shared}/see/web/phone")))
    drawn = await answer.text()
    assert "yp-mark" in drawn
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    # A file of the library that the revision does not draw, a form that is not there, a link that is not.
    for path in (f"{shared}/files/{file}", f"{shared}/see/web/none", "/desk/shared/" + "B" * 32):
        await guest.get(path, status=404)
    await guest.get(shared)
    page = await guest.post(shared, {"name": "", "text": "好"}, status=422)
    assert "请填写您的姓名" in page
    for _ in range(5):
        await guest.post(shared, {"name": "王科长", "text": "好"})
    page = await guest.post(shared, {"name": "王科长", "text": "还有"}, status=429)
    assert "还有" in page  # what was typed is still there
