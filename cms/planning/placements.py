"""Placing documents on targets by rules; a change asks for the target's line-up to be made anew."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Document
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.daypart_rows import daypart_hours, with_hours
from cms.planning.holidays import read_calendar
from cms.planning.models import Placement, Target
from cms.planning.occurrences import OccurrenceKind, add_occurrence
from cms.planning.rules import read_rule, rule_json
from cms.planning.targets import targets_by_code
from schedules.calendar import Calendar
from schedules.clashes import said
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer
from schedules.rules import Cycle, Rule

MAX_SHOW_SECONDS = 3600
_AHEAD = dt.timedelta(days=400)
_LEAP = dt.timedelta(days=366 * 8)
_OFTEN = 12
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
    is_free: bool = False,
) -> Placement:
    """Places a document on a target; it is shown there while an edition of it is live, and inside its envelope only.

    `is_free`: the caller holds the target and has seen that no other exclusive one has the time.

    Raises:
        Denied: no right to schedule in the document's unit.
        Invalid: `planning.bad_rule`, `planning.rule_…` for a rule that means no date.
        Refused: `planning.exclusive_taken` where another exclusive one has the time.
        NotFound: the document or the target.
    """
    (row,) = await targets_by_code(session, [target], lock=layer is Layer.EXCLUSIVE)
    unit = await unit_of(session, document)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    wrong_show = show_seconds is not None and not 1 <= show_seconds <= MAX_SHOW_SECONDS
    if layer not in LAYERS or wrong_show or not -100 <= priority <= 100:
        raise Invalid("planning.bad_rule")
    wanted = with_hours(read_rule(rule), await daypart_hours(session))
    calendar = await read_calendar(session)
    if not expand(wanted, horizon(wanted, now=now), calendar):
        raise Invalid("planning.rule_never", fields={"start": "planning.rule_never"})
    if layer is Layer.EXCLUSIVE and not is_free:
        await refuse_taken(session, actor, row, wanted, calendar, now=now)
    placement = Placement(
        id=uuid7(now),
        document_id=document,
        target_id=row.id,
        rule=rule_json(wanted),
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
    unit = await unit_of(session, row.document_id)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    row.ended_at, row.ended_by = now, actor.person
    target = await session.get_one(Target, row.target_id)
    await _changed(session, actor, "placement.end", row, target, unit, now)


async def replace_placement(
    session: AsyncSession,
    actor: Actor,
    placement: uuid.UUID,
    *,
    rule: Mapping[str, Any],
    layer: Layer,
    now: dt.datetime,
    priority: int = 0,
    show_seconds: int | None = None,
) -> Placement:
    """Ends a placement and places its document anew, in one transaction: what was shown by the old one stays history.

    Raises as `end_placement` and `place`.
    """
    row = await session.get(Placement, placement)
    if row is None:
        raise NotFound("planning.not_placed")
    target = await session.get_one(Target, row.target_id)
    await end_placement(session, actor, placement, now=now)
    return await place(
        session,
        actor,
        row.document_id,
        target=target.code,
        rule=rule,
        now=now,
        layer=layer,
        priority=priority,
        show_seconds=show_seconds,
    )


def horizon(rule: Rule, *, now: dt.datetime) -> Interval:
    """The time in which a rule is looked at before it is saved: a leap day comes within eight years."""
    start = max(rule.start, now)
    longest = start + (_LEAP if rule.cycle is Cycle.YEAR or rule.every > _OFTEN else _AHEAD)
    end = longest if rule.end is None else min(rule.end, longest)
    # A rule that is over already means nothing; an instant of it stands for that.
    return Interval(start, end if end > start else start + dt.timedelta(milliseconds=1))


async def refuse_taken(
    session: AsyncSession,
    actor: Actor,
    target: Target,
    rule: Rule,
    calendar: Calendar,
    *,
    now: dt.datetime,
    besides: uuid.UUID | None = None,
) -> None:
    """Raises Refused `planning.exclusive_taken`: two pieces cannot both be alone on a target."""
    window = horizon(rule, now=now)
    mine = expand(rule, window, calendar)
    query = select(Placement, Document.title, Unit.path).join(Document, Document.id == Placement.document_id)
    query = query.join(Unit, Unit.id == Document.unit_id)
    query = query.where(Placement.target_id == target.id, Placement.ended_at.is_(None))
    if besides is not None:
        query = query.where(Placement.id != besides)
    for row in (await session.execute(query.where(Placement.layer == int(Layer.EXCLUSIVE)))).all():
        for other in expand(read_rule(row.Placement.rule), window, calendar):
            both = next((part for one in mine if (part := one.intersection(other))), None)
            if both is not None:
                title = row.title if can(actor, Action.DOCUMENT_READ, Subject(row.path)) else "…"
                raise Refused("planning.exclusive_taken", target=target.name, title=title, at=said(both.start))


async def placements_of(session: AsyncSession, document: uuid.UUID) -> Sequence[tuple[Placement, Target]]:
    """The placements of a document that have not ended, with their targets."""
    query = select(Placement, Target).join(Target, Target.id == Placement.target_id)
    query = query.where(Placement.document_id == document, Placement.ended_at.is_(None))
    return [(row.Placement, row.Target) for row in (await session.execute(query.order_by(Placement.id))).all()]


async def unit_of(session: AsyncSession, document: uuid.UUID) -> str:
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
