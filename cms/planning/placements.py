"""Placing documents on targets by rules; a change asks for the target's line-up to be made anew."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Document
from cms.kernel.errors import Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Placement, Target
from cms.planning.occurrences import OccurrenceKind, add_occurrence
from cms.planning.rules import read_rule, rule_json
from cms.planning.targets import targets_by_code
from schedules.resolve import Layer

MAX_SHOW_SECONDS = 3600
# Emergency belongs to alerts, which have people and rules of their own.
LAYERS = frozenset({Layer.DEFAULT, Layer.DAYPART, Layer.EXCLUSIVE, Layer.PINNED})


async def place(
    session: AsyncSession,
    actor: Actor,
    document: uuid.UUID,
    *,
    target: str,
    rule: Mapping[str, Any],
    now: dt.datetime,
    layer: Layer = Layer.DEFAULT,
    priority: int = 0,
    show_seconds: int | None = None,
) -> Placement:
    """Places a document on a target; it is shown there while an edition of it is live, and inside its envelope only.

    Raises:
        Denied: no right to schedule in the document's unit.
        Invalid: `planning.bad_rule`.
        NotFound: the document or the target.
    """
    (row,) = await targets_by_code(session, [target])
    unit = await _unit_of(session, document)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    wrong_show = show_seconds is not None and not 1 <= show_seconds <= MAX_SHOW_SECONDS
    if layer not in LAYERS or wrong_show or not -100 <= priority <= 100:
        raise Invalid("planning.bad_rule")
    placement = Placement(
        id=uuid7(now),
        document_id=document,
        target_id=row.id,
        rule=rule_json(read_rule(rule)),
        layer=int(layer),
        priority=priority,
        show_seconds=show_seconds,
        created_by=actor.person,
        created_at=now,
    )
    session.add(placement)
    await _changed(session, actor, "placement.add", placement, row, unit, now)
    return placement


async def end_placement(session: AsyncSession, actor: Actor, placement: uuid.UUID, *, now: dt.datetime) -> None:
    """Ends a placement; what was shown by it stays in the history.

    Raises Denied, NotFound `planning.not_placed`.
    """
    row = await session.get(Placement, placement, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound("planning.not_placed")
    unit = await _unit_of(session, row.document_id)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    row.ended_at, row.ended_by = now, actor.person
    target = await session.get_one(Target, row.target_id)
    await _changed(session, actor, "placement.end", row, target, unit, now)


async def placements_of(session: AsyncSession, document: uuid.UUID) -> Sequence[tuple[Placement, Target]]:
    """The placements of a document that have not ended, with their targets."""
    query = select(Placement, Target).join(Target, Target.id == Placement.target_id)
    query = query.where(Placement.document_id == document, Placement.ended_at.is_(None))
    return [(row.Placement, row.Target) for row in (await session.execute(query.order_by(Placement.id))).all()]


async def _unit_of(session: AsyncSession, document: uuid.UUID) -> str:
    query = select(Unit.path).join(Document, Document.unit_id == Unit.id).where(Document.id == document)
    path = await session.scalar(query)
    if path is None:
        raise NotFound("content.no_document")
    return path


async def _changed(  # noqa: PLR0917 - one private caller each
    session: AsyncSession, actor: Actor, action: str, row: Placement, target: Target, unit: str, now: dt.datetime
) -> None:
    await session.flush()
    key = f"refresh:{target.code}"
    await add_occurrence(session, key=key, kind=OccurrenceKind.REFRESH, at=now, targets=[target.code], now=now)
    await ring(session, "planning")
    details = {"document": str(row.document_id), "target": target.code, "layer": row.layer}
    await record(session, actor, action, of=("placement", str(row.id)), unit=unit, details=details, now=now)
