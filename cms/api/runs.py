"""A run of a placement at another time, over the API: what it would meet, the move, and its way back."""

import datetime as dt
from collections.abc import Sequence

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from cms.api.planning import PlacementLine, PlacementList, placement_line
from cms.api.resources import Given, Resource, Sent, take
from cms.api.shapes import Nothing
from cms.api.shapes_of_time import ClashLine, Stretch, clashes_said, stretch, utc
from cms.desk.calendar.clash_lines import blocks
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.models import Placement
from cms.planning.placed import placed_rule
from cms.planning.runs import RunMove, Scope, look_at_run, move_run, put_back_run


class RunLook(Sent):
    """Which run, by the instant it begins, and where to."""

    start: AwareDatetime
    to: AwareDatetime


class RunSent(RunLook):
    """And what moves with it: this one alone, or the whole rule."""

    scope: Scope = Scope.ONE


class WayLine(Given):
    """One way of moving it: what it would clash with; `blocked` where one of that is refused."""

    scope: Scope
    clashes: list[ClashLine]
    blocked: bool


class RunChecked(Given):
    """Where the run stood and would stand, and each way; a rule that is a single run has one."""

    before: Stretch
    after: Stretch
    ways: list[WayLine]


async def check_run(visit: Visit, sent: RunLook) -> RunChecked:
    """What moving a run would meet; writes nothing."""
    async with visit.deps.db.read() as session:
        found = await look_at_run(session, visit.actor, _move(visit, sent.start, sent.to), now=visit.now)
    ways = [
        WayLine(scope=scope, clashes=clashes_said(visit, clashes), blocked=blocks(clashes))
        for scope, clashes in found.clashes.items()
    ]
    return RunChecked(before=stretch(found.before), after=stretch(found.after), ways=ways)


async def move_one_run(visit: Visit, sent: RunSent) -> PlacementList:
    """Moves a run: the placement ends, and those given back stand in its stead, that of the run first."""
    async with visit.deps.db.write() as session:
        move = _move(visit, sent.start, sent.to)
        made = await move_run(session, visit.actor, move, sent.scope, now=visit.now)
        return PlacementList(placements=await _lines(session, visit, made))


async def put_one_back(visit: Visit, _sent: Nothing) -> PlacementLine:
    """Undoes the move that ended this placement; its rule stands again under a new id."""
    async with visit.deps.db.write() as session:
        made = await put_back_run(session, visit.actor, visit.uuid("placement"), now=visit.now)
        (line,) = await _lines(session, visit, [made])
        return line


async def _lines(session: AsyncSession, visit: Visit, rows: Sequence[Placement]) -> list[PlacementLine]:
    found = [await placed_rule(session, visit.actor, one.id) for one in rows]
    return [placement_line(one.placement, one.target, one.document) for one in found]


def _move(visit: Visit, start: dt.datetime, to: dt.datetime) -> RunMove:
    return RunMove(visit.uuid("placement"), utc(start), utc(to))


_RUNS, _SCHEDULE = "/api/v1/placements/{placement}/runs", Action.PUBLISHING_SCHEDULE
RESOURCES: tuple[Resource, ...] = (
    take("POST", f"{_RUNS}/check", check_run, _SCHEDULE, sent=RunLook, given=RunChecked),
    take("POST", _RUNS, move_one_run, _SCHEDULE, sent=RunSent, given=PlacementList),
    take("POST", f"{_RUNS}/undo", put_one_back, _SCHEDULE, sent=Nothing, given=PlacementLine),
)
