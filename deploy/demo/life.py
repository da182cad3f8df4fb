"""What the demo's newsroom is busy with, so that each page shows life: reviews, a batch, a missed time, hours."""

import asyncio
import datetime as dt
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import BylineDraft, Draft, EnvelopeDraft
from cms.content.editing import create
from cms.content.editions import plan
from cms.content.kinds import Kind
from cms.content.models import Document, Edition
from cms.library.details import Details, describe
from cms.library.upload import upload_picture
from cms.people.roles import Role
from cms.planning.batches import Member, promise_batch
from cms.planning.dayparts import add_usual
from cms.planning.placements import place
from cms.planning.schedule import schedule
from cms.review.books import current_book, save_book
from cms.review.decline import return_piece
from cms.review.models import ReleaseRow
from cms.review.plans import CHECKS, THREE_AND_THREE
from cms.review.proof import FAULT, GOOD, mark_proof
from cms.review.submit import submit
from deploy.demo.hands import DemoParts, People, approve, unit_of
from deploy.demo.scenes import picture
from deploy.demo.text import blocks_of
from schedules.resolve import Layer

FILE: Final = Path(__file__).parent / "life.toml"
# A right that ends within the month is what the library warns of.
RIGHT_ENDS_IN: Final = dt.timedelta(days=12)
# A post that is an hour late is not sent any more.
MISSED_SINCE: Final = dt.timedelta(hours=9)
_HOUR: Final = dt.timedelta(hours=1)
_DAY: Final = dt.timedelta(days=1)


async def bring_to_life(parts: DemoParts, people: People, world: Mapping[str, Any]) -> None:
    """Puts a piece into each state. What is signed already was so under two reviews; then the office takes 三审三校."""
    text = await asyncio.to_thread(FILE.read_text, "utf-8")
    rows = tomllib.loads(text)["pieces"]
    cover = await _expiring_picture(parts, people)
    made: dict[str, list[uuid.UUID]] = {}
    for row in (one for one in rows if one["stage"] in {"batch", "missed", "scheduled"}):
        edition = await _submitted(parts, people, row, world, cover)
        for role in (Role.REVIEWER, Role.CHIEF):
            await approve(parts, people, people.with_role(role), edition)
        made.setdefault(row["stage"], []).append(edition)
    await _promises(parts, people, made)
    await _hours(parts, people)
    async with parts.db.write() as session:
        chief, book = people.with_role(Role.CHIEF), await current_book(session)
        note = "演示：采用三审三校"
        await save_book(session, chief, THREE_AND_THREE, seen=book.version, note=note, now=parts.clock.now())
    for row in rows:
        match row["stage"]:
            case "review" | "waiting" | "returned":
                await _in_review(parts, people, await _submitted(parts, people, row, world, cover), row["stage"])
            case "draft":
                await _wished(parts, people, await _written(parts, people, row, world, cover))
            case _:
                pass


async def _expiring_picture(parts: DemoParts, people: People) -> uuid.UUID:
    author, now = people.with_role(Role.EDITOR), parts.clock.now()
    jpeg = await asyncio.to_thread(picture, "lake")
    asset = await upload_picture(parts.db, parts.workshop, author, jpeg, name="东太湖航拍（授权图）.jpg", now=now)
    details = Details(asset.name, ("航拍", "授权"), None, "吴江摄影协会", "一年期网络使用权", now + RIGHT_ENDS_IN)
    async with parts.db.write() as session:
        await describe(session, author, asset.id, details, now=now)
    return asset.id


async def _written(
    parts: DemoParts, people: People, row: Mapping[str, Any], world: Mapping[str, Any], cover: uuid.UUID
) -> uuid.UUID:
    author, now = people.with_role(Role.EDITOR), parts.clock.now()
    channels = ("wechat",) if row["stage"] == "missed" else ("screen", "web", "wechat")
    draft = Draft(
        title=row["title"],
        summary=row["summary"],
        byline=BylineDraft("吴江发布", "沈佳", "周岚", world["sponsor"], now),
        column=row["column"],
        cover=cover,
        cover_alt=row["title"],
        body={"schema": 1, "blocks": blocks_of(row["body"], picture=str(cover), video=None)},
        channels=channels,
        envelope=EnvelopeDraft(not_before=now - 2 * _DAY),
    )
    async with parts.db.write() as session:
        edition = await create(session, author, kind=Kind.NEWS, unit=await unit_of(parts, author), draft=draft, now=now)
    return edition.id


