"""The newspaper by a program's token: an issue brought in, its zones read, written, handed out and taken in."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.room import EncodeRoom
from cms.newspaper.drawing import draw_next
from tests.fakes.newspapers import ARTICLES, newspaper_pdf
from tests.integration.desk.house import House, open_house
from tests.integration.desk.test_api import ask
from tests.integration.desk.test_api_library import bring, robot_of, speak


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def test_issue_when_a_program_brings_it_has_everything_a_page_can_do(desk: House) -> None:
    await desk.set_up()
    editor = await desk.add("shen", "沈静怡", "editor")
    robot = await robot_of(desk, editor, "document:read", "document:write", "library:write")
    asked = f"paper={quote('吴江日报')}&date=2026-11-26&number={quote('第1288期')}"
    document = (await bring(robot, f"/newspapers?{asked}", "1288.pdf", newspaper_pdf(1)))["id"]
    again = await bring(robot, f"/newspapers?{asked}", "1288.pdf", newspaper_pdf(1), status=409)
    assert again["code"] == "newspaper.issue_exists"
    wrong = await bring(robot, "/newspapers?paper=&date=x", "1288.pdf", b"", status=422)
    assert set(wrong["fields"]) == {"paper", "date"}
    [listed] = (await ask(robot, "GET", "/newspapers"))["issues"]
    assert (listed["document"], listed["drawing"], listed["pages"]) == (document, "waiting", 1)
    assert await draw_next(EncodeRoom(desk.deps.db, desk.deps.clock, desk.deps.workshop, "test"))
    assert (await ask(robot, "GET", f"/newspapers/{document}"))["drawing"] == "done"

    found = await ask(robot, "GET", f"/newspapers/{document}/zones")
    [page] = found["pages"]
    assert [zone["title"] for zone in page["zones"]] == [title for title, _ in ARTICLES]
    printed = await ask(robot, "GET", f"/newspapers/{document}/text")
    assert ARTICLES[0][1] in [block[5] for block in printed["pages"][0]]
    based = {"revision": found["revision"], "version": found["version"]}
    page["zones"] = page["zones"][:1]
    written = await ask(robot, "PUT", f"/newspapers/{document}/zones", {**based, "pages": [page]})
    assert (written["version"], len(written["pages"][0]["zones"])) == (1, 1)
    page["zones"][0]["points"] = [[0, 0], [5000, 5000], [5000, 0], [0, 5000]]
    crossed = await ask(
        robot, "PUT", f"/newspapers/{document}/zones", {**based, "version": 1, "pages": [page]}, status=422
    )
    assert crossed["code"] == "content.block"

    _, headers, xml = await speak(robot, "GET", f"/api/v1/newspapers/{document}/zones/export?form=xml")
    assert headers["Content-Type"].startswith("application/xml")
    taken = xml.replace('label="01"', 'label="01 要闻"').encode()
    assert (await bring(robot, f"/newspapers/{document}/zones/import", "z.xml", taken))["pages"] == 1
    assert (await ask(robot, "GET", f"/newspapers/{document}/zones"))["pages"][0]["label"] == "01 要闻"
    entities = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>'
    bomb = entities + b'<newspaper format="1"><page number="9">&c;</page></newspaper>'
    refused = await bring(robot, f"/newspapers/{document}/zones/import", "z.xml", bomb, status=422)
    assert refused["code"] == "newspaper.page_unknown"
    corrected = await ask(robot, "PUT", f"/newspapers/{document}", {"date": "2026-11-27", "number": ""})
    assert (corrected["date"], corrected["number"]) == ("2026-11-27", "")
