"""Targets, accounts and tasks on real pages: what is typed once is kept sealed, what waits for a person is found."""

import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from aiohttp import FormData
from pydantic import BaseModel, Field
from sqlalchemy import select
from yarl import URL

from cms.audit.models import AuditEvent
from cms.content.models import Document, Edition
from cms.contract import Ask, Channel, Correction, Outcome, Piece, Prepared, Receipt, Reply, Services, Target
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.planning.models import Target as TargetRow
from cms.publishing.accounts import pause
from cms.publishing.models import Delivery, Publication, Showing
from cms.publishing.services.account import Account
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.models import AccountSecret
from tests.integration.desk.house import House, open_house
from tests.integration.desk.world import World, make_world, png, write
from tests.schema import on_both


class Letters(BaseModel):
    """Settings of the test's platform."""

    number: Annotated[str, Field(title="账号编号", description="见平台首页。", min_length=3)]
    limit: Annotated[int, Field(title="每日上限", ge=1)] = 5


@dataclass
class Silent:
    """A platform nobody posts to here."""

    correction: Correction = Correction.MANUAL

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        raise NotImplementedError

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        raise NotImplementedError

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        raise NotImplementedError

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        raise NotImplementedError

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        raise NotImplementedError


async def listen(_ask: Ask, _target: Target, _services: Services) -> Reply:
    return Reply(200)


LETTERS = Channel("letters", post=Silent(), settings=Letters, secrets=("secret", "aes"), callback=listen)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, SystemClock(), {"letters": LETTERS}) as opened:
        yield opened


async def with_account(house: House) -> tuple[House, str]:
    """A publisher who added an account."""
    await house.set_up()
    publisher = await house.add("gu", "顾晓峰", "publisher")
    page = await publisher.get("/desk/targets/")
    unit = re.search(r'data-value="(/[^"]+/)"', page)
    assert unit is not None
    fields = {"code": "letters-1", "kind": "letters", "name": "来信账号", "unit": unit[1], "loop_minutes": "15"}
    await publisher.post("/desk/targets/", fields)
    assert publisher.at == "/desk/targets/letters-1"
    return house, unit[1]


def typed(**changes: str | Sequence[str]) -> dict[str, str | Sequence[str]]:
    plain = {"name": "来信账号", "active": "on", "set-number": "A-100", "set-limit": "7"}
    return {**plain, **changes}


async def test_an_account_is_filled_by_its_channels_own_form_and_its_secrets_never_come_back(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    page = await publisher.get("/desk/targets/letters-1")
    assert "账号编号" in page
    assert "/hooks/letters/letters-1/" in page
    assert 'name="unit"' not in page
    page = await publisher.post("/desk/targets/letters-1", typed(**{"key-secret": "opensesame-9"}))
    assert "opensesame" not in page
    assert "已设置于" in page
    async with house.deps.db.read() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "letters-1"))).one()
        sealed = (await session.scalars(select(AccountSecret))).one()
        about = select(AuditEvent).where(AuditEvent.action.startswith("target.")).order_by(AuditEvent.seq)
        events = (await session.scalars(about)).all()
    assert row.settings == {"number": "A-100", "limit": 7}
    assert b"opensesame" not in sealed.sealed
    assert await house.deps.vault("letters-1").get("secret") == "opensesame-9"
    assert [event.action for event in events] == ["target.add", "target.edit", "target.keys"]
    assert "opensesame" not in str([event.details for event in events])
    # An empty field keeps what is there.
    await publisher.post("/desk/targets/letters-1", typed(name="来信"))
    assert await house.deps.vault("letters-1").get("secret") == "opensesame-9"


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    await publisher.get("/desk/targets/letters-1")
    wrong = typed(**{"set-limit": "0", "set-number": "<b>", "key-aes": "never-kept", "name": "新名"})
    page = await publisher.post("/desk/targets/letters-1", wrong, status=422)
    assert 'id="set-limit-error"' in page
    assert "&lt;b&gt;" in page
    assert "never-kept" not in page
    assert await house.deps.vault("letters-1").get("aes") is None
    page = await publisher.post("/desk/targets/letters-1", typed(name=" "), status=422)
    assert "planning.bad_target" in page


async def test_code_and_kind_never_change_and_a_target_is_switched_off_and_on(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    await publisher.get("/desk/targets/letters-1")
    await publisher.post("/desk/targets/letters-1", typed(code="other", kind="web", active=""))
    page = await publisher.get("/desk/targets/")
    assert "已停用" in page
    async with house.deps.db.read() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "letters-1"))).one()
    assert (row.kind, row.active) == ("letters", False)


async def test_a_display_is_moved_to_other_units_only_within_reach(house: House) -> None:
    _, unit = await with_account(house)
    publisher = house.logins["gu"]
    await publisher.get("/desk/targets/")
    fields = {"code": "site", "kind": "web", "name": "网站", "unit": unit, "loop_minutes": "15"}
    await publisher.post("/desk/targets/", fields)
    edit = {"name": "网站", "active": "on", "loop_minutes": "20"}
    await publisher.post("/desk/targets/site", {**edit, "unit": "/999999/"}, status=422)
    page = await publisher.post("/desk/targets/site", edit, status=422)
    assert "planning.no_such_unit" in page
    await publisher.post("/desk/targets/site", {**edit, "unit": unit})
    assert publisher.at == "/desk/targets/site"