async def _submitted(
    parts: DemoParts, people: People, row: Mapping[str, Any], world: Mapping[str, Any], cover: uuid.UUID
) -> uuid.UUID:
    edition = await _written(parts, people, row, world, cover)
    async with parts.db.write() as session:
        await submit(session, people.with_role(Role.EDITOR), edition, press=parts.press, now=parts.clock.now())
    return edition


async def _in_review(parts: DemoParts, people: People, edition: uuid.UUID, stage: str) -> None:
    now = parts.clock.now()
    if stage == "returned":
        async with parts.db.write() as session:
            reviewer = people.with_role(Role.REVIEWER)
            await return_piece(session, reviewer, edition, opinion="请核实灯具数量，并补充一张夜景照片。", now=now)
    if stage != "review":
        return
    await approve(parts, people, people.with_role(Role.REVIEWER), edition)
    proofreaders = [one for one in people.actors.values() if Role.PROOFREADER in one.roles]
    async with parts.db.write() as session:
        query = select(ReleaseRow.hash).where(ReleaseRow.edition_id == edition)
        seen = (await session.scalars(query)).one()
        clean = dict.fromkeys(CHECKS, GOOD)
        await mark_proof(session, proofreaders[0], edition, seen=seen, checks=clean, now=now)
        note = "第二段“首批三百张”与导语重复，建议删去一处。"
        fault = {**clean, CHECKS[0]: FAULT}
        await mark_proof(session, proofreaders[1], edition, seen=seen, checks=fault, note=note, now=now)


async def _wished(parts: DemoParts, people: People, edition: uuid.UUID) -> None:
    now = parts.clock.now()
    async with parts.db.write() as session:
        await plan(session, people.with_role(Role.EDITOR), edition, planned_at=_morning(now, 6), now=now)


async def _promises(parts: DemoParts, people: People, made: Mapping[str, Sequence[uuid.UUID]]) -> None:
    publisher, now = people.with_role(Role.PUBLISHER), parts.clock.now()
    async with parts.db.write() as session:
        members = [Member(one, ("web", "screens-all")) for one in made["batch"]]
        await promise_batch(session, publisher, members, name="新春文化惠民专题", at=_morning(now, 3), now=now)
    for edition in made["scheduled"]:
        async with parts.db.write() as session:
            await schedule(session, publisher, edition, at=_morning(now, 1), targets=["web", "screens-all"], now=now)
    for edition in made["missed"]:
        # Promised in time; nobody was there when its time came. The worker says so as soon as it looks.
        at = now - MISSED_SINCE
        async with parts.db.write() as session:
            await schedule(session, publisher, edition, at=at, targets=["wechat"], now=at - _HOUR)


async def _hours(parts: DemoParts, people: People) -> None:
    """Named hours, and a piece that the street shows in the rush hour."""
    publisher, now = people.with_role(Role.PUBLISHER), parts.clock.now()
    async with parts.db.write() as session:
        rush, *_ = await add_usual(session, publisher, now=now)
        document = await _live(session)
        rule = {"start": now.isoformat(), "named": [{"id": str(rush.id)}]}
        await place(
            session, publisher, document, target="screens-all", rule=rule, layer=Layer.DAYPART, priority=1, now=now
        )


async def _live(session: AsyncSession) -> uuid.UUID:
    """A piece of the front column that is out."""
    query = select(Document.id).join(Edition, Edition.document_id == Document.id)
    query = query.where(Edition.is_live, Document.column_code == "news", Document.kind == Kind.NEWS.value)
    return (await session.scalars(query.order_by(Document.title).limit(1))).one()


def _morning(now: dt.datetime, days: int) -> dt.datetime:
    """Half past eight in Beijing, so many days on."""
    return now.replace(hour=0, minute=30, second=0, microsecond=0) + days * _DAY
