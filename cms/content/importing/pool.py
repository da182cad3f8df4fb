"""The pool: what feeds brought, to be looked through, put aside, or taken by one editor into one draft."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import read_body
from cms.content.draft import BylineDraft, Draft
from cms.content.editing import create
from cms.content.held import look
from cms.content.importing.models import FeedSource, PoolItem
from cms.content.importing.placing import with_pictures
from cms.content.kinds import Kind
from cms.content.models import Document
from cms.kernel.errors import Conflict, NotFound
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, reach, require_reach
from cms.people.units import unit_at

PAGE: Final = 30


class PoolState(StrEnum):
    """What became of an item of the pool."""

    NEW = "new"
    TAKEN = "taken"
    ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class PoolRow:
    """An item with its feed; `by` and `document` (public id) once somebody took it."""

    item: PoolItem
    source: str
    by: str
    document: str


@dataclass(frozen=True, slots=True)
class PoolFilters:
    """What a list shows."""

    state: PoolState = PoolState.NEW
    source: uuid.UUID | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class PoolPage:
    """Rows, newest first; `after` is the key of the next page."""

    rows: tuple[PoolRow, ...]
    total: int
    after: str


async def pool(session: AsyncSession, actor: Actor, filters: PoolFilters, *, after: str = "") -> PoolPage:
    """A page of the items whose feeds fill the pool of the actor's units."""
    where = [_seen_by(actor), PoolItem.state == filters.state.value]
    if filters.source is not None:
        where.append(PoolItem.source_id == filters.source)
    if filters.words:
        words = (one.contains(filters.words, autoescape=True) for one in (PoolItem.title, PoolItem.origin))
        where.append(or_(*words))
    counted = select(func.count()).select_from(PoolItem).join(FeedSource).where(*where)
    total = (await session.execute(counted)).scalar_one()
    if after:
        where.append(PoolItem.id < _key(after))
    query = _rows().where(*where).order_by(PoolItem.id.desc()).limit(PAGE + 1)
    found = [_row(row) for row in (await session.execute(query)).all()]
    more = len(found) > PAGE
    return PoolPage(tuple(found[:PAGE]), total, str(found[PAGE - 1].item.id) if more else "")


async def pool_sources(session: AsyncSession, actor: Actor) -> Sequence[tuple[uuid.UUID, str]]:
    """The feeds an actor sees items of."""
    query = select(FeedSource.id, FeedSource.name).where(_seen_by(actor)).order_by(FeedSource.name)
    return [(row.id, row.name) for row in (await session.execute(query)).all()]


async def waiting(session: AsyncSession, actor: Actor) -> int:
    """How many items nobody looked at yet."""
    if not reach(actor, Action.DOCUMENT_CREATE):
        return 0
    query = select(func.count()).select_from(PoolItem).join(FeedSource)
    return (await session.execute(query.where(_seen_by(actor), PoolItem.state == PoolState.NEW))).scalar_one()


async def pool_item(session: AsyncSession, actor: Actor, item: uuid.UUID) -> PoolRow:
    """Raises NotFound `content.no_pool_item`."""
    row = (await session.execute(_rows().where(PoolItem.id == item, _seen_by(actor)))).one_or_none()
    if row is None:
        raise NotFound("content.no_pool_item")
    return _row(row)


