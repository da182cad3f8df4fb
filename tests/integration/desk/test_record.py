"""What is refused or fails is in the record with its result; the record is searched and exported, which is recorded."""

import json

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.desk.app import make_app
from cms.desk.middleware.record import Repeats
from cms.desk.routing import SIGNED_IN, add_routes, get
from cms.desk.visit import DESK, Visit
from cms.kernel.db import Database
from tests.integration.desk.house import House
from tests.integration.desk.matrix import hire
from tests.integration.desk.test_routes import on_sqlite
from tests.office import NOW


async def last(db: Database) -> AuditEvent:
    async with db.read() as session:
        return (await session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1))).one()


async def _breaks(visit: Visit) -> web.StreamResponse:
    raise RuntimeError(visit.actor.name)


@on_sqlite
async def test_action_when_refused_or_failed_is_recorded_with_its_result_and_reason(house: House) -> None:
    db = house.deps.db
    await house.set_up()
    editor, auditor, admin = [await hire(house, role, "04") for role in ("editor", "auditor", "admin")]
    # The role may not; the object is not there; both change something.
    await editor.post("/desk/people/", {"login": "x"}, status=403)
    found = await last(db)
    assert (found.action, found.result, found.actor_name) == ("request.refused", "refused", "editor04")
    assert found.details["refusal"] == "people.denied.role"
    assert found.details["route"] == "POST /desk/people/"
    await admin.post("/desk/units/00000000-0000-0000-0000-000000000007", {"name": "甲"}, status=404)
    found = await last(db)
    assert (found.object_kind, found.details["refusal"]) == ("unit", "people.no_unit")
    # A forbidden look is recorded, a form that was filled in wrongly is not.
    await editor.get("/desk/audit/", status=403)
    seen = (await last(db)).seq
    assert (await last(db)).details["route"] == "GET /desk/audit/"
    await editor.post("/desk/account/password", {"old": "x", "password": "a", "again": "b"}, status=422)
    assert (await last(db)).seq == seen

    app = make_app(house.deps, house.app[DESK])
    add_routes(app, [get("/desk/breaks", _breaks, SIGNED_IN)], prefix="/desk")
    root = web.Application()
    root.add_subapp("/desk", app)
    server = TestServer(root)
    await server.start_server()
    cookie = {one.key: one.value for one in editor.session.cookie_jar}
    async with editor.session.get(server.make_url("/desk/breaks"), cookies=cookie) as answer:
        assert answer.status == 500
    await server.close()
    found = await last(db)
    assert (found.action, found.result, found.details["refusal"]) == ("request.failed", "failed", "kernel.internal")

    page = await auditor.get("/desk/audit/?result=refused&who=editor&since=2000-01-01&of=request.&where=/320509/04/")
    assert "POST /desk/people/" in page
    assert "people.no_unit" not in page
    assert "没有记录" in await auditor.get("/desk/audit/?until=2000-01-01")
    await auditor.post("/desk/audit/check", {})
    assert "校验完成" in auditor.page
    async with auditor.session.get(auditor.base.join(auditor.base.with_path("/desk/audit/export/jsonl"))) as answer:
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert {line["unit"] for line in lines} == {"/320509/04/"}
    assert lines[-1]["action"] == "request.failed"
    found = await last(db)
    assert (found.action, found.details["form"], found.actor_name) == ("audit.export", "jsonl", "auditor04")
    async with auditor.session.get(f"{auditor.base}desk/audit/export/csv?result=failed") as answer:
        text = await answer.text()
    assert text.startswith("\ufeffseq,at,")
    assert text.count("\n") == 2
    await editor.get("/desk/audit/export/csv", status=403)


def test_refusal_when_it_comes_again_at_once_is_counted_instead_of_written() -> None:
    repeats = Repeats()
    later = NOW.replace(minute=NOW.minute + 2)
    assert [repeats.passed_over(("a",), NOW) for _ in range(3)] == [0, None, None]
    assert repeats.passed_over(("b",), NOW) == 0
    assert repeats.passed_over(("a",), later) == 2
    assert repeats.passed_over(("a",), NOW) == 0
