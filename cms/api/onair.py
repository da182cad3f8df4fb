"""What cuts into a channel, over the API: the orders, beginning one, ending one."""

import datetime as dt

from pydantic import AwareDatetime, Field

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Nothing
from cms.api.shapes_of_time import utc
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.publishing.onair.board import Shown, channel_of, orders
from cms.publishing.onair.budget import Rungs
from cms.publishing.onair.cutting import Wish, cut_in, end_cut_in
from cms.publishing.onair.models import CutInKind


class CutInSent(Sent):
    """A piece that is live on the channel; `minutes` of an emergency, `seconds` and `rungs` of a text."""

    document: str
    kind: CutInKind
    at: AwareDatetime | None = None
    minutes: int = Field(default=30, ge=1, le=1440)
    seconds: int = Field(default=30, ge=8, le=3600)
    rungs: Rungs = Rungs.MIDDLE


class CutInLine(Given):
    """An order; `ready` once what it shows is made, `done` of `total` slots of a text."""

    id: str
    kind: CutInKind
    title: str
    by: str
    start: dt.datetime
    until: dt.datetime | None
    ended_at: dt.datetime | None
    open: bool
    ready: bool
    done: int
    total: int


class CutInList(Given):
    """Newest first."""

    cut_ins: list[CutInLine]


async def list_cut_ins(visit: Visit) -> CutInList:
    """The newest orders of a television channel."""
    async with visit.deps.db.read() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        found = await orders(session, target, now=visit.now)
    return CutInList(cut_ins=[_line(one, visit.now) for one in found])


async def add_cut_in(visit: Visit, sent: CutInSent) -> CutInList:
    """Puts a piece onto the channel instead of what is planned, or its words over it."""
    at = None if sent.at is None else utc(sent.at)
    until = (at or visit.now) + dt.timedelta(minutes=sent.minutes) if sent.kind is CutInKind.EMERGENCY else None
    length = dt.timedelta(seconds=sent.seconds)
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_PUBLISH)
        held = await find(session, visit.actor, sent.document)
        wish = Wish(sent.kind, (target.code,), at, until, length, sent.rungs)
        await cut_in(session, visit.actor, held.document.id, wish, now=visit.now)
        found = await orders(session, target, now=visit.now)
    return CutInList(cut_ins=[_line(one, visit.now) for one in found])


async def end_one_cut_in(visit: Visit, _sent: Nothing) -> CutInList:
    """Ends one: the channel returns to what is planned."""
    async with visit.deps.db.write() as session:
        target = await channel_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_RECALL)
        await end_cut_in(session, visit.actor, visit.uuid("cut_in"), now=visit.now)
        found = await orders(session, target, now=visit.now)
    return CutInList(cut_ins=[_line(one, visit.now) for one in found])


def _line(one: Shown, now: dt.datetime) -> CutInLine:
    row = one.row
    return CutInLine(
        id=str(row.id),
        kind=CutInKind(row.kind),
        title=one.title,
        by=one.who,
        start=row.start_at,
        until=one.until,
        ended_at=row.ended_at,
        open=one.is_open(now),
        ready=one.ready,
        done=one.done,
        total=one.total,
    )


_AT = "/api/v1/targets/{target}/cut-ins"
RESOURCES: tuple[Resource, ...] = (
    ask(_AT, list_cut_ins, Action.PUBLISHING_READ, given=CutInList),
    take("POST", _AT, add_cut_in, Action.PUBLISHING_PUBLISH, sent=CutInSent, given=CutInList),
    take("DELETE", f"{_AT}/{{cut_in}}", end_one_cut_in, Action.PUBLISHING_RECALL, sent=Nothing, given=CutInList),
)
