"""An account's posts and the testers' phones on real pages: who may, what is said, and what is written down."""

import dataclasses
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cms.audit.models import AuditEvent
from cms.contract import ContractError, Piece, Services, Target
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.planning.models import Target as TargetRow
from cms.publishing.models import Delivery
from tests.integration.desk.house import House, open_house
from tests.integration.desk.test_accounts import LETTERS, with_task
from tests.integration.desk.world import make_world

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TALK = {"post-1": False}
SEEN: list[str] = []


async def trial(piece: Piece, target: Target, _services: Services) -> int:
    if target.settings.get("number") == "full":
        raise ContractError("wechat.trial_nobody")
    SEEN.append(piece.title)
    return 2


async def comments(post: str, wanted: bool | None, _target: Target, _services: Services) -> bool | None:
    if wanted is not None:
        TALK[post] = wanted
    return TALK.get(post)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    letters = dataclasses.replace(LETTERS, trial=trial, comments=comments)
    async with open_house(database, tmp_path, SystemClock(), {"letters": letters}) as opened:
        yield opened


async def events(house: House) -> list[tuple[str, object]]:
    query = select(AuditEvent).where(AuditEvent.action.in_(("document.trial", "target.comments")))
    async with house.deps.db.read() as session:
        return [(one.action, one.details) for one in (await session.scalars(query.order_by(AuditEvent.seq))).all()]


@on_sqlite
async def test_posts_of_an_account_are_listed_and_their_comments_switched(house: House) -> None:
    world = await make_world(house)
    delivery = await with_task(house, world, "publish")
    publisher, editor = world.by["publisher"], world.by["editor"]
    code = await code_of(house)
    here = f"/desk/accounts/{code}/posts"
    assert "还没有在展示的内容" in await publisher.get(here)
    async with house.deps.db.write() as session:
        live = {"state": "live", "post": "post-1", "receipt": {"url": "https://letters.example/1"}}
        await session.execute(update(Delivery).where(Delivery.id == delivery).values(**live))
    page = await publisher.get(here)
    assert 'href="https://letters.example/1"' in page
    assert "已关闭" in page
    page = await publisher.post(f"{here}/{delivery}/comments", {"open": "1"})
    assert ("已开放留言" in page, TALK["post-1"]) == (True, True)
    await publisher.post(f"{here}/{uuid.UUID(int=1)}/comments", {"open": "1"}, status=404)
    await editor.get("/desk/")
    await editor.post(f"{here}/{delivery}/comments", {"open": "0"}, status=403)
    assert TALK["post-1"]
    assert await events(house) == [("target.comments", {"delivery": str(delivery), "open": True})]


@on_sqlite
async def test_draft_goes_to_the_testers_and_a_refusal_says_what_to_do(house: House) -> None:
    world = await make_world(house)
    await with_task(house, world, "publish")
    code, editor = await code_of(house), world.by["editor"]
    there = f"/desk/documents/{world.document}/trial/{code}"
    assert there in await editor.get(f"/desk/documents/{world.document}/preview")
    assert "已发到测试手机" in await editor.post(there, {})
    assert len(SEEN) == 1
    await editor.post(f"/desk/documents/{world.document}/trial/none", {}, status=404)
    async with house.deps.db.write() as session:
        await session.execute(update(TargetRow).where(TargetRow.code == code).values(settings={"number": "full"}))
    assert "没有填写测试微信号" in await editor.post(there, {}, status=422)
    assert await events(house) == [("document.trial", {"target": code, "people": 2})]


async def code_of(house: House) -> str:
    """The code of the world's one target, which becomes an account."""
    async with house.deps.db.write() as session:
        await session.execute(update(TargetRow).values(kind="letters"))
        return (await session.scalars(select(TargetRow.code))).one()
