"""What the desk shows of deliveries: a line a target, the history of orders, and what a person can do about trouble."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import look
from cms.content.models import Document, Edition
from cms.kernel.errors import NotFound, Refused
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, Subject, reach, require_can
from cms.planning.models import Target
from cms.publishing.models import Delivery, Publication, Showing
from cms.publishing.states import ASKED, OPEN, STUCK, TAKES_OFF, DeliveryState, PublicationKind

_OPEN: Final = [state.value for state in sorted(OPEN)]


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery as a person reads it; the sentence and next step of `error_code` stand in the catalogue.

    Attributes:
        next_at: when it is tried again; None unless it waits.
        places: with `url`, where the result can be seen.
        detail: of its receipt: the task of a person, or why the platform keeps it.
        since: when the platform took it, or the task was given.
        paused: its account is sent nothing until an administrator mended it.
    """

    delivery: uuid.UUID
    target: str
    target_name: str
    channel: str
    kind: str
    state: DeliveryState
    at: dt.datetime
    finished_at: dt.datetime | None
    next_at: dt.datetime | None
    attempts: int
    places: tuple[str, ...]
    url: str | None
    error_code: str | None
    error_params: Mapping[str, Any]
    may_retry: bool
    detail: Mapping[str, Any] = field(default_factory=dict)
    since: dt.datetime | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """A publication with the name of who ordered it and its lines; `late` is how long after its time it was made."""

    publication: uuid.UUID
    kind: str
    at: dt.datetime
    created_at: dt.datetime
    late: dt.timedelta
    edition: int | None
    person: str | None
    reason: str
    lines: tuple[Line, ...]


async def panel(session: AsyncSession, edition: uuid.UUID) -> tuple[Line, ...]:
    """The newest delivery to each target of an edition, or of the recall that ended it, by the target's name."""
    document = select(Edition.document_id).where(Edition.id == edition).scalar_subquery()
    query = (
        select(Delivery, Target)
        .join(Target, Target.id == Delivery.target_id)
        .where(Delivery.document_id == document)
        .where((Delivery.edition_id == edition) | Delivery.edition_id.is_(None))
        # Two orders of one millisecond: the recall is the later one, whatever their ids.
        .order_by(Delivery.created_at, Delivery.priority, Delivery.id)
    )
    newest = {row.Target.code: line_of(row.Delivery, row.Target) for row in (await session.execute(query)).all()}
    return tuple(sorted(newest.values(), key=lambda line: (line.channel, line.target_name)))


async def history(session: AsyncSession, document: uuid.UUID) -> tuple[Ordered, ...]:
    """Every order about a document, newest first, with all its deliveries."""
    orders = (
        select(Publication, Edition.number, Person.name)
        .outerjoin(Edition, Edition.id == Publication.edition_id)
        .outerjoin(Person, Person.id == Publication.actor_id)
        .where(Publication.document_id == document)
        .order_by(Publication.created_at.desc(), Publication.id.desc())
    )
    lines: dict[uuid.UUID, list[Line]] = {}
    query = select(Delivery, Target).join(Target, Target.id == Delivery.target_id)
    query = query.where(Delivery.document_id == document).order_by(Target.kind, Target.name)
    for row in (await session.execute(query)).all():
        lines.setdefault(row.Delivery.publication_id, []).append(line_of(row.Delivery, row.Target))
    found = (await session.execute(orders)).all()
    return tuple(_ordered(row, number, name, tuple(lines.get(row.id, ()))) for row, number, name in found)


async def waiting(session: AsyncSession) -> int:
    """Deliveries that are due and not finished, for the metric and the desk's alarm."""
    return await session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state.in_(_OPEN))) or 0


async def troubled(session: AsyncSession, actor: Actor, *, limit: int = 100) -> Sequence[Line]:
    """Deliveries in the actor's reach that failed, were missed, or wait after an error, newest first.

    A delivery is where its piece is, or where its target is when it is about no piece: as `seen_delivery` asks.
    """
    bad = [DeliveryState.FAILED.value, DeliveryState.MISSED.value]
    query = select(Delivery, Target).join(Target, Target.id == Delivery.target_id)
    query = query.outerjoin(Document, Document.id == Delivery.document_id).outerjoin(Unit, Unit.id == Document.unit_id)
    place = func.coalesce(Unit.path, Target.unit_path)
    paths = reach(actor, Action.PUBLISHING_READ)
    query = query.where(or_(false(), *(place.startswith(path, autoescape=True) for path in paths)))
    query = query.where(Delivery.state.in_(bad) | (Delivery.state.in_(_OPEN) & Delivery.error_code.is_not(None)))
    rows = (await session.execute(query.order_by(Delivery.created_at.desc()).limit(limit))).all()
    return [line_of(row.Delivery, row.Target) for row in rows]


