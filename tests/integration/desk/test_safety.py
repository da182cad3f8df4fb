"""What the office asks of accounts, at the doors: a second factor by role, a newer password, a word of other places."""

import dataclasses
import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, text, update

from cms.desk.visit import DEPS
from cms.kernel.metrics import Metrics
from cms.notices.models import Notice
from cms.people.models import Person
from cms.people.roles import Role
from cms.people.sessions import SessionRules
from deploy.recording import look_once
from deploy.roles import METRICS
from deploy.settings import Settings
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.matrix import hire
from tests.integration.desk.test_routes import on_sqlite


def ask(house: House, rules: SessionRules) -> None:
    house.app._state[DEPS] = dataclasses.replace(house.deps, session_rules=rules)


async def look(browser: Browser, path: str) -> str:
    await browser.get(path)
    return browser.at


@on_sqlite
async def test_account_when_the_office_asks_for_more_is_led_there_and_nowhere_else(house: House) -> None:
    await house.set_up()
    editor, auditor = await hire(house, "editor", "04"), await hire(house, "auditor", "04")
    ask(house, SessionRules(factor_roles=frozenset({Role.EDITOR})))
    assert await look(editor, "/desk/documents/") == "/desk/account/factor"
    assert "您的角色必须启用两步验证" in editor.page
    assert await look(editor, "/desk/account") == "/desk/account"
    await editor.post("/desk/documents/new", {"kind": "news"}, status=403)
    assert "people.denied.owes_factor" in editor.page
    assert await look(auditor, "/desk/audit/") == "/desk/audit/"

    ask(house, SessionRules(password_age=dt.timedelta(days=90)))
    async with house.deps.db.write() as session:
        long_ago = house.deps.now() - dt.timedelta(days=91)
        await session.execute(update(Person).values(password_set_at=long_ago))
    assert await look(auditor, "/desk/audit/") == "/desk/account"
    assert "密码已到期，请更换" in auditor.page
    # And the way out works, with a password that is another one.
    admin = house.logins["admin"]
    assert await look(admin, "/desk/people/") == "/desk/account"
    same = {"old": PASSWORD, "password": PASSWORD, "again": PASSWORD}
    await admin.post("/desk/account/password", same, status=422)
    assert "people.password_same" in admin.page
    fresh = "新的密码也要好好记住才行"
    await admin.post("/desk/account/password", {"old": PASSWORD, "password": fresh, "again": fresh})
    assert await look(admin, "/desk/people/") == "/desk/people/"


@on_sqlite
async def test_place_when_another_uses_the_account_is_told_on_every_page_until_it_is_known(house: House) -> None:
    admin = await house.set_up()
    other = house.browser()
    other.headers = {"User-Agent": "Mozilla/5.0 Firefox/140 Windows"}
    await other.get("/desk/login")
    await other.post("/desk/login", {"name": "admin", "password": PASSWORD})
    assert "正在另一处" not in await admin.get("/desk/people/")
    async with house.deps.db.write() as session:
        await session.execute(text("update desk_session set ip = '172.16.0.9' where agent like '%Firefox%'"))
    assert "正在另一处（172.16.0.9）登录" in await admin.get("/desk/people/")
    page = await admin.get("/desk/account")
    known = re.search(r"/desk/account/sessions/[0-9a-f-]+/known", page)
    assert known is not None
    await admin.post(known[0], {})
    assert "正在另一处" not in await admin.get("/desk/people/")


@on_sqlite
async def test_record_when_tampered_with_raises_the_alarm_on_desk_and_gauge(house: House, tmp_path: Path) -> None:
    await house.set_up()
    auditor, editor = await hire(house, "auditor", "04"), await hire(house, "editor", "04")
    async with house.deps.db.write() as session:
        await session.execute(text("update membership set unit_id = (select id from unit where parent_id is null)"))
    metrics = Metrics(METRICS)
    here: Any = SimpleNamespace(
        db=house.deps.db, clock=house.deps.clock, metrics=metrics, settings=Settings(data=tmp_path)
    )
    first = await look_once(here)
    assert first is not None
    assert first.fault == ""
    assert await look_once(here) is None  # not due yet
    here.clock = SimpleNamespace(now=lambda: house.deps.now() + dt.timedelta(hours=7))
    async with house.deps.db.write() as session:
        await session.execute(text("drop trigger audit_no_update"))
        await session.execute(text("update audit_event set actor_name = '别人' where seq = 1"))
    found = await look_once(here)
    assert found is not None
    assert (found.fault, found.fault_seq) == ("changed", 1)
    assert b"yunping_audit_broken 1.0" in metrics.text()
    assert "操作记录校验异常（№ 1）" in await auditor.get("/desk/")
    assert "操作记录校验异常" not in await editor.get("/desk/")
    async with house.deps.db.read() as session:
        told = (await session.scalars(select(Notice.subject))).all()
    assert told == ["notices.subject.audit_broken"]
