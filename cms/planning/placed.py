"""Placements as people look at them: those in reach, one of them, and what a rule would mean before it is saved."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document
from cms.kernel.errors import Invalid, NotFound
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.planning.clashes import clashes_of_placement
from cms.planning.daypart_rows import daypart_hours, with_hours
from cms.planning.holidays import read_calendar
from cms.planning.models import Placement, Target
from cms.planning.rules import read_rule
from schedules.clashes import Clash
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer

PAGE: Final = 200
_NEXT: Final = 5
_AHEAD: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A placement with what it is about."""

    placement: Placement
    target: Target
    document: Document


@dataclass(frozen=True, slots=True)
class Looked:
    """What a rule would meet, and its next stretches."""

    clashes: Sequence[Clash]
    ahead: Sequence[Interval]


async def placed_rules(session: AsyncSession, actor: Actor, *, limit: int = PAGE) -> Sequence[PlacedRule]:
    """Rules that have not ended, of pieces the actor reads, by target. Raises Denied for who reads none."""
    within = require_reach(actor, Action.DOCUMENT_READ)
    mine = or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in within))
    query = (
        select(Placement, Target, Document)
        .join(Document, Document.id == Placement.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Target, Target.id == Placement.target_id)
        .where(Placement.ended_at.is_(None), mine)
        .order_by(Target.kind, Target.name, Placement.layer.desc(), Placement.id)
        .limit(limit)
    )
    return [PlacedRule(*row) for row in (await session.execute(query)).all()]


async def placed_rule(session: AsyncSession, actor: Actor, placement: uuid.UUID) -> PlacedRule:
    """One placement, also one that ended. Raises NotFound `planning.not_placed`, Denied."""
    row = await session.get(Placement, placement)
    if row is None:
        raise NotFound("planning.not_placed")
    target = await session.get_one(Target, row.target_id)
    document = await session.get_one(Document, row.document_id)
    unit = await session.get_one(Unit, document.unit_id)
    require_can(actor, Action.DOCUMENT_READ, Subject(unit.path))
    return PlacedRule(row, target, document)


async def look_at_rule(
    session: AsyncSession,
    actor: Actor,
    document: uuid.UUID,
    *,
    target: str,
    rule: Mapping[str, Any],
    layer: Layer,
    priority: int,
    instead_of: uuid.UUID | None = None,
    now: dt.datetime,
) -> Looked:
    """Before saving; writes nothing. Raises Invalid for what is no rule, or one that means no date."""
    clashes = await clashes_of_placement(
        session,
        actor,
        document,
        target=target,
        rule=rule,
        layer=layer,
        priority=priority,
        now=now,
        instead_of=instead_of,
    )
    ahead = await stretches(session, rule, now=now)
    if not ahead:
        raise Invalid("planning.rule_never", fields={"start": "planning.rule_never"})
    return Looked(clashes, ahead)


async def stretches(session: AsyncSession, rule: Mapping[str, Any], *, now: dt.datetime) -> Sequence[Interval]:
    """The next stretches a rule means, as a person can check them against a wall calendar. Raises Invalid."""
    read = with_hours(read_rule(rule), await daypart_hours(session))
    start = max(read.start, now)
    return expand(read, Interval(start, start + _AHEAD), await read_calendar(session))[:_NEXT]
