"""When and where, over the API: wishes, placements by rules, and who holds the pen."""

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncSession

from cms.api.models import State
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing, id_of
from cms.api.shapes_of_time import ClashLine, Stretch, clashes_said, stretch, utc
from cms.content import editions
from cms.content.models import Document
from cms.content.queries import find
from cms.desk.calendar.clash_lines import blocks
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.models import Placement, Target
from cms.planning.placed import look_at_rule, placed_rule, placed_rules
from cms.planning.placements import end_placement, place, placements_of, replace_placement
from cms.planning.rules import RuleForm
from cms.planning.wishes import wish
from schedules.resolve import Layer

LayerName = Literal["default", "daypart", "exclusive", "pinned"]


class Wish(Sent):
    """When the office would like it to go out; nothing happens at that time. Null takes the wish back."""

    at: AwareDatetime | None


class HandingOver(Sent):
    """To whom, by id."""

    to: str


class RuleSent(Sent):
    """By which rule (its parts are those of a placement given back), and how it stands to others on its target."""

    rule: dict[str, Any]
    layer: LayerName = "default"
    priority: int = 0
    show_seconds: int | None = None

    def by_rule(self) -> dict[str, Any]:
        layer = Layer[self.layer.upper()]
        return {"rule": self.rule, "layer": layer, "priority": self.priority, "show_seconds": self.show_seconds}


class PlacementSent(RuleSent):
    """On which target, by which rule."""

    target: str


class PlacementLine(Given):
    """A placement; `ended_at` null while it is in force."""

    id: str
    document: str
    title: str
    target: str
    rule: RuleForm
    layer: str
    priority: int
    show_seconds: int | None
    ended_at: dt.datetime | None


class PlacementList(Given):
    """Of one piece the oldest first; of all by target."""

    placements: list[PlacementLine]


class PlacementChecked(Given):
    """What the rule would clash with (`blocked`: one of them is refused), and the next stretches it means."""

    clashes: list[ClashLine]
    blocked: bool
    ahead: list[Stretch]


async def plan_one(visit: Visit, sent: Wish) -> State:
    """Notes when the piece is wished for."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        at = None if sent.at is None else utc(sent.at)
        edition = await wish(session, visit.actor, held.edition.id, at=at, now=visit.now)
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
    return PlacementList(placements=[placement_line(row, target, held.document) for row, target in found])


async def every_placement(visit: Visit) -> PlacementList:
    """The rules in force of every piece the person reads, by target."""
    async with visit.deps.db.read() as session:
        found = await placed_rules(session, visit.actor)
    return PlacementList(placements=[placement_line(one.placement, one.target, one.document) for one in found])


async def read_placement(visit: Visit) -> PlacementLine:
    """One placement, also one that ended."""
    async with visit.deps.db.read() as session:
        one = await placed_rule(session, visit.actor, visit.uuid("placement"))
    return placement_line(one.placement, one.target, one.document)


async def check_placement(visit: Visit, sent: PlacementSent) -> PlacementChecked:
    """What a placement would clash with, and when it would show; writes nothing."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        return await _looked(visit, session, held.document.id, sent.target, sent)


async def check_replacement(visit: Visit, sent: RuleSent) -> PlacementChecked:
    """The same for another rule of a placement."""
    async with visit.deps.db.read() as session:
        one = await placed_rule(session, visit.actor, visit.uuid("placement"))
        return await _looked(visit, session, one.document.id, one.target.code, sent, instead_of=one.placement.id)


async def add_placement(visit: Visit, sent: PlacementSent) -> PlacementLine:
    """Places the piece on a target."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await place(session, visit.actor, held.document.id, target=sent.target, now=visit.now, **sent.by_rule())
        one = await placed_rule(session, visit.actor, row.id)
        return placement_line(row, one.target, one.document)


async def replace_one_placement(visit: Visit, sent: RuleSent) -> PlacementLine:
    """Ends a placement and places its piece by another rule, in one go; its id is a new one."""
    async with visit.deps.db.write() as session:
        before = await placed_rule(session, visit.actor, visit.uuid("placement"))
        row = await replace_placement(session, visit.actor, before.placement.id, now=visit.now, **sent.by_rule())
        return placement_line(row, before.target, before.document)


async def end_one_placement(visit: Visit, _sent: Nothing) -> Done:
    """Ends a placement; what was shown by it stays in the history."""
    async with visit.deps.db.write() as session:
        await end_placement(session, visit.actor, visit.uuid("placement"), now=visit.now)
    return Done(id=visit.part("placement"))


async def _looked(  # noqa: PLR0917 - private
    visit: Visit,
    session: AsyncSession,
    document: uuid.UUID,
    target: str,
    sent: RuleSent,
    instead_of: uuid.UUID | None = None,
) -> PlacementChecked:
    found = await look_at_rule(
        session,
        visit.actor,
        document,
        target=target,
        rule=sent.rule,
        layer=Layer[sent.layer.upper()],
        priority=sent.priority,
        instead_of=instead_of,
        now=visit.now,
    )
    return PlacementChecked(
        clashes=clashes_said(visit, found.clashes),
        blocked=blocks(found.clashes),
        ahead=[stretch(one) for one in found.ahead],
    )


def placement_line(row: Placement, target: Target, document: Document) -> PlacementLine:
    return PlacementLine(
        id=str(row.id),
        document=document.public_id,
        title=document.title,
        target=target.code,
        rule=RuleForm.model_validate(row.rule),
        layer=Layer(row.layer).name.lower(),
        priority=row.priority,
        show_seconds=row.show_seconds,
        ended_at=row.ended_at,
    )


_ONE, _PLACED, _SCHEDULE = "/api/v1/documents/{id}", "/api/v1/placements/{placement}", Action.PUBLISHING_SCHEDULE
RESOURCES: tuple[Resource, ...] = (
    take("PUT", f"{_ONE}/plan", plan_one, Action.DOCUMENT_EDIT, sent=Wish, given=State),
    take("POST", f"{_ONE}/hand-over", hand_over_one, Action.DOCUMENT_EDIT, sent=HandingOver, given=State),
    ask(f"{_ONE}/placements", list_placements, Action.DOCUMENT_READ, given=PlacementList),
    take("POST", f"{_ONE}/placements", add_placement, _SCHEDULE, sent=PlacementSent, given=PlacementLine),
    take("POST", f"{_ONE}/placements/check", check_placement, _SCHEDULE, sent=PlacementSent, given=PlacementChecked),
    ask("/api/v1/placements", every_placement, Action.DOCUMENT_READ, given=PlacementList),
    ask(_PLACED, read_placement, Action.DOCUMENT_READ, given=PlacementLine),
    take("POST", f"{_PLACED}/check", check_replacement, _SCHEDULE, sent=RuleSent, given=PlacementChecked),
    take("PUT", _PLACED, replace_one_placement, _SCHEDULE, sent=RuleSent, given=PlacementLine),
    take("DELETE", _PLACED, end_one_placement, _SCHEDULE, sent=Nothing, given=Done),
)