async def test_a_paused_account_says_why_and_goes_on_when_somebody_says_so(house: House) -> None:
    await with_account(house)
    async with house.deps.db.write() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "letters-1"))).one()
        await pause(session, row.id, "publishing.vault_closed", {"account": "letters-1"}, now=house.deps.now())
    operator = await house.add("yun", "云维", "operator")
    page = await operator.get("/desk/targets/letters-1")
    assert "恢复并重试全部" in page
    assert "publishing.vault_closed" in page
    await operator.post("/desk/targets/letters-1/resume")
    assert "恢复并重试全部" not in operator.page
    editor = await house.add("shen", "沈静怡", "editor")
    await editor.post("/desk/targets/letters-1/resume", status=403)


async def test_the_journal_shows_calls_without_their_secrets(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    journal = RowJournal(Account("letters-1", house.deps.db, house.deps.clock))
    page = await publisher.get("/desk/targets/letters-1/journal")
    assert "还没有往来记录" in page
    await journal.record("call", url="https://api.example/token?secret=abc123", access_token="t0ken", errcode=0)
    await journal.record("<script>", note="{{ 7*7 }}")
    page = await publisher.get("/desk/targets/letters-1/journal")
    assert "平台码" in page
    assert "abc123" not in page
    assert "t0ken" not in page
    assert "<script>" not in page.split("<main", 1)[1].split("</main>", 1)[0]
    await publisher.get("/desk/targets/none/journal", status=404)
    answer = await publisher.script("GET", "/api/v1/targets/letters-1/journal")
    newest, call = (await answer.json())["lines"]
    assert (newest["event"], call["event"]) == ("<script>", "call")
    assert "abc123" not in str(call) + str(newest)
    assert call["fields"]["errcode"] == 0
    assert (await publisher.script("GET", "/api/v1/targets/none/journal")).status == 404


async def test_the_journal_is_searched_paged_and_narrowed_to_what_failed(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    journal = RowJournal(Account("letters-1", house.deps.db, house.deps.clock))
    for number in range(51):
        await journal.record("call", path=f"/cgi-bin/{number}", end="ok")
    await journal.record("call", path="/cgi-bin/stable_token", errcode=40164, text="invalid ip")
    page = await publisher.get("/desk/targets/letters-1/journal")
    assert "第 1–50 条，共 52 条" in page
    assert page.count("chip-bad") == 1
    page = await publisher.get("/desk/targets/letters-1/journal?page=2")
    assert page.count('class="rows-item journal"') == 2
    page = await publisher.get("/desk/targets/letters-1/journal?bad=on")
    assert page.count('class="rows-item journal"') == 1
    assert "40164" in page
    page = await publisher.get("/desk/targets/letters-1/journal?q=stable_TOKEN&page=99999999")
    assert page.count('class="rows-item journal"') == 1
    page = await publisher.get("/desk/targets/letters-1/journal?q=%3Cscript%3E")
    assert "没有符合条件的记录" in page


async def test_a_task_nobody_knows_is_not_found(house: House) -> None:
    await with_account(house)
    publisher = house.logins["gu"]
    await publisher.get("/desk/publishing/")
    await publisher.post("/desk/publishing/done", {"delivery": str(uuid.UUID(int=1))}, status=404)
    await publisher.get(f"/desk/publishing/packs/{uuid.UUID(int=1)}", status=404)


async def with_task(house: House, world: World, kind: str, ask: str = "url") -> uuid.UUID:
    """A delivery that waits for a person, as the worker leaves one."""
    now, deps = house.deps.now(), house.deps
    pack = await deps.workshop.store.put(b"PK\x03\x04 a pack", media_type="application/zip")
    task = {"task": "letters.task.unknown", "pack": pack.sha256, "link": "https://letters.example/new", "ask": ask}
    async with deps.db.write() as session:
        target = (await session.scalars(select(TargetRow))).one()
        document = (await session.scalars(select(Document).where(Document.public_id == world.document))).one()
        edition = (await session.scalars(select(Edition).where(Edition.document_id == document.id))).one()
        publication = Publication(
            id=uuid7(now),
            key=f"test:{kind}",
            kind=kind,
            document_id=document.id,
            edition_id=edition.id if kind == "publish" else None,
            what={},
            reason="",
            at=now,
            created_at=now,
        )
        session.add(publication)
        await session.flush()
        delivery = Delivery(
            id=uuid7(now),
            state="manual",
            publication_id=publication.id,
            target_id=target.id,
            document_id=document.id,
            edition_id=publication.edition_id,
            kind=kind,
            at=now,
            not_before=now,
            created_at=now,
            finished_at=now - dt.timedelta(days=2),
            receipt={"state": "manual", "places": [], "url": None, "detail": task},
        )
        session.add(delivery)
        if kind == "publish":
            session.add(
                Showing(
                    target_id=target.id,
                    document_id=document.id,
                    edition_id=edition.id,
                    publication_id=publication.id,
                    release="0" * 64,
                    releases=["0" * 64],
                    kind="news",
                    column="news",
                    month="2026-11",
                    since=now,
                    not_before=now,
                    search="",
                )
            )
        return delivery.id


async def test_a_task_is_found_on_the_first_page_and_done_with_the_posts_address(house: House) -> None:
    world = await make_world(house)
    delivery = await with_task(house, world, "publish")
    publisher = world.by["publisher"]
    assert "待人工处理" in await publisher.get("/desk/")
    page = await publisher.get(f"/desk/documents/{world.document}/publish")
    assert "请按发布包内的说明" in page
    assert "前往 letters.example" in page

    answer = await publisher.session.get(publisher.base.join(URL(f"/desk/publishing/packs/{delivery}")))
    assert await answer.read() == b"PK\x03\x04 a pack"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (task,) = (await (await publisher.script("GET", "/api/v1/deliveries/tasks")).json())["tasks"]
    assert task["has_pack"]
    answer = await publisher.script("GET", f"/api/v1/deliveries/{task['delivery']['id']}/pack")
    assert await answer.read() == b"PK\x03\x04 a pack"
    answer = await world.by["editor"].script("GET", f"/api/v1/deliveries/{delivery}/pack")
    assert (answer.status, (await answer.json())["code"]) == (403, "people.denied.role")

    there = f"/desk/documents/{world.document}/done"
    page = await publisher.post(there, {"delivery": str(delivery), "url": "javascript:alert(1)"}, status=422)
    assert "javascript:alert(1)" in page
    assert "网址不符合要求" in page
    await world.by["editor"].get("/desk/")
    await world.by["editor"].post(there, {"delivery": str(delivery), "url": "https://a.cn/1"}, status=403)
    page = await publisher.post(there, {"delivery": str(delivery), "url": "https://letters.example/1"})
    assert 'href="https://letters.example/1"' in page
    assert "顾晓峰手动完成" in page
    assert "待人工处理" not in await publisher.get("/desk/")


async def test_a_take_down_nobody_confirmed_for_a_day_is_late_on_the_board(house: House) -> None:
    world = await make_world(house)
    delivery = await with_task(house, world, "recall")
    operator = world.by["operator"]
    page = await operator.get("/desk/publishing/")
    assert "撤下超过一天未登记" in page
    assert 'name="url"' not in page
    page = await operator.post("/desk/publishing/done", {"delivery": str(delivery)})
    assert "撤下超过一天未登记" not in page


@on_both
async def test_a_take_down_that_asks_for_proof_is_done_with_a_picture_that_was_made_anew(house: House) -> None:
    world = await make_world(house)
    delivery = await with_task(house, world, "recall", ask="proof")
    operator = world.by["operator"]
    page = await operator.get("/desk/publishing/")
    assert 'name="proof" type="file"' in page
    page = await operator.post("/desk/publishing/done", {"delivery": str(delivery)}, status=422)
    assert "请附上已删除的截图" in page
    for data, status in ((b"no picture", 422), (png(64, 64), 200)):
        form = FormData({"delivery": str(delivery), "csrf": operator.token})
        form.add_field("proof", data, filename="a.png", content_type="image/png")
        answer = await operator.session.post(operator.base.join(URL("/desk/publishing/done")), data=form)
        assert answer.status == status, await answer.text()
    there = operator.base.join(URL(f"/desk/publishing/proofs/{delivery}"))
    shown = await operator.session.get(there)
    assert (shown.status, shown.headers["X-Content-Type-Options"]) == (200, "nosniff")
    assert await shown.read() != png(64, 64)
    assert (await world.by["editor"].session.get(there)).status == 403


async def test_remarks_on_paragraphs_reach_the_author_beside_the_text(house: House) -> None:
    world = await make_world(house)
    editor, reviewer = world.by["editor"], world.by["reviewer"]
    await write(editor, world.document)
    await editor.post(f"/desk/documents/{world.document}/submit", {})
    page = await reviewer.get(f"/desk/documents/{world.document}/review")
    assert 'name="remark-b_aaaaaaaaaaaa"' in page
    seen = re.search(r'name="hash" value="([0-9a-f]{64})"', page)
    assert seen is not None
    remark = {"hash": seen[1], "remark-b_aaaaaaaaaaaa": "<b>此处请核对</b>", "remark-b_bbbbbbbbbbbb": " "}
    page = await reviewer.post(f"/desk/documents/{world.document}/review/return", remark, status=422)
    assert "&lt;b&gt;此处请核对" in page
    await reviewer.post(f"/desk/documents/{world.document}/review/return", {**remark, "opinion": "请改"})
    await editor.get(f"/desk/documents/{world.document}")
    page = await editor.get(f"/desk/documents/{world.document}/edit")
    assert "段落批注（1）" in page
    assert 'href="#b_aaaaaaaaaaaa"' in page
    assert 'remarks="{&#34;b_aaaaaaaaaaaa&#34;' in page
    assert "<b>此处" not in page
