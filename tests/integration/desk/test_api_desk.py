"""What the desk does around review, time and delivery, as JSON: the whole way once, and the refusals that matter."""

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.notices.alarms import raise_alarm
from cms.people.models import Person
from cms.people.roles import Role
from cms.planning.targets import add_target
from cms.review.links import give_opinion
from screens.tables import Screen
from tests.integration.desk.house import PASSWORD, Browser, House, open_house
from tests.integration.desk.matrix import NEXT, hire
from tests.integration.desk.test_accounts import LETTERS
from tests.integration.desk.test_api import call

ROOT = "/320509/"
TEXT = "运河两岸灯火通明，市民结伴夜游。"
HOUR = dt.timedelta(hours=1)
PEOPLE = (
    ("shen", "沈静怡", "editor"),
    ("lu", "陆明", "reviewer"),
    ("wu", "吴建国", "chief"),
    ("zhao", "赵总编", "chief"),
    ("sun", "孙副总编", "chief"),
)


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock(), {"letters": LETTERS}) as opened:
        yield opened


@dataclass
class Office:
    """The house with its people, and a chief of the unit beside theirs."""

    house: House
    by: dict[str, Browser]
    beside: Browser

    @property
    def now(self) -> dt.datetime:
        return self.house.deps.now().replace(microsecond=0)

    def later(self, hours: int) -> str:
        return (self.now + hours * HOUR).isoformat()

    async def piece(self, title: str, *, kind: str = "news") -> str:
        """A draft that can be submitted, by the editor; its path."""
        editor = self.by["shen"]
        made = await call(editor, "POST", "/documents", {"kind": kind, "title": title, "column": "news"})
        draft = made["draft"]
        draft["byline"]["editor"] = "陆明"
        draft["channels"] = ["web"]
        draft["envelope"]["not_after"] = int((self.now + 400 * HOUR).timestamp() * 1000)
        blocks = [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": f"{title}：{TEXT}"}]}]
        draft["body"] = {"schema": 1, "blocks": blocks}
        path = f"/documents/{made['id']}"
        await call(editor, "POST", f"{path}/revisions", {"base": made["revision"], "draft": draft})
        return path

    async def submitted(self, title: str, *, kind: str = "news") -> tuple[str, str]:
        path = await self.piece(title, kind=kind)
        return path, (await call(self.by["shen"], "POST", f"{path}/submit", {}))["release"]

    async def sign(self, login: str, path: str, release: str, **more: object) -> str:
        sent = {"release": release, "password": PASSWORD, **more}
        return str((await call(self.by[login], "POST", f"{path}/approve", sent))["state"])


async def open_office(house: House) -> Office:
    await house.set_up()
    by = {login: await house.add(login, name, role) for login, name, role in PEOPLE}
    by["operator"] = await hire(house, Role.OPERATOR, NEXT)
    beside = await hire(house, Role.CHIEF, NEXT)
    chief = by["wu"]
    await call(chief, "POST", "/columns", {"code": "news", "name": "要闻", "position": 1})
    async with house.deps.db.write() as session:
        for code, kind in (("site", "web"), ("letters-1", "letters")):
            await add_target(
                session,
                None,
                code=code,
                kind=kind,
                name=f"渠道 {code}",
                unit=ROOT,
                settings={"number": "A-1"} if kind == "letters" else {},
                now=house.deps.now(),
            )
    return Office(house, by, beside)


async def refused(browser: Browser, method: str, path: str, body: object, status: int) -> str:
    found = await call(browser, method, path, body, status=status)
    assert found["status"] == status
    assert found["next"]
    return str(found["code"])


async def once(browser: Browser, path: str, body: object, key: str) -> tuple[Any, bool]:
    answer = await browser.script("POST", f"/api/v1{path}", json=body, headers={"Idempotency-Key": key})
    found = await answer.json()
    assert answer.status == 200, found
    return found, answer.headers.get("Idempotency-Replayed") == "true"


async def test_review_and_time_when_asked_over_the_api_go_the_whole_way(house: House) -> None:
    office = await open_office(house)
    await _plans(office)
    first = await _review(office)
    second = await _several(office)
    await _emergency(office)
    await _shared(office)
    await _previews(office)
    await _times(office, first)
    await _placements(office, first)
    await _batches(office, first, second)
    await _calendar(office)


async def _plans(office: Office) -> None:
    chief, path = office.by["wu"], "/review/plans"
    assert (await call(chief, "GET", path))["version"] == 0
    steps = [{"key": "review", "hours": 8}, {"key": "sign"}]
    rule = {"seen": 0, "kind": "notice", "proofs": 1, "steps": steps}
    assert await refused(office.by["shen"], "POST", f"{path}/rules", rule, 403) == "people.denied.role"
    assert await refused(office.beside, "POST", f"{path}/rules", rule, 403) == "people.denied.scope"
    made, again = await once(chief, f"{path}/rules", rule, "plan-rule-1")
    assert (made["version"], len(made["rules"]), again) == (1, 2, False)
    assert await once(chief, f"{path}/rules", rule, "plan-rule-1") == (made, True)
    assert await refused(chief, "POST", f"{path}/rules", rule, 409) == "review.book_changed"
    edited = await call(chief, "PUT", f"{path}/rules/2", {**rule, "seen": 1, "proofs": 0})
    assert edited["rules"][1]["proofs"] == 0
    assert await refused(chief, "PUT", f"{path}/rules/9", {**rule, "seen": 2}, 404) == "review.no_rule"
    assert await refused(chief, "DELETE", f"{path}/rules/1", {"seen": 2}, 422) == "review.plan_everything"
    assert len((await call(chief, "DELETE", f"{path}/rules/2", {"seen": 2}))["rules"]) == 1
    terms = {"seen": 3, "reviewer_proofs": True, "after_hours": 6}
    assert (await call(chief, "PUT", f"{path}/terms", terms))["after_hours"] == 6
    assert (await call(chief, "POST", f"{path}/take", {"seen": 4, "version": 1}))["version"] == 5
    tried = await call(chief, "GET", f"{path}/try?kind=notice&channels=web")
    assert ([one["key"] for one in tried["steps"]], tried["proofs"]) == (["review", "sign"], 1)
    assert (await call(chief, "GET", f"{path}/versions/0"))["rules"][0]["kind"] == ""
    assert await refused(chief, "POST", f"{path}/take", {"seen": 5, "set": "none"}, 404) == "review.no_book"


async def _review(office: Office) -> str:
    reviewer, chief, proofer = (office.by[name] for name in ("lu", "wu", "zhao"))
    path, release = await office.submitted("河道施工通告", kind="notice")
    (line,) = [one for one in (await call(reviewer, "GET", "/review"))["waiting"] if one["track"] == "step"]
    assert (line["step"], line["ordinal"], line["steps"], bool(line["due"])) == ("review", 1, 2, True)
    read = await call(reviewer, "GET", f"{path}/review")
    assert (read["release"], read["may"]["sign"], read["reached"]) == (release, True, [])
    assert await refused(office.beside, "GET", f"{path}/review", None, 403) == "people.denied.scope"

    proof = {"release": release, "checks": {"typos": "fault", "format": "good", "links": "none", "media": "none"}}
    assert await refused(proofer, "POST", f"{path}/proofs", proof, 422) == "review.proof_note"
    assert await refused(office.by["shen"], "POST", f"{path}/proofs", proof, 403) == "people.denied.role"
    said = {"b_aaaaaaaaaaaa": "请核对路段"}
    sent = {"opinion": "路段有误", "remarks": said, "release": "0" * 64}
    assert await refused(reviewer, "POST", f"{path}/return", sent, 409) == "review.release_changed"
    await call(reviewer, "POST", f"{path}/return", {**sent, "release": release})
    (remark,) = (await call(office.by["shen"], "GET", f"{path}/remarks"))["remarks"]
    assert (remark["text"], remark["person"], remark["changed"]) == ("请核对路段", "陆明", False)

    release = (await call(office.by["shen"], "POST", f"{path}/submit", {}))["release"]
    assert await office.sign("lu", path, release, remarks={"b_aaaaaaaaaaaa": "已核对"}) == "submitted"
    signing = {"release": release, "password": PASSWORD}
    assert await refused(chief, "POST", f"{path}/approve", signing, 409) == "review.proofs_missing"
    good = {"release": release, "checks": dict.fromkeys(proof["checks"], "good")}
    made, _ = await once(proofer, f"{path}/proofs", good, "proof-no-1")
    assert (made, True) == await once(proofer, f"{path}/proofs", good, "proof-no-1")
    assert made == {"ordinal": 1, "clean": True}
    assert await office.sign("wu", path, release) == "approved"
    slip = await call(office.by["shen"], "GET", f"{path}/slip")
    assert [one["person"] for one in slip["steps"]] == ["陆明", "吴建国"]
    assert (slip["release"], slip["round"], slip["proofs"][0]["person"]) == (release, 2, "赵总编")
    assert slip["steps"][0]["remarks"] == {"b_aaaaaaaaaaaa": "已核对"}
    assert (await call(chief, "GET", f"{path}/slip?round=1"))["counts"] is False
    return path


async def _several(office: Office) -> str:
    reviewer = office.by["lu"]
    path, release = await office.submitted("夜游运河")
    other, _ = await office.submitted("晨练长廊")
    pieces = [{"document": one.rpartition("/")[2], "release": release} for one in (path, other)]
    sent = {"pieces": pieces, "password": PASSWORD, "opinion": "同意"}
    found = (await call(reviewer, "POST", "/review/pass", sent))["pieces"]
    assert [one["code"] for one in found] == ["review.batch_unread", "review.release_changed"]
    await call(reviewer, "GET", f"{path}/review")
    found = (await call(reviewer, "POST", "/review/pass", {**sent, "pieces": pieces[:1]}))["pieces"]
    assert (found[0]["state"], found[0]["code"]) == ("submitted", None)
    assert await refused(reviewer, "POST", "/review/pass", {**sent, "pieces": []}, 422) == "review.batch_size"
    assert await office.sign("wu", path, release) == "approved"
    return path


async def _emergency(office: Office) -> None:
    editor, third = office.by["shen"], office.by["sun"]
    path = await office.piece("暴雨红色预警")
    assert await refused(editor, "POST", f"{path}/rush", {"reason": " "}, 422) == "review.reason_missing"
    release = (await call(editor, "POST", f"{path}/rush", {"reason": "气象台刚刚发布"}))["release"]
    assert await office.sign("wu", path, release) == "submitted"
    signing = {"release": release, "password": PASSWORD}
    assert await refused(office.by["wu"], "POST", f"{path}/approve", signing, 409) == "review.decided_already"
    assert await office.sign("zhao", path, release) == "pending_review"
    looked = {"release": release, "agreed": False}
    assert await refused(third, "POST", f"{path}/after-review", looked, 422) == "review.opinion_missing"
    assert await refused(office.by["wu"], "POST", f"{path}/after-review", looked, 409) == "review.decided_already"
    agreed = await call(third, "POST", f"{path}/after-review", {**looked, "agreed": True})
    assert agreed["state"] == "published"
    assert (await call(third, "GET", f"{path}/slip"))["after"]["person"] == "孙副总编"


async def _shared(office: Office) -> None:
    editor = office.by["shen"]
    path = await office.piece("给乡贤先看")
    assert await refused(editor, "POST", f"{path}/links", {"label": "", "days": 7}, 422) == "review.link_label"
    assert await refused(office.beside, "POST", f"{path}/links", {"label": "王"}, 403) == "people.denied.scope"
    made = await call(editor, "POST", f"{path}/links", {"label": "王科长", "days": 7})
    token = made["address"].rpartition("/")[2]
    async with office.house.deps.db.write() as session:
        await give_opinion(session, token, name="王科长", text="很好", ip="127.0.0.1", now=office.now)
    (opinion,) = (await call(editor, "GET", f"{path}/opinions"))["opinions"]
    assert (opinion["text"], opinion["label"]) == ("很好", "王科长")
    await call(editor, "DELETE", f"{path}/links/{made['link']['id']}", {})
    (link,) = (await call(editor, "GET", f"{path}/links"))["links"]
    assert (link["open"], link["label"], token in str(link)) == (False, "王科长", False)


async def _previews(office: Office) -> None:
    editor = office.by["shen"]
    path = await office.piece("预览一篇")
    forms = {(one["channel"], one["form"]) for one in (await call(editor, "GET", f"{path}/previews"))["forms"]}
    assert {"web", "screen", "wechat"} <= {channel for channel, _ in forms}
    drawn = await call(editor, "GET", f"{path}/previews/web/wide")
    assert "预览一篇" in drawn["document"]
    assert "sandbox" in drawn["policy"]
    (form,) = [form for channel, form in forms if channel == "screen"][:1]
    assert "预览一篇" in (await call(editor, "GET", f"{path}/previews/screen/{form}"))["document"]
    assert await refused(editor, "GET", f"{path}/previews/web/none", None, 404) == "kernel.not_found"
    read = await call(editor, "GET", path)
    draft = {**read["draft"], "title": "没有保存的题"}
    drawn = await call(editor, "POST", f"{path}/previews/web/wide", {"draft": draft})
    assert "没有保存的题" in drawn["document"]
    assert await refused(office.by["wu"], "POST", f"{path}/previews/web/wide", {"draft": {"title": 3}}, 422)
    assert await refused(office.beside, "POST", f"{path}/previews/web/wide", {"draft": draft}, 403)

    own = {"base": read["revision"], "version": read["version"], "title": "网站自己的题", "summary": draft["summary"]}
    kept = await call(editor, "PUT", f"{path}/overrides/web", own)
    (line,) = (await call(editor, "GET", f"{path}/overrides"))["channels"]
    assert (line["differs"], line["title"], line["summary"]) == (["title"], "网站自己的题", None)
    assert "网站自己的题" in (await call(editor, "GET", f"{path}/previews/web/wide"))["document"]
    stale = {**own, "version": 9}
    assert await refused(editor, "PUT", f"{path}/overrides/web", stale, 409) == "content.conflict_tab"
    assert await refused(editor, "PUT", f"{path}/overrides/radio", own, 404) == "kernel.not_found"
    await call(editor, "DELETE", f"{path}/overrides/web", {"base": kept["base"], "version": kept["version"]})
    assert (await call(editor, "GET", f"{path}/overrides"))["channels"] == []


async def _times(office: Office, path: str) -> None:
    chief = office.by["wu"]
    wanted = {"at": office.later(30), "targets": ["site"], "take_off_at": office.later(60)}
    past = await call(chief, "POST", f"{path}/promise/check", {**wanted, "at": office.later(-1)})
    assert (past["blocked"], past["clashes"][0]["code"]) == (True, "planning.in_the_past")
    assert await refused(office.beside, "PUT", f"{path}/promise", wanted, 403) == "people.denied.scope"
    assert await refused(office.by["shen"], "PUT", f"{path}/promise", wanted, 403) == "people.denied.role"
    assert (await call(chief, "PUT", f"{path}/promise", wanted))["state"] == "scheduled"
    assert (await call(chief, "GET", f"{path}/timing"))["take_off_at"] is not None
    await call(chief, "PUT", f"{path}/promise", {**wanted, "take_off_at": None})
    assert (await call(chief, "GET", f"{path}/timing"))["take_off_at"] is None
    checked = await call(chief, "POST", f"{path}/move/check", {"at": office.later(40)})
    assert (checked["blocked"], checked["leaves_batch"]) == (False, False)
    moved, _ = await once(chief, f"{path}/move", {"at": office.later(40)}, "move-no-1")
    assert moved["scheduled_at"] > wanted["at"][:10]
    hold = {"until": office.later(50), "reason": "等部里统一口径"}
    assert await refused(chief, "PUT", f"{path}/embargo", hold, 409) == "planning.embargo_promised"
    await call(chief, "POST", f"{path}/unschedule", {})
    assert (await call(chief, "PUT", f"{path}/embargo", hold))["embargo_reason"] == "等部里统一口径"
    assert await refused(chief, "PUT", f"{path}/promise", wanted, 409) == "planning.embargo"
    draft = await office.piece("想明天发")
    assert (await call(office.by["shen"], "POST", f"{draft}/move", {"at": office.later(9)}))["planned_at"]
    assert (await call(chief, "DELETE", f"{path}/embargo", {}))["embargo_until"] is None
    assert await refused(chief, "DELETE", f"{path}/embargo", {}, 404) == "planning.no_embargo"
    assert await refused(chief, "PUT", f"{path}/take-off", {"at": None}, 409) == "planning.not_live"
    line = {**wanted, "document": path.rpartition("/")[2]}
    table = {"lines": [line, {**line, "targets": ["nowhere"]}]}
    dry = await call(chief, "POST", "/promises/check", table)
    assert (dry["good"], [one["code"] for one in dry["lines"]]) == (False, [None, "planning.line_twice"])
    assert await refused(chief, "POST", "/promises", table, 422) == "planning.lines_wrong"
    assert (await call(chief, "POST", "/promises", {"lines": [line]}))["count"] == 1
    await call(chief, "POST", f"{path}/unschedule", {})


async def _placements(office: Office, path: str) -> None:
    chief = office.by["wu"]
    rule = {"start": office.later(1), "days": "workdays", "dayparts": [["22:00:00", "02:00:00"]]}
    sent = {"target": "site", "rule": rule, "layer": "daypart", "priority": 2}
    looked = await call(chief, "POST", f"{path}/placements/check", sent)
    assert (looked["blocked"], len(looked["ahead"])) == (False, 5)
    never = {**sent, "rule": {**rule, "cycle": "year", "days": "any", "month_days": [30, 31], "end": office.later(0)}}
    assert await refused(chief, "POST", f"{path}/placements/check", never, 422)
    assert await refused(office.beside, "POST", f"{path}/placements", sent, 403) == "people.denied.scope"
    made = await call(chief, "POST", f"{path}/placements", sent)
    assert (made["layer"], made["rule"]["days"]) == ("daypart", "workdays")
    there = f"/placements/{made['id']}"
    assert await refused(office.beside, "GET", there, None, 403) == "people.denied.scope"
    assert (await call(office.beside, "GET", "/placements"))["placements"] == []
    other = {"rule": {**rule, "days": "any"}, "layer": "pinned"}
    assert (await call(chief, "POST", f"{there}/check", other))["blocked"] is False
    new = await call(chief, "PUT", there, other)
    assert (await call(chief, "GET", there))["ended_at"] is not None
    assert [one["id"] for one in (await call(chief, "GET", "/placements"))["placements"]] == [new["id"]]
    await call(chief, "DELETE", f"/placements/{new['id']}", {})


async def _batches(office: Office, first: str, second: str) -> None:
    chief = office.by["wu"]
    third, release = await office.submitted("运河市集")
    await office.sign("lu", third, release)
    await office.sign("wu", third, release)
    ids = [path.rpartition("/")[2] for path in (first, second, third)]
    pieces = [{"document": one, "targets": ["site"]} for one in ids]
    new = {"name": "运河特刊", "at": office.later(70), "pieces": pieces[:1]}
    assert await refused(chief, "POST", "/batches", new, 422) == "planning.batch_size"
    assert await refused(office.beside, "POST", "/batches", {**new, "pieces": pieces[:2]}, 403)
    made, _ = await once(chief, "/batches", {**new, "pieces": pieces[:2]}, "batch-no-1")
    assert await once(chief, "/batches", {**new, "pieces": pieces[:2]}, "batch-no-1") == (made, True)
    path = f"/batches/{made['id']}"
    assert len((await call(chief, "POST", f"{path}/pieces", pieces[2]))["pieces"]) == 3
    assert await refused(chief, "POST", f"{path}/pieces", pieces[2], 409) == "planning.promised_already"
    left = await call(chief, "DELETE", f"{path}/pieces/{ids[0]}", {})
    assert left["counts"]["due"] == 2
    assert await refused(chief, "DELETE", f"{path}/pieces/{ids[0]}", {}, 404) == "planning.batch_over"
    assert await refused(office.beside, "PUT", path, {"at": office.later(80)}, 403) == "people.denied.scope"
    assert (await call(chief, "PUT", path, {"at": office.later(80)}))["counts"]["due"] == 2
    await call(chief, "POST", f"{path}/cancel", {})
    (line,) = (await call(chief, "GET", "/batches"))["batches"]
    assert (line["name"], bool(line["cancelled_at"])) == ("运河特刊", True)
    async with office.house.deps.db.read() as session:
        about = select(AuditEvent.action).where(AuditEvent.action.startswith("batch.")).order_by(AuditEvent.seq)
        actions = (await session.scalars(about)).all()
    assert actions == ["batch.promise", "batch.join", "batch.leave", "batch.move", "batch.cancel"]


async def _calendar(office: Office) -> None:
    chief, house = office.by["wu"], office.house
    span = await call(chief, "GET", "/calendar?view=timeline")
    assert {one["state"] for one in span["entries"]} >= {"published", "planned"}
    assert (await call(office.beside, "GET", "/calendar"))["entries"] == []
    assert await refused(chief, "GET", "/calendar?start=2026-01-01&end=2026-12-31", None, 422) == "api.body"
    assert {one["target"] for one in (await call(chief, "GET", "/calendar/rows"))["rows"]} == {"site", "letters-1"}

    table = {"table": "date,kind,name\n2031-01-01,holiday,元旦\n2031-02-30,holiday,无\n", "source": "国办发明电"}
    dry = await call(chief, "POST", "/holidays/check", table)
    assert [one["line"] for one in dry["wrong"]] == [3]
    assert await refused(chief, "POST", "/holidays", table, 422) == "planning.holiday_lines"
    good = {**table, "table": "2031-01-01,holiday,元旦\n"}
    assert await refused(office.beside, "POST", "/holidays", good, 403) == "people.denied.scope"
    assert (await call(chief, "POST", "/holidays", good))["years"][0]["year"] == 2031
    assert (await call(chief, "GET", "/holidays/2031"))["days"][0]["name"] == "元旦"
    assert 2031 in [one["year"] for one in (await call(chief, "GET", "/holidays"))["years"]]

    params = {"title": "夜游运河", "at": "08:00"}
    async with house.deps.db.write() as session:
        about: dict[str, Any] = {"subject": "notices.subject.missed", "params": params, "href": "/desk/calendar/"}
        await raise_alarm(session, cause="promise:1", unit=ROOT, now=office.now, **about)
    (alarm,) = [
        one for one in (await call(chief, "GET", "/alarms"))["alarms"] if one["subject"] == "notices.subject.missed"
    ]
    there = f"/alarms/{alarm['id']}/take"
    assert await refused(office.beside, "POST", there, {}, 403) == "people.denied.scope"
    await call(chief, "POST", there, {})
    assert await refused(chief, "POST", there, {}, 404) == "notices.no_alarm"


async def test_accounts_choices_and_screens_when_asked_over_the_api_answer(house: House) -> None:
    await house.set_up()
    top = {role: await house.add(role, f"{role}氏", role) for role in (Role.CHIEF.value, Role.OPERATOR.value)}
    beside = {role: await hire(house, role, NEXT) for role in (Role.CHIEF, Role.OPERATOR)}
    chief, operator = top["chief"], top["operator"]
    async with house.deps.db.write() as session:
        settings = {"number": "A-1"}
        here = {"unit": ROOT, "settings": settings, "now": house.deps.now()}
        await add_target(session, None, code="letters-1", kind="letters", name="来信", **here)  # type: ignore[arg-type]
        person = (await session.scalars(select(Person.id).where(Person.login == "chief"))).one()
        session.add(_screen(house, person))
    (account,) = (await call(chief, "GET", "/accounts"))["accounts"]
    assert (account["target"], account["tone"], account["troubled"]) == ("letters-1", "good", 0)
    assert (await call(beside[Role.CHIEF], "GET", "/accounts"))["accounts"] == []
    assert (await once(operator, "/accounts/letters-1/retry", {}, "retry-no-1"))[0] == {"count": 0}
    assert await refused(beside[Role.OPERATOR], "POST", "/accounts/letters-1/retry", {}, 403) == "people.denied.scope"
    assert await refused(operator, "POST", "/accounts/letters-1/consent", {}, 404) == "kernel.not_found"
    assert (await call(operator, "GET", "/deliveries/troubled"))["deliveries"] == []
    change = {"name": "来信", "units": [], "loop_seconds": 900, "active": True, "settings": {"number": ""}}
    assert await refused(operator, "PUT", "/targets/letters-1", change, 422) == "desk.settings_wrong"
    changed = await call(operator, "PUT", "/targets/letters-1", {**change, "settings": {"number": "A-2"}})
    assert changed["settings"]["number"] == "A-2"

    hours = {"mail": "a@x.cn", "quiet_from": "22:00", "quiet_to": "07:00"}
    assert await call(chief, "PUT", "/notices/choices", hours) == hours
    assert await call(chief, "GET", "/notices/choices") == hours
    bad = {**hours, "quiet_from": "25:00"}
    assert await refused(chief, "PUT", "/notices/choices", bad, 422) == "notices.bad_hours"
    assert (await call(chief, "POST", "/notices/done", {}))["count"] == 0

    screen = "/screens/s123456789"
    await call(operator, "PUT", f"{screen}/name", {"name": "东门大屏"})
    await call(operator, "PUT", f"{screen}/tags", {"tags": ["park"]})
    assert (await call(operator, "GET", screen))["name"] == "东门大屏"
    elsewhere = {"unit": f"{ROOT}99/"}
    assert await refused(operator, "PUT", f"{screen}/place", elsewhere, 422) == "screens.unit"
    assert await refused(beside[Role.OPERATOR], "POST", f"{screen}/revoke", {}, 403) == "people.denied.scope"
    await call(operator, "POST", f"{screen}/revoke", {})
    pairing = {"code": "000000", "unit": ROOT, "name": "西门"}
    assert (await refused(operator, "POST", "/screens", pairing, 404)).startswith("screens.")


def _screen(house: House, person: Any) -> Screen:
    now = house.deps.now()
    key = hashlib.sha256(b"screen").hexdigest()[:43]
    return Screen(
        id=uuid7(now), public="s123456789", name="大屏", unit=ROOT, key=key, paired_at=now, paired_by=person, change=1
    )
