"""What a list of pieces is narrowed by: by the actor's reach always, and by what a person asks for."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.grams import Wanted, facet, wanted
from cms.content.kinds import Kind
from cms.content.models import Document, Edition, Revision
from cms.content.search import unit_facet
from cms.content.states import EditionState
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, require_reach

# More units than this are looked at on the rows that were found, not asked of the index one by one.
_MOST_UNITS: Final = 100
# A station and its points; the pieces of an institute are a tenth of all.
_FEW_UNITS: Final = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows; empty means everything the actor may read. Discarded ones only when asked for by state.

    `author` is a part of the name of who began the piece; `since` and `until` are of its last change.
    """

    states: frozenset[EditionState] = frozenset()
    kind: Kind | None = None
    column: str | None = None
    unit: str | None = None
    words: str = ""
    mine: bool = False
    channel: str | None = None
    author: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @property
    def wanted(self) -> Wanted:
        return wanted(self.words)

    @property
    def is_search(self) -> bool:
        """Whether the index of search answers: it knows words and channels, the rows know everything else."""
        return bool(self.wanted) or self.channel is not None

    def of_any_state(self) -> "Filters":
        return replace(self, states=frozenset(EditionState))


@dataclass(frozen=True, slots=True)
class Scope:
    """The units whose pieces are shown; None are all of them."""

    units: tuple[uuid.UUID, ...] | None

    @property
    def is_small(self) -> bool:
        """Whether the units are few enough to be asked for one by one."""
        return self.units is not None and len(self.units) <= _MOST_UNITS

    @property
    def is_few(self) -> bool:
        """Whether so few that their pieces are found sooner by unit than by a rare state."""
        return self.units is not None and len(self.units) <= _FEW_UNITS


async def scope_of(session: AsyncSession, actor: Actor, filters: Filters) -> Scope:
    """The actor's reach, narrowed to the unit that is asked for. Raises Denied without any reach."""
    paths = require_reach(actor, Action.DOCUMENT_READ)
    inside = or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths))
    if filters.unit is not None:
        inside = and_(inside, Unit.path.startswith(filters.unit, autoescape=True))
    # Whoever reads for the whole district is asked most often, and none of its eight hundred units has to be named.
    if (await session.execute(select(Unit.id).where(not_(inside)).limit(1))).first() is None:
        return Scope(None)
    return Scope(tuple((await session.execute(select(Unit.id).where(inside))).scalars()))


def conditions(
    actor: Actor,
    filters: Filters,
    scope: Scope,
    *,
    indexed: bool = False,
    walking: bool = False,
    by_state: bool = False,
) -> list[ColumnElement[bool]]:
    """What each row must be.

    `indexed`: the index of search has seen to unit, kind and column already. `walking`: rows are looked at from the
    newest on, so nothing else may lead to them: SQLite would fetch all that were published, to sort them by time.
    `by_state`: the states lead to them, not the units.
    """
    own = _unled if walking else _as_is
    where: list[ColumnElement[bool]] = [Edition.is_current.is_(True)]
    if filters.states and filters.states != frozenset(EditionState):
        where.append(own(Edition.state).in_(sorted(filters.states)))
    elif not filters.states:
        where.append(Edition.state != EditionState.DISCARDED.value)
    if scope.units is not None and not (indexed and scope.is_small):
        where.append((_unled if by_state else own)(Document.unit_id).in_(scope.units))
    if filters.kind is not None and not indexed:
        where.append(Document.kind == filters.kind.value)
    if filters.column is not None and not indexed:
        where.append(own(Document.column_code) == filters.column)
    if filters.mine:
        where.append(Document.id.in_(_touched_by(actor.person)))
    if filters.author:
        people = select(Person.id).where(Person.name.contains(filters.author, autoescape=True))
        where.append(own(Document.created_by).in_(people))
    where += [Document.updated_at >= filters.since] if filters.since is not None else []
    where += [Document.updated_at < filters.until] if filters.until is not None else []
    return where


def _as_is(column: Any) -> ColumnElement[Any]:
    return column  # type: ignore[no-any-return]


def _unled(column: Any) -> ColumnElement[Any]:
    """The same value, for which no index of either database answers."""
    return func.coalesce(column, column)


def groups(filters: Filters, scope: Scope) -> list[Sequence[str]]:
    """The same as words of the index: of each group any."""
    found: list[Sequence[str]] = [[gram] for gram in filters.wanted.grams]
    if scope.units is not None and scope.is_small:
        found.append([unit_facet(unit) for unit in scope.units] or ["—none—"])
    found += [[facet("kind", filters.kind.value)]] if filters.kind is not None else []
    found += [[facet("column", filters.column)]] if filters.column is not None else []
    found += [[facet("channel", filters.channel)]] if filters.channel is not None else []
    return found


def _touched_by(person: uuid.UUID) -> "ColumnElement[bool]":
    """Pieces a person began, holds, or wrote a version of: three indexes, and no row of another piece is read."""
    return union(  # type: ignore[return-value]
        select(Document.id).where(Document.created_by == person),
        select(Edition.document_id).where(Edition.holder_id == person),
        select(Revision.document_id).where(Revision.created_by == person),
    )
