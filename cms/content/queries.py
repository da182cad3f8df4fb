"""Reading documents: lists with filters by key, counts by state, one document, its revisions."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql import visitors

from cms.content.filters import Filters, Scope, conditions, scope_of
from cms.content.found import COUNTED, Hit, find_hits
from cms.content.held import Held, look
from cms.content.kinds import Kind
from cms.content.models import Column, Document, Edition, Revision
from cms.content.states import EDITABLE, EditionState
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, require_can

MAX_PAGE: Final = 100
# Where the pieces of the authors that a name means are no longer counted: their index leads there in milliseconds.
_AUTHORS_COUNTED: Final = 4 * COUNTED


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the last row of the page before; of a search its `seq`."""

    updated_at: dt.datetime
    document: uuid.UUID
    seq: int = 0


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
    """Rows newest first, the key of the next page (None: the end), and how many there are, counted to `COUNTED`."""

    rows: tuple[DocumentRow, ...]
    after: Cursor | None
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents stand in each state, each counted to `COUNTED`, under filters that do not name states.

    `is_cut`: a search was read to its newest `COUNTED` and no further, so there may be more in any state. `hits` are
    what it found.
    """

    by_state: Mapping[EditionState, int] = field(default_factory=dict)
    is_cut: bool = False
    hits: Sequence[Hit] = ()

    @property
    def total(self) -> int:
        return sum(number for state, number in self.by_state.items() if state is not EditionState.DISCARDED)


async def documents(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    after: Cursor | None = None,
    limit: int = 30,
    total: int | None = None,
    hits: Sequence[Hit] = (),
) -> Page:
    """A page of the documents the actor may read: by last change, or, where words are searched, by last writing.

    `total` is what `counts` said of the same filters, for whoever asked it already, and `hits` what it found.
    """
    limit = min(limit, MAX_PAGE)
    scope = await scope_of(session, actor, filters)
    if filters.is_search:
        return await _found(session, actor, filters, scope, after, limit, total, hits)
    if total is None:
        total = (await session.execute(_counted(conditions(actor, filters, scope)))).scalar_one()
    # Of many the newest are found by walking back in time; of few, walking would read everything there is, so the sign
    # keeps the databases from it and they begin with whatever is rare.
    is_rare = total < COUNTED
    newest = text("+document.updated_at DESC") if is_rare else Document.updated_at.desc()
    by_state = is_rare and bool(filters.states) and not scope.is_few
    query = _rows().where(*conditions(actor, filters, scope, walking=not is_rare, by_state=by_state))
    if after is not None:
        older = and_(Document.updated_at == after.updated_at, Document.id < after.document)
        query = query.where(or_(Document.updated_at < after.updated_at, older))
    found = (await session.execute(query.order_by(newest, Document.id.desc()).limit(limit + 1))).all()
    rows = tuple(map(_row, found[:limit]))
    more = len(found) > limit
    return Page(rows, Cursor(rows[-1].updated_at, rows[-1].document) if more else None, total)


async def _found(  # noqa: PLR0917 - one private caller
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    scope: Scope,
    after: Cursor | None,
    limit: int,
    total: int | None,
    hits: Sequence[Hit],
) -> Page:
    below = after.seq if after is not None else 0
    wanted = limit + 1 if below or total is not None else COUNTED
    rest = [] if below or filters.mine else [hit for hit in hits if _is_shown(hit, filters)][:wanted]
    # Fewer than a page among those that were counted: there may be more behind them.
    if len(rest) < wanted and (not hits or below or filters.mine or len(hits) >= COUNTED):
        rest = await find_hits(session, actor, filters, scope, most=wanted, below=below)
    if total is None:
        total = len(rest) if not below else len(await find_hits(session, actor, filters, scope, most=COUNTED))
    shown = rest[:limit]
    query = _rows().where(Edition.is_current.is_(True), Document.id.in_([hit.document for hit in shown]))
    rows = {row.document: row for row in map(_row, (await session.execute(query)).all())}
    ordered = tuple(rows[hit.document] for hit in shown)
    last = Cursor(ordered[-1].updated_at, ordered[-1].document, shown[-1].seq) if len(rest) > limit else None
    return Page(ordered, last, total)


def _is_shown(hit: Hit, filters: Filters) -> bool:
    """As `conditions` says it of states."""
    return hit.state in filters.states if filters.states else hit.state is not EditionState.DISCARDED


async def counts(session: AsyncSession, actor: Actor, filters: Filters | None = None) -> Counts:
    """Documents by state; the states of `filters` are ignored."""
    every = (filters or Filters()).of_any_state()
    scope = await scope_of(session, actor, every)
    if every.is_search:
        found = await find_hits(session, actor, every, scope, most=COUNTED)
        return Counts(Counter(hit.state for hit in found), is_cut=len(found) >= COUNTED, hits=found)
    if every.column is not None or every.mine or every.author or scope.is_small:
        # One's own pieces are the fewest: nothing else may lead to the rows.
        where = conditions(actor, every, scope, walking=every.mine)
        return await (_of_authors(session, where) if every.author else _grouped(session, where))
    where = conditions(actor, every, scope, walking=True)
    single = union_all(*(_of_state(where, state) for state in EditionState))
    return Counts({EditionState(row[0]): row[1] for row in (await session.execute(single)).all() if row[1]})


async def _grouped(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> Counts:
    """In one pass over what an index of the filter leads to, where ten would each go the same way."""
    query = select(Edition.state, func.count()).join(Document, Document.id == Edition.document_id)
    rows = (await session.execute(query.where(*where).group_by(Edition.state))).all()
    return Counts({EditionState(state): min(number, COUNTED) for state, number in rows})


async def _of_authors(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> Counts:
    """As `_grouped`, but a name that half the office has is not counted to its end."""
    rows = select(Edition.state).join(Document, Document.id == Edition.document_id).where(*where)
    some = rows.limit(_AUTHORS_COUNTED).subquery()
    found = (await session.execute(select(some.c.state, func.count()).group_by(some.c.state))).all()
    by_state = {EditionState(state): min(number, COUNTED) for state, number in found}
    return Counts(by_state, is_cut=sum(number for _, number in found) >= _AUTHORS_COUNTED)


def _of_state(where: Sequence[ColumnElement[bool]], state: EditionState) -> Select[str, int]:
    counted = _counted([*where, Edition.state == state.value]).scalar_subquery()
    return select(literal(state.value).label("state"), counted)


def _counted(where: Sequence[ColumnElement[bool]]) -> Select[int]:
    """How many rows there are, counting no further than anybody reads."""
    found = select(literal(1)).select_from(Edition)
    if any(_names_document(one) for one in where):
        found = found.join(Document, Document.id == Edition.document_id)
    return select(func.count()).select_from(found.where(*where).limit(COUNTED).subquery())


def _names_document(condition: ColumnElement[bool]) -> bool:
    return any(getattr(part, "table", None) is Document.__table__ for part in visitors.iterate(condition))


async def drafts_of(session: AsyncSession, actor: Actor, *, limit: int = 30) -> Sequence[DocumentRow]:
    """What the actor holds and can write on, newest first."""
    filters = Filters(states=EDITABLE)
    where = conditions(actor, filters, await scope_of(session, actor, filters))
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
