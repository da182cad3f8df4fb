"""The office as JSON: tables of units and people, the second factor by two, the record, the lists, and a search."""

import base64
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.people.totp import code_at, step_of
from tests.integration.desk.house import PASSWORD, Browser, House, open_house
from tests.integration.desk.test_api import ask, call
from tests.integration.desk.test_api_library import bring, robot_of
from tests.integration.desk.world import begin, write

OWN = {"password": PASSWORD}


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock()) as opened:
        yield opened


async def test_office_when_a_program_runs_it_has_the_rules_of_the_desk(desk: House) -> None:
    admin = await desk.set_up()
    second = await desk.add("zhou", "周安全", "admin")
    chief = await desk.add("wu", "吴建国", "chief")
    auditor = await desk.add("ji", "纪察", "auditor")
    await admin.get("/desk/people/")
    await _tables(admin)
    await _factor(desk, admin, second, chief)
    await _lists(desk, chief)
    await _search(chief)
    await _record(desk, auditor)


async def _tables(admin: Browser) -> None:
    good = "代码,名称,层级,上级\n06,示范所,所,320509\n"
    plan = await call(admin, "POST", "/units/import/check", {"csv": good + "07,甲站,站,99\n"})
    assert (plan["units"], [(one["row"], one["column"]) for one in plan["faults"]]) == ([], [(3, "parent")])
    refused = await call(admin, "POST", "/units/import/apply", {"csv": good + "07,甲站,站,99\n"}, status=422)
    assert refused["fields"] == {"3.parent": "people.csv_no_parent"}
    assert (await call(admin, "POST", "/units/import/check", {"csv": good}))["units"][0]["path"] == "/320509/06/"
    assert (await call(admin, "POST", "/units/import/apply", {"csv": good}))["count"] == 1

    table = {"csv": "姓名,用户名,单位,角色\n甲,jia,06,采编\n乙,yi-1,06,总编\n"}
    plan = await call(admin, "POST", "/people/import/check", table)
    assert ([one["login"] for one in plan["people"]], plan["signs"]) == (["jia", "yi-1"], True)
    assert (await call(admin, "POST", "/people/import/apply", table, status=422))["code"] == "desk.password_missing"
    added = await call(admin, "POST", "/people/import/apply", {**table, **OWN})
    assert len({one["code"] for one in added["people"]}) == 2
    stale = await call(admin, "GET", "/people/stale")
    assert (stale["people"], stale["days"]) == ([], 90)
    jia = (await call(admin, "GET", "/people?q=jia"))["people"][0]["id"]
    # Nobody is shut out who is not stale.
    assert (await call(admin, "POST", "/people/stale", {"people": [jia]}))["count"] == 0


async def _factor(desk: House, admin: Browser, second: Browser, chief: Browser) -> None:
    robot = await robot_of(desk, chief, "document:read")
    await ask(robot, "POST", "/account/factor/begin", OWN, status=403)
    assert (await call(chief, "POST", "/account/factor/begin", {"password": "x"}, status=403))["next"]
    begun = await call(chief, "POST", "/account/factor/begin", OWN)
    assert begun["address"].startswith("otpauth://totp/")
    secret = base64.b32decode(begun["secret"].replace(" ", ""))
    await call(chief, "POST", "/account/factor/confirm", {"code": "000000"}, status=403)
    code = code_at(secret, step_of(desk.deps.now()))
    assert len((await call(chief, "POST", "/account/factor/confirm", {"code": code}))["codes"]) == 10
    await call(chief, "POST", "/account/factor/codes", OWN)
    state = await call(chief, "GET", "/account/factor")
    assert (state["codes_left"], state["reset"]) == (10, None)

    person = (await call(admin, "GET", "/people?q=wu"))["people"][0]["id"]
    path, asking = f"/people/{person}/factor-reset", {"reason": "手机遗失，已当面核实", **OWN}
    await call(chief, "POST", path, asking, status=403)
    await call(admin, "POST", path, {**asking, "reason": " "}, status=422)
    first = await call(admin, "POST", path, asking)
    assert (await call(chief, "GET", "/account/factor"))["reset"]["id"] == first["id"]
    await call(chief, "POST", f"/account/factor/resets/{first['id']}/stop", {})
    assert (await call(admin, "POST", path, asking))["id"] != first["id"]
    page = await second.get("/desk/inbox/")
    assert "待您确认的两步验证重置" in page
    (line,) = (await call(second, "GET", "/factor-resets"))["resets"]
    assert (line["name"], line["asked_by"]) == ("吴建国", "郑管理")
    assert (await call(admin, "GET", "/factor-resets"))["resets"] == []
    confirm = f"/factor-resets/{line['id']}/confirm"
    assert (await call(admin, "POST", confirm, OWN, status=409))["code"] == "people.reset_same"
    await call(second, "POST", confirm, {"password": "x"}, status=403)

    # The last word on the desk, from the page the inbox leads to.
    await second.get(f"/desk/people/{person}")
    assert "请自行与 吴建国 核实后再确认" in second.page
    await second.post(f"/desk/people/{person}/factor/{line['id']}/confirm", {"password": "x"}, status=403)
    await second.post(f"/desk/people/{person}/factor/{line['id']}/confirm", OWN)
    assert "尚未启用两步验证" in second.page
    assert (await call(second, "POST", confirm, OWN, status=409))["code"] == "people.reset_over"
    await chief.get("/desk/login")
    await chief.post("/desk/login", {"name": "wu", "password": PASSWORD})
    assert "您的两步验证已重置（郑管理申请，周安全确认）" in await chief.get("/desk/inbox/")


