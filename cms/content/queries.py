"""Reading documents: lists with filters by key, counts by state, one document, its revisions."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cms.content.held import Held, look
from cms.content.kinds import Kind
from cms.content.models import Column, Document, Edition, Revision
from cms.content.states import EDITABLE, EditionState
from cms.kernel.errors import NotFound
from cms.kernel.text import search_text
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, require_can, require_reach

MAX_PAGE: Final = 100
_MAX_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows; empty means everything the actor may read. Discarded ones only when asked for by state."""

    states: frozenset[EditionState] = frozenset()
    kind: Kind | None = None
    column: str | None = None
    unit: str | None = None
    words: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the last row of the page before."""

    updated_at: dt.datetime
    document: uuid.UUID


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of a list: a document as its current edition stands; `live` is the number of the edition that is out."""

    document: uuid.UUID
    public_id: str
    edition: uuid.UUID
    number: int
    live: int | None
    kind: Kind
    state: EditionState
    state_at: dt.datetime
    title: str
    column: str | None
    column_name: str
    unit: str
    unit_name: str
    author: str
    holder: str
    updated_at: dt.datetime
    planned_at: dt.datetime | None
    scheduled_at: dt.datetime | None
    published_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows newest first, the key of the next page (None: the end), and how many there are in all."""

    rows: tuple[DocumentRow, ...]
    after: Cursor | None
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents stand in each state, under filters that do not name states."""

    by_state: Mapping[EditionState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(number for state, number in self.by_state.items() if state is not EditionState.DISCARDED)


async def documents(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Cursor | None = None, limit: int = 30
) -> Page:
    """A page of the documents the actor may read, by last change.

    Words are found anywhere in title, text, byline or pinyin initials by reading the text of every document in the
    actor's units: measured work, no index, right on both databases.
    """
    where = _where(actor, filters)
    query = _rows().where(*where)
    if after is not None:
        older = and_(Document.updated_at == after.updated_at, Document.id < after.document)
        query = query.where(or_(Document.updated_at < after.updated_at, older))
    limit = min(limit, MAX_PAGE)
    query = query.order_by(Document.updated_at.desc(), Document.id.desc()).limit(limit + 1)
    found = (await session.execute(query)).all()
    counted = select(func.count()).select_from(Edition).join(Document).join(Unit, Unit.id == Document.unit_id)
    total = (await session.execute(counted.where(*where))).scalar_one()
    rows = tuple(map(_row, found[:limit]))
    more = len(found) > limit
    return Page(rows, Cursor(rows[-1].updated_at, rows[-1].document) if more else None, total)


async def counts(session: AsyncSession, actor: Actor, filters: Filters | None = None) -> Counts:
    """Documents by state; the states of `filters` are ignored."""
    found = filters or Filters()
    every = Filters(frozenset(EditionState), found.kind, found.column, found.unit, found.words, found.mine)
    query = select(Edition.state, func.count()).select_from(Edition).join(Document)
    query = query.join(Unit, Unit.id == Document.unit_id).where(*_where(actor, every)).group_by(Edition.state)
    return Counts({EditionState(state): number for state, number in (await session.execute(query)).all()})


async def drafts_of(session: AsyncSession, actor: Actor, *, limit: int = 30) -> Sequence[DocumentRow]:
    """What the actor holds and can write on, newest first."""
    where = _where(actor, Filters(states=EDITABLE))
    query = _rows().where(*where, Edition.holder_id == actor.person)
    return list(map(_row, (await session.execute(query.order_by(Document.updated_at.desc()).limit(limit))).all()))


async def find(session: AsyncSession, actor: Actor, public_id: str, *, number: int | None = None) -> Held:
    """The current edition of a document, or edition `number`, if the actor may read it.

    Raises NotFound `content.no_document`, also for one they may not know of.
    """
    query = select(Edition.id).join(Document).where(Document.public_id == public_id)
    query = query.where(Edition.is_current if number is None else Edition.number == number)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("content.no_document")
    held = await look(session, found)
    require_can(actor, Action.DOCUMENT_READ, held.subject)
    return held


async def editions_of(session: AsyncSession, document: uuid.UUID) -> Sequence[Edition]:
    """Every edition, newest first; ask `find` for permission before."""
    query = select(Edition).where(Edition.document_id == document).order_by(Edition.number.desc())
    return (await session.execute(query)).scalars().all()


async def revisions_of(session: AsyncSession, document: uuid.UUID) -> Sequence[Revision]:
    """Every revision, newest first; ask `find` for permission before."""
    query = select(Revision).where(Revision.document_id == document).order_by(Revision.number.desc())
    return (await session.execute(query)).scalars().all()


async def revision(session: AsyncSession, document: uuid.UUID, number: int) -> Revision:
    """Raises NotFound `content.no_revision`; ask `find` for permission before."""
    query = select(Revision).where(Revision.document_id == document, Revision.number == number)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("content.no_revision")
    return found


def phrase(words: str) -> str:
    """What stands in `search_text` where these words do."""
    return search_text(words[:_MAX_WORDS].lower())


def _rows() -> Select[Any]:
    out = aliased(Edition)
    live = select(out.number).where(out.document_id == Document.id, out.is_live).correlate(Document).scalar_subquery()
    author = select(Person.name).where(Person.id == Document.created_by).scalar_subquery()
    holder = select(Person.name).where(Person.id == Edition.holder_id).correlate(Edition).scalar_subquery()
    return (
        select(
            Document,
            Edition,
            Unit.path,
            Unit.name.label("unit_name"),
            Column.name.label("column_name"),
            author.label("author"),
            holder.label("holder"),
            live.label("live"),
        )
        .join(Document, Document.id == Edition.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .outerjoin(Column, Column.code == Document.column_code)
    )


def _where(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    paths = require_reach(actor, Action.DOCUMENT_READ)
    where: list[ColumnElement[bool]] = [
        Edition.is_current.is_(True),
        or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths)),
    ]
    if filters.states:
        where.append(Edition.state.in_(sorted(filters.states)))
    else:
        where.append(Edition.state != EditionState.DISCARDED.value)
    if filters.kind is not None:
        where.append(Document.kind == filters.kind.value)
    if filters.column is not None:
        where.append(Document.column_code == filters.column)
    if filters.unit is not None:
        where.append(Unit.path.startswith(filters.unit, autoescape=True))
    if filters.mine:
        wrote = exists().where(Revision.document_id == Document.id, Revision.created_by == actor.person)
        where.append(or_(Document.created_by == actor.person, Edition.holder_id == actor.person, wrote))
    wanted = phrase(filters.words)
    if wanted:
        where.append(Document.search_text.contains(wanted, autoescape=True))
    return where


def _row(found: Row[Any]) -> DocumentRow:
    document, edition = found.Document, found.Edition
    return DocumentRow(
        document=document.id,
        public_id=document.public_id,
        edition=edition.id,
        number=edition.number,
        live=found.live,
        kind=Kind(document.kind),
        state=EditionState(edition.state),
        state_at=edition.state_at,
        title=document.title,
        column=document.column_code,
        column_name=found.column_name or "",
        unit=found.path,
        unit_name=found.unit_name,
        author=found.author,
        holder=found.holder,
        updated_at=document.updated_at,
        planned_at=edition.planned_at,
        scheduled_at=edition.scheduled_at,
        published_at=edition.published_at,
    )
