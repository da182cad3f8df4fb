"""批次 over the API: pieces that go out together, all or none."""

import datetime as dt

from pydantic import AwareDatetime, Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.api.shapes_of_time import utc
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning import batches
from cms.planning.batches import MOST, Member, Progress

_PAST = dt.timedelta(days=60)


class BatchPiece(Given):
    """A piece of a batch, and how its promise stands."""

    document: str
    title: str
    state: str


class BatchLine(Given):
    """A batch with its pieces; `counts` are its pieces by how their promises stand."""

    id: str
    name: str
    unit: str
    at: dt.datetime
    cancelled_at: dt.datetime | None
    counts: dict[str, int]
    pieces: list[BatchPiece]


class BatchList(Given):
    """Those to come first."""

    batches: list[BatchLine]


class BatchMember(Sent):
    """A piece, and where it goes."""

    document: str
    targets: list[str] = Field(max_length=200)


class BatchSent(Sent):
    """A batch: its name, its instant, its pieces, and when all of them are taken off again."""

    name: Text
    at: AwareDatetime
    take_off_at: AwareDatetime | None = None
    pieces: list[BatchMember] = Field(max_length=MOST)


class BatchMove(Sent):
    """The other instant, for every piece that still waits."""

    at: AwareDatetime


async def list_batches(visit: Visit) -> BatchList:
    """The batches of the person's units, of the last sixty days and to come."""
    async with visit.deps.db.read() as session:
        found = await batches.batches(session, visit.actor, since=visit.now - _PAST)
    return BatchList(batches=[_line(one) for one in found])


async def read_batch(visit: Visit) -> BatchLine:
    """A batch with its pieces."""
    async with visit.deps.db.read() as session:
        return _line(await batches.batch_progress(session, visit.actor, visit.uuid("batch")))


async def add_batch(visit: Visit, sent: BatchSent) -> BatchLine:
    """Promises several pieces together, or none of them."""
    off = None if sent.take_off_at is None else utc(sent.take_off_at)
    async with visit.deps.db.write() as session:
        members = []
        for one in sent.pieces:
            held = await find(session, visit.actor, one.document)
            members.append(Member(held.edition.id, tuple(one.targets)))
        made = await batches.promise_batch(
            session, visit.actor, members, name=sent.name, at=utc(sent.at), take_off_at=off, now=visit.now
        )
        return _line(await batches.batch_progress(session, visit.actor, made.id))


async def move_one_batch(visit: Visit, sent: BatchMove) -> BatchLine:
    """Moves every piece that still waits to another instant, or none."""
    async with visit.deps.db.write() as session:
        row = await batches.move_batch(session, visit.actor, visit.uuid("batch"), at=utc(sent.at), now=visit.now)
        return _line(await batches.batch_progress(session, visit.actor, row.id))


async def cancel_one_batch(visit: Visit, _sent: Nothing) -> Done:
    """Takes back the promises that still wait; what is out stays out."""
    async with visit.deps.db.write() as session:
        await batches.cancel_batch(session, visit.actor, visit.uuid("batch"), now=visit.now)
    return Done(id=visit.part("batch"))


async def add_piece(visit: Visit, sent: BatchMember) -> BatchLine:
    """Adds a piece to a batch that still waits; it goes out with the others."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, sent.document)
        member = Member(held.edition.id, tuple(sent.targets))
        row = await batches.join_batch(session, visit.actor, visit.uuid("batch"), member, now=visit.now)
        return _line(await batches.batch_progress(session, visit.actor, row.id))


async def remove_piece(visit: Visit, _sent: Nothing) -> BatchLine:
    """Takes a piece out of a batch; its promise is taken back."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await batches.leave_batch(session, visit.actor, visit.uuid("batch"), held.edition.id, now=visit.now)
        return _line(await batches.batch_progress(session, visit.actor, row.id))


def _line(one: Progress) -> BatchLine:
    return BatchLine(
        id=str(one.batch.id),
        name=one.batch.name,
        unit=one.batch.unit_path,
        at=one.batch.at,
        cancelled_at=one.batch.cancelled_at,
        counts=dict(one.counts),
        pieces=[BatchPiece(document=public, title=title, state=state) for public, title, state in one.pieces],
    )


_URL, _READ, _SCHEDULE = "/api/v1/batches", Action.PUBLISHING_READ, Action.PUBLISHING_SCHEDULE
_ONE = f"{_URL}/{{batch}}"
RESOURCES: tuple[Resource, ...] = (
    ask(_URL, list_batches, _READ, given=BatchList),
    take("POST", _URL, add_batch, _SCHEDULE, sent=BatchSent, given=BatchLine),
    ask(_ONE, read_batch, _READ, given=BatchLine),
    take("PUT", _ONE, move_one_batch, _SCHEDULE, sent=BatchMove, given=BatchLine),
    take("POST", f"{_ONE}/cancel", cancel_one_batch, _SCHEDULE, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/pieces", add_piece, _SCHEDULE, sent=BatchMember, given=BatchLine),
    take("DELETE", f"{_ONE}/pieces/{{id}}", remove_piece, _SCHEDULE, sent=Nothing, given=BatchLine),
)
