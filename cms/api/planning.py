"""When and where, over the API: wishes, placements by rules, and who holds the pen."""

from typing import Any

from pydantic import AwareDatetime

from cms.api.models import State
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing, id_of
from cms.content import editions
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.models import Placement
from cms.planning.placements import end_placement, place, placements_of


class Wish(Sent):
    """When the office would like it to go out; nothing happens at that time. Null takes the wish back."""

    at: AwareDatetime | None


class HandingOver(Sent):
    """To whom, by id."""

    to: str


class PlacementSent(Sent):
    """On which target, by which rule (its parts are those of a placement given back)."""

    target: str
    rule: dict[str, Any]
    priority: int = 0
    show_seconds: int | None = None


class PlacementLine(Given):
    """A placement that is in force."""

    id: str
    target: str
    rule: dict[str, Any]
    priority: int
    show_seconds: int | None


class PlacementList(Given):
    """Oldest first."""

    placements: list[PlacementLine]


async def plan_one(visit: Visit, sent: Wish) -> State:
    """Notes when the piece is wished for."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition = await editions.plan(session, visit.actor, held.edition.id, planned_at=sent.at, now=visit.now)
        return State(state=edition.state)


async def hand_over_one(visit: Visit, sent: HandingOver) -> State:
    """Gives the pen to a colleague."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition = await editions.hand_over(session, visit.actor, held.edition.id, to=id_of(sent.to), now=visit.now)
        return State(state=edition.state)


async def list_placements(visit: Visit) -> PlacementList:
    """Where and when the piece is shown by rules."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        found = await placements_of(session, held.document.id)
    return PlacementList(placements=[_line(row, target.code) for row, target in found])


async def add_placement(visit: Visit, sent: PlacementSent) -> PlacementLine:
    """Places the piece on a target."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await place(
            session,
            visit.actor,
            held.document.id,
            target=sent.target,
            rule=sent.rule,
            priority=sent.priority,
            show_seconds=sent.show_seconds,
            now=visit.now,
        )
        return _line(row, sent.target)


async def end_one_placement(visit: Visit, _sent: Nothing) -> Done:
    """Ends a placement; what was shown by it stays in the history."""
    async with visit.deps.db.write() as session:
        await end_placement(session, visit.actor, visit.uuid("placement"), now=visit.now)
    return Done(id=visit.part("placement"))


def _line(row: Placement, target: str) -> PlacementLine:
    return PlacementLine(
        id=str(row.id), target=target, rule=dict(row.rule), priority=row.priority, show_seconds=row.show_seconds
    )


_ONE, _SCHEDULE = "/api/v1/documents/{id}", Action.PUBLISHING_SCHEDULE
RESOURCES: tuple[Resource, ...] = (
    take("PUT", f"{_ONE}/plan", plan_one, Action.DOCUMENT_EDIT, sent=Wish, given=State),
    take("POST", f"{_ONE}/hand-over", hand_over_one, Action.DOCUMENT_EDIT, sent=HandingOver, given=State),
    ask(f"{_ONE}/placements", list_placements, Action.DOCUMENT_READ, given=PlacementList),
    take("POST", f"{_ONE}/placements", add_placement, _SCHEDULE, sent=PlacementSent, given=PlacementLine),
    take("DELETE", "/api/v1/placements/{placement}", end_one_placement, _SCHEDULE, sent=Nothing, given=Done),
)