async def take(
    session: AsyncSession, actor: Actor, item: uuid.UUID, *, unit: str, sponsor: str = "", now: dt.datetime
) -> str:
    """Makes a draft of an item, its byline's source and author filled in; the public id of the document.

    Pictures that were fetched (`rehosting.take_whole`) stand where the item had them; the others stand in the report.

    Raises Conflict `content.pool_taken` when somebody was faster, Denied when the actor may not write in `unit`.
    """
    row = await _locked(session, actor, item)
    if row.state == PoolState.TAKEN:
        by = (await session.execute(select(Person.name).where(Person.id == row.settled_by))).scalar_one_or_none()
        raise Conflict("content.pool_taken", person=by or "")
    place = await unit_at(session, unit or actor.unit)
    byline = BylineDraft(row.origin, row.author, "", sponsor, row.published_at or now)
    placed = with_pictures(row.body, row.pictures, row.report.get("pictures", {}))
    draft = Draft(title=row.title, summary=row.summary, byline=byline, body=read_body(placed.body), cover=placed.cover)
    edition = await create(session, actor, kind=Kind.NEWS, unit=place.id, draft=draft, now=now)
    public = (await look(session, edition.id)).document.public_id
    row.document_id = edition.document_id
    row.report = {"fetched": placed.fetched, "missing": [dict(one) for one in placed.missing]}
    await _settle(session, actor, row, to=PoolState.TAKEN, details={"document": public}, now=now)
    return public


async def report_of(session: AsyncSession, document: uuid.UUID) -> Mapping[str, Any]:
    """What became of the pictures of the item a document was made of; empty for any other document."""
    query = select(PoolItem.report).where(PoolItem.document_id == document).limit(1)
    return (await session.execute(query)).scalar_one_or_none() or {}


async def put_aside(session: AsyncSession, actor: Actor, item: uuid.UUID, *, now: dt.datetime) -> None:
    """Nobody needs it; it can be brought back. Raises Conflict `content.pool_settled`."""
    await _move(session, actor, item, to=PoolState.ASIDE, now=now)


async def bring_back(session: AsyncSession, actor: Actor, item: uuid.UUID, *, now: dt.datetime) -> None:
    """Into the pool again. Raises Conflict `content.pool_settled`."""
    await _move(session, actor, item, to=PoolState.NEW, now=now)


async def _move(session: AsyncSession, actor: Actor, item: uuid.UUID, *, to: PoolState, now: dt.datetime) -> None:
    """Between what waits and what was put aside; what was taken stays so."""
    row = await _locked(session, actor, item)
    if row.state in {PoolState.TAKEN.value, to.value}:
        raise Conflict("content.pool_settled")
    await _settle(session, actor, row, to=to, details={}, now=now)


async def _settle(
    session: AsyncSession, actor: Actor, row: PoolItem, *, to: PoolState, details: dict[str, str], now: dt.datetime
) -> None:
    row.state, row.settled_by, row.settled_at = to.value, actor.person, now
    await session.flush()
    unit = (await session.execute(select(FeedSource.unit_path).where(FeedSource.id == row.source_id))).scalar_one()
    said = {"title": row.title, "url": row.url, **details}
    await record(session, actor, f"pool.{to.value}", of=("pool_item", str(row.id)), unit=unit, details=said, now=now)


async def _locked(session: AsyncSession, actor: Actor, item: uuid.UUID) -> PoolItem:
    await pool_item(session, actor, item)
    return await session.get_one(PoolItem, item, with_for_update=True, populate_existing=True)


def _rows() -> Select[PoolItem, str, str, str]:
    query = select(PoolItem, FeedSource.name.label("source"), Person.name.label("by"), Document.public_id)
    query = query.join(FeedSource, FeedSource.id == PoolItem.source_id)
    query = query.outerjoin(Person, Person.id == PoolItem.settled_by)
    return query.outerjoin(Document, Document.id == PoolItem.document_id)


def _row(row: Any) -> PoolRow:
    return PoolRow(row.PoolItem, row.source, row.by or "", row.public_id or "")


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    """Feeds of units the actor writes in, and of units above them: a centre's pool is for everybody below."""
    paths = require_reach(actor, Action.DOCUMENT_CREATE)
    above = {path[: at + 1] for path in paths for at, ch in enumerate(path) if ch == "/" and at}
    inside = (FeedSource.unit_path.startswith(path, autoescape=True) for path in paths)
    return or_(FeedSource.unit_path.in_(sorted(above)), *inside)


def _key(after: str) -> uuid.UUID:
    try:
        return uuid.UUID(after)
    except ValueError:
        raise NotFound("kernel.not_found") from None
