"""What stands in a span of time: wishes, promises, what went out and what did not, each under its own word."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, false, func, or_, select, type_coerce
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
from schedules.beijing import day_of
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer
from schedules.rules import Rule

# People make some dozens of wishes and promises a day at most; this bounds what a mistake can make of that.
MOST: Final = 1500
# What is out on a day beyond this is counted and not listed: the list of pieces has them all.
PER_DAY: Final = 40
_DAY_MS: Final = 86_400_000
_BEIJING_MS: Final = 8 * 3_600_000


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
    """A stretch in which a rule places a piece on a target; `is_run` where it begins as one run that can be moved."""

    placement: uuid.UUID
    public_id: str
    title: str
    target: str
    layer: Layer
    interval: Interval
    unit_path: str = ""
    is_run: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """The entries of a window by time; `hidden` counts by Beijing date what is out and not among them."""

    entries: tuple[Entry, ...]
    hidden: Mapping[dt.date, int] = field(default_factory=dict)


async def entries(
    session: AsyncSession, actor: Actor, window: Interval, *, now: dt.datetime, per_day: int = PER_DAY
) -> Span:
    """Everything of the units the actor reads. Raises Denied for a person without such a role."""
    within = _within(actor)
    facts, hidden = await _facts(session, within, window, per_day)
    found = [*await _wishes(session, within, window), *await _promises(session, within, window, now), *facts]
    found.sort(key=lambda one: (one.at, one.title, one.edition))
    return Span(tuple(found), hidden)


async def placed(session: AsyncSession, actor: Actor, window: Interval) -> Sequence[Placed]:
    """What rules place in the window, of the pieces the actor reads."""
    query = (
        select(
            Placement.id, Placement.rule, Placement.layer, Document.public_id, Document.title, Target.code, Unit.path
        )
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
        rule = read_rule(row.rule)
        intervals = expand(rule, window, calendar) if calendar is not None else ()
        layer = Layer(row.layer)
        found += [
            Placed(row.id, row.public_id, row.title, row.code, layer, one, row.path, _begins(rule, one, window))
            for one in intervals
        ]
        if len(found) >= MOST:
            break
    return found[:MOST]


def _begins(rule: Rule, one: Interval, window: Interval) -> bool:
    """Whether a stretch begins where a run of its rule may begin: not at the edge of what is looked at."""
    if rule.is_continuous:
        return rule.end is not None and one.start == rule.start
    return one.start > window.start


def _rows(*columns: Any) -> Select[Any]:
    return select(Edition.id, Edition.state, Document.public_id, Document.title, Unit.name, Unit.path, *columns)


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join(Document, Document.id == Edition.document_id).join(Unit, Unit.id == Document.unit_id)


async def _wishes(session: AsyncSession, within: ColumnElement[bool], window: Interval) -> list[Entry]:
    states = [state.value for state in _WISHES]
    query = _joined(_rows(Edition.planned_at).select_from(Edition)).where(
        Edition.planned_at >= window.start, Edition.planned_at < window.end, Edition.state.in_(states), within
    )
    rows = (await session.execute(query.order_by(Edition.planned_at).limit(MOST))).all()
    return [_entry(row, _WISHES[EditionState(row.state)], row.planned_at) for row in rows]


async def _promises(
    session: AsyncSession, within: ColumnElement[bool], window: Interval, now: dt.datetime
) -> list[Entry]:
    states = [*OPEN, "failed", "missed"]
    query = (
        _joined(_rows(Occurrence).select_from(Occurrence).join(Edition, Edition.id == Occurrence.edition_id))
        .where(Occurrence.at >= window.start, Occurrence.at < window.end)
        .where(Occurrence.kind == OccurrenceKind.PUBLISH.value, Occurrence.state.in_(states), within)
    )
    rows = (await session.execute(query.order_by(Occurrence.at).limit(MOST))).all()
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


async def _facts(
    session: AsyncSession, within: ColumnElement[bool], window: Interval, per_day: int
) -> tuple[list[Entry], Mapping[dt.date, int]]:
    """The first of each day, and how many more there are: a busy week must not push the rest of a month away."""
    day = (type_coerce(Edition.published_at, BigInteger) + _BEIJING_MS) // _DAY_MS
    place = func.row_number().over(partition_by=day, order_by=(Edition.published_at, Edition.id)).label("place")
    total = func.count().over(partition_by=day).label("total")
    # Ranked by keys alone: the words of thousands of pieces are not carried through a sort.
    ranked = (
        _joined(select(Edition.id, place, total).select_from(Edition))
        .where(Edition.published_at >= window.start, Edition.published_at < window.end, within)
        .where(Edition.state.in_([state.value for state in _OUT]))
        .subquery()
    )
    query = _joined(
        _rows(Edition.published_at, ranked.c.total).select_from(ranked).join(Edition, Edition.id == ranked.c.id)
    )
    rows = (await session.execute(query.where(ranked.c.place <= per_day))).all()
    orders = await _orders(session, [row.id for row in rows])
    found = []
    hidden: dict[dt.date, int] = {}
    for row in rows:
        entry = _entry(row, _OUT[EditionState(row.state)], row.published_at)
        codes, late, trouble = orders.get(entry.edition, ((), 0, 0))
        found.append(replace(entry, targets=codes, late=late, trouble=trouble))
        if row.total > per_day:
            hidden[day_of(entry.at)] = row.total - per_day
    return found, hidden


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
    return Entry(row.id, row.public_id, row.title, row.name, row.path, state, at)


def _within(actor: Actor) -> ColumnElement[bool]:
    paths = require_reach(actor, Action.DOCUMENT_READ)
    return or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths))