async def retry(session: AsyncSession, actor: Actor, delivery: uuid.UUID, *, now: dt.datetime) -> Delivery:
    """Asks for another try of a delivery that failed, was missed or waits.

    Raises:
        Denied: no right to retry there.
        Refused: `publishing.not_stuck`.
        NotFound: `publishing.no_delivery`.
    """
    row, target = await held_delivery(session, actor, delivery)
    if DeliveryState(row.state) not in STUCK:
        raise Refused("publishing.not_stuck", state=row.state)
    if await replaced(session, row):
        raise Refused("publishing.replaced")
    ask_again(row, now)
    await session.flush()
    await ring(session, "publishing")
    await note(session, actor, "delivery.retry", row, target, now=now)
    return row


def ask_again(row: Delivery, now: dt.datetime) -> None:
    """Makes a stuck delivery due; what the platform may have is asked about and never sent a second time."""
    if row.state != DeliveryState.REVIEWING.value:
        row.state = DeliveryState.RETRY.value
    row.not_before, row.attempt, row.lost = now, 0, 0
    # Asked for now, so it is not late; an open call stays open and is reconciled first.
    row.at, row.finished_at = now, None


async def held_delivery(session: AsyncSession, actor: Actor, delivery: uuid.UUID) -> tuple[Delivery, Target]:
    """The row, locked, for somebody who may look after it. Raises Denied, NotFound `publishing.no_delivery`."""
    found = await session.get(Delivery, delivery)
    if found is not None and found.document_id is not None:
        # The document before the delivery, as everybody who publishes does.
        await session.get_one(Document, found.document_id, with_for_update=True)
    if found is not None:
        await session.get_one(Delivery, delivery, with_for_update=True, populate_existing=True)
    return await seen_delivery(session, actor, delivery)


async def seen_delivery(session: AsyncSession, actor: Actor, delivery: uuid.UUID) -> tuple[Delivery, Target]:
    """As `held_delivery`, to be read only."""
    row = await session.get(Delivery, delivery)
    if row is None:
        raise NotFound("publishing.no_delivery")
    target = await session.get_one(Target, row.target_id)
    subject = Subject(target.unit_path)
    if row.edition_id is not None:
        subject = (await look(session, row.edition_id)).subject
    require_can(actor, Action.PUBLISHING_RETRY, subject)
    return row, target


async def replaced(session: AsyncSession, row: Delivery) -> bool:
    """Whether a later order about the document stands at this target."""
    if row.document_id is None:
        return False
    showing = await session.get(Showing, (row.target_id, row.document_id))
    if showing is None:
        return False
    if PublicationKind(row.kind) in {PublicationKind.PUBLISH, PublicationKind.CORRECT}:
        return showing.removed_at is not None or showing.publication_id != row.publication_id
    return showing.removed_at is None


async def note(
    session: AsyncSession, actor: Actor, action: str, row: Delivery, target: Target, *, now: dt.datetime, **more: object
) -> None:
    """The record of what a person did about a delivery."""
    details = {"target": target.code, "kind": row.kind, **more}
    await record(session, actor, action, of=("delivery", str(row.id)), unit=target.unit_path, details=details, now=now)


def _ordered(row: Publication, number: int | None, name: str | None, lines: tuple[Line, ...]) -> Ordered:
    late = dt.timedelta(milliseconds=row.late_ms)
    return Ordered(row.id, row.kind, row.at, row.created_at, late, number, name, row.reason, lines)


def line_of(row: Delivery, target: Target) -> Line:
    """A delivery as the desk shows it."""
    receipt = row.receipt or {}
    state = DeliveryState(row.state)
    waits = state in {DeliveryState.RETRY} | ASKED
    held_up = target.paused_at is not None and state in OPEN and PublicationKind(row.kind) not in TAKES_OFF
    return Line(
        delivery=row.id,
        target=target.code,
        target_name=target.name,
        channel=target.kind,
        kind=row.kind,
        state=state,
        at=row.at,
        finished_at=row.finished_at,
        next_at=row.not_before if waits and not held_up else None,
        attempts=row.attempt,
        places=tuple(receipt.get("places", ())),
        url=receipt.get("url"),
        error_code=row.error_code,
        error_params=row.error_params,
        may_retry=state in STUCK and not held_up,
        detail=receipt.get("detail", {}),
        since=row.finished_at if state is DeliveryState.MANUAL else row.accepted_at,
        paused=held_up,
    )
