"""What stands in a span of time: wishes, promises, what went out and what did not, each under its own word."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition
from cms.content.states import EditionState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from cms.planning.holidays import read_calendar
from cms.planning.models import Occurrence, Placement, Target
from cms.planning.occurrences import OPEN, OccurrenceKind
from cms.planning.rules import read_rule
from cms.publishing.alarming import OVERDUE
from cms.publishing.models import Delivery, Publication
from cms.publishing.states import DeliveryState, PublicationKind
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer

# A month of a district has some hundreds; beyond this the page says that there are more and which day has them.
MOST: Final = 1500


class EntryState(StrEnum):
    """How something stands in the calendar. A wish, a promise and a fact are never called alike."""

    PLANNED = "planned"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    PUBLISHED = "published"
    RECALLED = "recalled"
    FAILED = "failed"
    MISSED = "missed"


MOVABLE: Final = frozenset({EntryState.PLANNED, EntryState.APPROVED, EntryState.IN_REVIEW, EntryState.SCHEDULED})
_WISHES: Final = {
    EditionState.DRAFT: EntryState.PLANNED,
    EditionState.RETURNED: EntryState.PLANNED,
    EditionState.SUBMITTED: EntryState.IN_REVIEW,
    EditionState.APPROVED: EntryState.APPROVED,
}
_OUT: Final = {
    EditionState.PUBLISHED: EntryState.PUBLISHED,
    EditionState.SUPERSEDED: EntryState.PUBLISHED,
    EditionState.RECALLED: EntryState.RECALLED,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece at an instant.

    Attributes:
        late: minutes after its time that it went out; 0 within the first five.
        trouble: targets where it failed or was missed.
    """

    edition: uuid.UUID
    public_id: str
    title: str
    unit: str
    unit_path: str
    state: EntryState
    at: dt.datetime
    targets: tuple[str, ...] = ()
    take_off_at: dt.datetime | None = None
    batch: uuid.UUID | None = None
    late: int = 0
    trouble: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A stretch in which a rule places a piece on a target."""

    placement: uuid.UUID
    public_id: str
    title: str
    target: str
    layer: Layer
    interval: Interval


@dataclass(frozen=True, slots=True)
class Span:
    """The entries of a window by time; `more` says that not all of them are here."""

    entries: tuple[Entry, ...]
    more: bool = False
    placed: tuple[Placed, ...] = field(default=())


async def entries(session: AsyncSession, actor: Actor, window: Interval, *, now: dt.datetime, most: int = MOST) -> Span:
    """Everything of the units the actor reads. Raises Denied for a person without such a role."""
    within = _within(actor)
    found = [
        *await _wishes(session, within, window, most),
        *await _promises(session, within, window, now, most),
        *await _facts(session, within, window, most),
    ]
    found.sort(key=lambda one: (one.at, one.title, one.edition))
    return Span(tuple(found[:most]), more=len(found) >= most)


async def placed(session: AsyncSession, actor: Actor, window: Interval) -> Sequence[Placed]:
    """What rules place in the window, of the pieces the actor reads."""
    query = (
        select(Placement, Document.public_id, Document.title, Target.code)
        .join(Document, Document.id == Placement.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Target, Target.id == Placement.target_id)
        .where(Placement.ended_at.is_(None), Target.active, _within(actor))
        .order_by(Placement.id)
        .limit(MOST)
    )
    rows = (await session.execute(query)).all()
    calendar = await read_calendar(session) if rows else None
    found: list[Placed] = []
    for row in rows:
        one = row.Placement
        intervals = expand(read_rule(one.rule), window, calendar) if calendar is not None else ()
        layer = Layer(one.layer)
        found += [Placed(one.id, row.public_id, row.title, row.code, layer, interval) for interval in intervals]
        if len(found) >= MOST:
            break
    return found[:MOST]


def _rows(*columns: Any) -> Select[Any]:
    return select(Edition, Document.public_id, Document.title, Unit.name, Unit.path, *columns)


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join(Document, Document.id == Edition.document_id).join(Unit, Unit.id == Document.unit_id)


async def _wishes(session: AsyncSession, within: ColumnElement[bool], window: Interval, most: int) -> list[Entry]:
    states = [state.value for state in _WISHES]
    query = _joined(_rows().select_from(Edition)).where(
        Edition.planned_at >= window.start, Edition.planned_at < window.end, Edition.state.in_(states), within
    )
    rows = (await session.execute(query.order_by(Edition.planned_at).limit(most))).all()
    return [_entry(row, _WISHES[EditionState(row.Edition.state)], row.Edition.planned_at) for row in rows]


async def _promises(
    session: AsyncSession, within: ColumnElement[bool], window: Interval, now: dt.datetime, most: int
) -> list[Entry]:
    states = [*OPEN, "failed", "missed"]
    query = (
        _joined(_rows(Occurrence).select_from(Occurrence).join(Edition, Edition.id == Occurrence.edition_id))
        .where(Occurrence.at >= window.start, Occurrence.at < window.end)
        .where(Occurrence.kind == OccurrenceKind.PUBLISH.value, Occurrence.state.in_(states), within)
    )
    rows = (await session.execute(query.order_by(Occurrence.at).limit(most))).all()
    return [
        replace(
            _entry(row, _state(row.Occurrence, now), row.Occurrence.at),
            targets=tuple(row.Occurrence.targets),
            take_off_at=row.Occurrence.take_off_at,
            batch=row.Occurrence.batch_id,
        )
        for row in rows
    ]


def _state(promise: Occurrence, now: dt.datetime) -> EntryState:
    if promise.state in OPEN:
        return EntryState.OVERDUE if promise.at < now - OVERDUE else EntryState.SCHEDULED
    return EntryState.MISSED if promise.state == "missed" else EntryState.FAILED


async def _facts(session: AsyncSession, within: ColumnElement[bool], window: Interval, most: int) -> list[Entry]:
    states = [state.value for state in _OUT]
    query = _joined(_rows().select_from(Edition)).where(
        Edition.published_at >= window.start, Edition.published_at < window.end, Edition.state.in_(states), within
    )
    rows = (await session.execute(query.order_by(Edition.published_at).limit(most))).all()
    orders = await _orders(session, [row.Edition.id for row in rows])
    found = []
    for row in rows:
        entry = _entry(row, _OUT[EditionState(row.Edition.state)], row.Edition.published_at)
        codes, late, trouble = orders.get(entry.edition, ((), 0, 0))
        found.append(replace(entry, targets=codes, late=late, trouble=trouble))
    return found


async def _orders(
    session: AsyncSession, editions: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, tuple[tuple[str, ...], int, int]]:
    """Of each edition: where it was ordered, how late in minutes, and at how many targets it is in trouble."""
    kinds = (PublicationKind.PUBLISH.value, PublicationKind.CORRECT.value)
    bad = (DeliveryState.FAILED.value, DeliveryState.MISSED.value)
    found: dict[uuid.UUID, tuple[tuple[str, ...], int, int]] = {}
    for first in range(0, len(editions), 500):  # SQLite takes some thousand parameters
        part = editions[first : first + 500]
        counted = (
            select(Delivery.edition_id, func.count())
            .where(Delivery.edition_id.in_(part), Delivery.state.in_(bad), Delivery.kind.in_(kinds))
            .group_by(Delivery.edition_id)
        )
        trouble = {row[0]: row[1] for row in (await session.execute(counted)).all()}
        query = select(Publication.edition_id, Publication.what, Publication.late_ms)
        query = query.where(Publication.edition_id.in_(part), Publication.kind.in_(kinds))
        for edition, what, late_ms in (await session.execute(query.order_by(Publication.created_at))).all():
            late = dt.timedelta(milliseconds=late_ms)
            minutes = int(late.total_seconds()) // 60 if late >= OVERDUE else 0
            found[edition] = (tuple(what.get("targets", ())), minutes, trouble.get(edition, 0))
    return found


def _entry(row: Any, state: EntryState, at: dt.datetime) -> Entry:
    return Entry(row.Edition.id, row.public_id, row.title, row.name, row.path, state, at)


def _within(actor: Actor) -> ColumnElement[bool]:
    paths = require_reach(actor, Action.DOCUMENT_READ)
    return or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths))