async def _lists(desk: House, chief: Browser) -> None:
    robot = await robot_of(desk, chief, "checklist:write")
    before = await ask(robot, "GET", "/checklists/words")
    head = before["columns"]
    row = dict(zip(head, before["rows"][0], strict=True)) | {head[0]: "云屛"}
    text = io.StringIO()
    csv.writer(text).writerows([head, [row[name] for name in head]])
    bad = await bring(robot, "/checklists/words/import?mode=add", "a.csv", "甲,乙\n1,2\n".encode())
    assert (bad["run"], bool(bad["problems"][0]["text"])) == (None, True)
    await bring(robot, "/checklists/words/import?mode=all", "a.csv", b"x", status=422)
    await ask(robot, "GET", "/checklists/verbs", status=404)
    run = await bring(robot, "/checklists/words/import", "a.csv", text.getvalue().encode())
    assert (run["added"], run["counts"]) == (["云屛"], [1, 0, 0])
    assert (await ask(robot, "GET", "/checklists/words"))["waiting"]["run"] == run["run"]
    sent = {"run": run["run"], "seen": run["seen"]}
    made = await ask(robot, "POST", "/checklists/words/apply", sent, key="apply-words")
    assert (made["number"], made["count"]) == (before["version"] + 1, before["total"] + 1)
    assert (await ask(robot, "POST", "/checklists/words/apply", sent, status=404))["code"] == "review.no_import"
    assert (await ask(robot, "GET", "/checklists/words?q=云屛"))["total"] == 1
    again = await ask(robot, "POST", "/checklists/words/restore", {"number": before["version"]})
    assert again["count"] == before["total"]
    await ask(robot, "DELETE", "/checklists/words/import", {})


async def _search(chief: Browser) -> None:
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    for title in ("银龄课堂开讲", "太湖边的课堂"):
        await write(chief, await begin(chief, title, column="news"), title=title)
    found = await call(chief, "GET", "/search?q=课堂&kind=news&column=news&channel=web&author=吴&state=draft")
    assert found["total"] == 2
    assert [run["text"] for run in found["documents"][0]["title_runs"] if run["hit"]] == ["课堂"]
    found = await call(chief, "GET", "/search?q=正文")
    assert [run["text"] for run in found["documents"][0]["excerpt"] if run["hit"]] == ["正文"]
    assert (await call(chief, "GET", "/search?q=课堂&until=2020-01-01"))["total"] == 0
    assert (await call(chief, "GET", "/search?state=nowhere", status=422))["code"] == "api.body"
    await call(chief, "GET", "/search?after=x", status=404)


async def _record(desk: House, auditor: Browser) -> None:
    robot = await robot_of(desk, auditor, "audit:read", "audit:write")
    found = await ask(robot, "GET", "/audit?of=factor.&who=郑管理&result=done")
    assert [one["action"] for one in found["events"]] == ["factor.ask", "factor.ask"]
    assert (await ask(robot, "GET", "/audit?until=2020-01-01"))["events"] == []
    async with robot.session.get(
        robot.base / "api/v1/audit/export/csv" % {"of": "factor."}, headers=robot.headers
    ) as answer:
        text = await answer.text()
    assert (answer.status, len(re.findall(r"factor\.reset", text))) == (200, 1)
    await ask(robot, "GET", "/audit/export/pdf", status=422)
    assert (await ask(robot, "POST", "/audit/check", {}))["whole"]
    assert (await ask(robot, "GET", "/audit/check"))["look"]["whole"]
