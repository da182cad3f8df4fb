"""A run of a placement dragged elsewhere: only this one, or the whole rule; first looked at, then done, and undone.

A placement is never changed: it ends, and others take its place in the same transaction, so that what was shown by it
stays history. They begin in the very moment in which it ended; that is how the way back finds them.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Conflict, DomainError, NotFound, Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.clashes import clashes_of_placement
from cms.planning.holidays import read_calendar
from cms.planning.models import Placement
from cms.planning.placed import PlacedRule, placed_rule
from cms.planning.placements import end_placement, horizon, place, unit_of
from cms.planning.rules import read_rule, rule_json
from schedules.calendar import Calendar
from schedules.clashes import Clash, Severity
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.moving import Apart, CannotMove, Run, alone, run_at, together
from schedules.resolve import Layer
from schedules.rules import Rule

_REASONS: Final = {
    "run_days": "planning.run_days",
    "run_month": "planning.run_month",
    "run_whole": "planning.run_whole",
}


class Scope(StrEnum):
    """What of a rule moves."""

    ONE = "one"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class RunMove:
    """Which run of a placement, by the instant it begins, and where to."""

    placement: uuid.UUID
    start: dt.datetime
    to: dt.datetime


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What moving it would meet, for each way in which it can be moved; a single run moves in one way alone."""

    placed: PlacedRule
    before: Interval
    after: Interval
    clashes: Mapping[Scope, Sequence[Clash]]


async def look_at_run(session: AsyncSession, actor: Actor, move: RunMove, *, now: dt.datetime) -> LookedAt:
    """Writes nothing. Raises as `move_run`; what only one of the ways is refused for stands among its clashes."""
    placed, run, calendar = await _run(session, actor, move, now=now)
    rule = read_rule(placed.placement.rule)
    found: dict[Scope, Sequence[Clash]] = {}
    for scope in Scope if run.part is not None else (Scope.ONE,):
        try:
            rules = _after(rule, run, move.to, calendar, scope)
        except DomainError as error:
            found[scope] = [Clash(Severity.ERROR, f"error.{error.code}")]
            continue
        found[scope] = await clashes_of_placement(
            session,
            actor,
            placed.document.id,
            target=placed.target.code,
            rule=rule_json(rules[0]),
            layer=Layer(placed.placement.layer),
            priority=placed.placement.priority,
            instead_of=placed.placement.id,
            now=now,
        )
    return LookedAt(placed, run.interval, Interval(move.to, move.to + run.interval.length), found)


async def move_run(
    session: AsyncSession, actor: Actor, move: RunMove, scope: Scope, *, now: dt.datetime
) -> Sequence[Placement]:
    """Ends the placement and places what stands in its stead; the one with the moved run is the first of them.

    Raises:
        Denied: no right to schedule in the document's unit.
        NotFound: `planning.not_placed`, also for a rule that ended meanwhile; `planning.no_run`.
        Refused: `planning.run_begun`, `planning.in_the_past`, `planning.run_days`, `.run_month`, `.run_whole`, and as
            `place`.
    """
    placed, run, calendar = await _run(session, actor, move, now=now)
    before = placed.placement
    rules = _after(read_rule(before.rule), run, move.to, calendar, scope)
    await end_placement(session, actor, before.id, now=now)
    kept = [rules[0], *(one for one in rules[1:] if expand(one, horizon(one, now=now), calendar))]
    return [await _again(session, actor, placed, one, now=now) for one in kept]


async def put_back_run(session: AsyncSession, actor: Actor, placement: uuid.UUID, *, now: dt.datetime) -> Placement:
    """Undoes `move_run`: what took the place of the placement ends, and its rule stands again.

    Raises:
        Conflict: `planning.moved_meanwhile`; one of them was changed since.
        NotFound: `planning.not_placed`; it never ended, or nothing took its place.
    """
    placed = await placed_rule(session, actor, placement)
    before = placed.placement
    query = select(Placement).where(
        Placement.document_id == before.document_id,
        Placement.target_id == before.target_id,
        Placement.created_at == before.ended_at,
        Placement.created_by == before.ended_by,
    )
    made = (await session.scalars(query.order_by(Placement.id))).all()
    if before.ended_at is None or not made:
        raise NotFound("planning.not_placed")
    if any(one.ended_at is not None for one in made):
        raise Conflict("planning.moved_meanwhile")
    for one in made:
        await end_placement(session, actor, one.id, now=now)
    return await _again(session, actor, placed, read_rule(before.rule), now=now)


async def _run(
    session: AsyncSession, actor: Actor, move: RunMove, *, now: dt.datetime
) -> tuple[PlacedRule, Run, Calendar]:
    placed = await placed_rule(session, actor, move.placement)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(await unit_of(session, placed.document.id)))
    if placed.placement.ended_at is not None:
        raise NotFound("planning.not_placed")
    calendar = await read_calendar(session)
    run = run_at(read_rule(placed.placement.rule), move.start, calendar)
    if run is None:
        raise NotFound("planning.no_run")
    if run.interval.start <= now:
        raise Refused("planning.run_begun")
    if move.to <= now:
        raise Refused("planning.in_the_past")
    return placed, run, calendar


def _after(rule: Rule, run: Run, to: dt.datetime, calendar: Calendar, scope: Scope) -> Sequence[Rule]:
    """The rules that stand afterwards, the one of the moved run first."""
    if scope is Scope.WHOLE:
        try:
            return [together(rule, run, to, calendar)]
        except CannotMove as reason:
            raise Refused(_REASONS[reason.code]) from reason
    apart: Apart = alone(rule, run, to, calendar)
    return [apart.moved, *(one for one in (apart.rest, apart.others) if one is not None)]


async def _again(session: AsyncSession, actor: Actor, placed: PlacedRule, rule: Rule, *, now: dt.datetime) -> Placement:
    before = placed.placement
    return await place(
        session,
        actor,
        before.document_id,
        target=placed.target.code,
        rule=rule_json(rule),
        layer=Layer(before.layer),
        priority=before.priority,
        show_seconds=before.show_seconds,
        now=now,
    )
