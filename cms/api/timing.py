"""One piece's times over the API: promise, end, embargo, moving, and what would clash before any of it is saved."""

import datetime as dt

from pydantic import AwareDatetime, Field

from cms.api.models import State, Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Nothing
from cms.api.shapes_of_time import ClashLine, clashes_said, utc
from cms.content.queries import find
from cms.desk.calendar.moving import posts_of
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.clashes import clashes_of_promise
from cms.planning.embargo import embargo_of, lift_embargo, set_embargo
from cms.planning.lines import MOST, Line, check_lines, promise_lines
from cms.planning.schedule import Wanted, promise, scheduled
from cms.planning.wishes import Move, look_at_move, move_to
from cms.publishing.taking_off import set_take_off


class Timing(Given):
    """Wish, promise and fact are three things; `batch` names the pieces it goes out with."""

    state: str
    planned_at: dt.datetime | None
    scheduled_at: dt.datetime | None
    targets: list[str]
    take_off_at: dt.datetime | None
    batch: str | None
    published_at: dt.datetime | None
    embargo_until: dt.datetime | None
    embargo_reason: str


class PromiseSent(Sent):
    """When it goes out, on which targets, and when it is taken off again (null: with its envelope)."""

    at: AwareDatetime
    targets: list[str] = Field(max_length=200)
    take_off_at: AwareDatetime | None = None

    def wanted(self) -> Wanted:
        off = None if self.take_off_at is None else utc(self.take_off_at)
        return Wanted(utc(self.at), tuple(self.targets), off)


class Checked(Given):
    """What stands in the way; `blocked`: one of them is refused."""

    clashes: list[ClashLine]
    blocked: bool


class Promised(Given):
    """Where the edition stands, and what the person should know beside it."""

    state: str
    clashes: list[ClashLine]


class TakeOffSent(Sent):
    """When a piece that is out is taken off; null leaves it to the end of its envelope."""

    at: AwareDatetime | None


class EmbargoSent(Sent):
    """Until when nothing of the piece goes out anywhere, and why."""

    until: AwareDatetime
    reason: Text = ""


class MoveSent(Sent):
    """The other instant, and the other targets of a promise where they change."""

    at: AwareDatetime
    targets: list[str] = Field(default=[], max_length=100)


class MoveChecked(Given):
    """What moving would meet; a piece that is moved alone leaves its batch."""

    before: dt.datetime | None
    clashes: list[ClashLine]
    blocked: bool
    leaves_batch: bool


class PromiseLineSent(PromiseSent):
    """One promise of many."""

    document: str


class PromiseTable(Sent):
    """Many promises at once: all of them are made, or none."""

    lines: list[PromiseLineSent] = Field(min_length=1, max_length=MOST)


class PromiseLine(Given):
    """A line by its number from 1, and why it cannot be promised."""

    line: int
    document: str
    title: str
    code: str | None
    text: str | None
    next: str | None


class PromiseDryRun(Given):
    """Whether every line is good, and each line."""

    good: bool
    lines: list[PromiseLine]


class PromisesMade(Given):
    """How many were made."""

    count: int


async def read_timing(visit: Visit) -> Timing:
    """The piece's wish, promise, end and embargo."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await scheduled(session, held.edition.id)
        embargo = await embargo_of(session, held.document.id, now=visit.now)
    return Timing(
        state=held.edition.state,
        planned_at=held.edition.planned_at,
        scheduled_at=row.at if row else None,
        targets=list(row.targets) if row else [],
        take_off_at=row.take_off_at if row else None,
        batch=str(row.batch_id) if row and row.batch_id else None,
        published_at=held.edition.published_at,
        embargo_until=embargo.until if embargo else None,
        embargo_reason=embargo.reason if embargo else "",
    )


async def check_one_promise(visit: Visit, sent: PromiseSent) -> Checked:
    """What a promise would clash with; writes nothing."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        found = await clashes_of_promise(
            session, visit.actor, held.edition.id, sent.wanted(), posts=posts_of(visit), now=visit.now
        )
    return _checked(clashes_said(visit, found))


async def promise_one(visit: Visit, sent: PromiseSent) -> Promised:
    """Promises the piece for a time, or moves its promise, exactly as sent."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition, wanted = held.edition.id, sent.wanted()
        found = await clashes_of_promise(session, visit.actor, edition, wanted, posts=posts_of(visit), now=visit.now)
        await promise(session, visit.actor, edition, wanted, now=visit.now)
        after = await find(session, visit.actor, visit.part("id"))
        return Promised(state=after.edition.state, clashes=clashes_said(visit, found))


async def take_off_one(visit: Visit, sent: TakeOffSent) -> State:
    """Sets when a piece that is out is taken off everywhere."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        at = None if sent.at is None else utc(sent.at)
        await set_take_off(session, visit.actor, held.edition.id, at=at, now=visit.now)
        return State(state=held.edition.state)


async def embargo_one(visit: Visit, sent: EmbargoSent) -> Timing:
    """Holds every edition of the piece back until then."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        until = utc(sent.until)
        await set_embargo(session, visit.actor, held.document.id, until=until, reason=sent.reason, now=visit.now)
    return await read_timing(visit)


async def lift_one(visit: Visit, _sent: Nothing) -> Timing:
    """Ends the embargo now."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await lift_embargo(session, visit.actor, held.document.id, now=visit.now)
    return await read_timing(visit)


def _move(sent: MoveSent) -> Move:
    return Move(utc(sent.at), tuple(dict.fromkeys(sent.targets)))


async def check_one_move(visit: Visit, sent: MoveSent) -> MoveChecked:
    """What moving the piece would clash with; writes nothing."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        found = await look_at_move(session, visit.actor, held, _move(sent), posts=posts_of(visit), now=visit.now)
    checked = _checked(clashes_said(visit, found.clashes))
    return MoveChecked(
        before=found.before, clashes=checked.clashes, blocked=checked.blocked, leaves_batch=found.leaves_batch
    )


async def move_one(visit: Visit, sent: MoveSent) -> Timing:
    """Moves the promise, or the wish of a piece that has none."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await move_to(session, visit.actor, held.edition.id, _move(sent), now=visit.now)
    return await read_timing(visit)


async def check_many(visit: Visit, sent: PromiseTable) -> PromiseDryRun:
    """The dry run of many promises; nothing is promised yet."""
    async with visit.deps.db.read() as session:
        found = await check_lines(session, visit.actor, _lines(sent), now=visit.now)
    return PromiseDryRun(good=all(one.is_good for one in found), lines=[_line(visit, one) for one in found])


async def promise_many(visit: Visit, sent: PromiseTable) -> PromisesMade:
    """Makes many promises, all or none."""
    async with visit.deps.db.write() as session:
        return PromisesMade(count=await promise_lines(session, visit.actor, _lines(sent), now=visit.now))


def _lines(sent: PromiseTable) -> list[Line]:
    return [Line(number, one.document[:40], one.wanted()) for number, one in enumerate(sent.lines, start=1)]


def _line(visit: Visit, one: Line) -> PromiseLine:
    said = None if one.error is None else visit.refusal(one.error)
    return PromiseLine(
        line=one.number,
        document=one.public_id,
        title=one.title,
        code=said["code"] if said else None,
        text=said["text"] if said else None,
        next=said["next"] if said else None,
    )


def _checked(clashes: list[ClashLine]) -> Checked:
    return Checked(clashes=clashes, blocked=any(one.severity == "error" for one in clashes))


_ONE, _READ, _SCHEDULE = "/api/v1/documents/{id}", Action.DOCUMENT_READ, Action.PUBLISHING_SCHEDULE
RESOURCES: tuple[Resource, ...] = (
    ask(f"{_ONE}/timing", read_timing, _READ, given=Timing),
    take("POST", f"{_ONE}/promise/check", check_one_promise, _SCHEDULE, sent=PromiseSent, given=Checked),
    take("PUT", f"{_ONE}/promise", promise_one, _SCHEDULE, sent=PromiseSent, given=Promised),
    take("PUT", f"{_ONE}/take-off", take_off_one, _SCHEDULE, sent=TakeOffSent, given=State),
    take("PUT", f"{_ONE}/embargo", embargo_one, _SCHEDULE, sent=EmbargoSent, given=Timing),
    take("DELETE", f"{_ONE}/embargo", lift_one, _SCHEDULE, sent=Nothing, given=Timing),
    # A wish takes the right to edit, a promise the right to schedule: the use case asks for that one.
    take("POST", f"{_ONE}/move/check", check_one_move, _READ, sent=MoveSent, given=MoveChecked),
    take("POST", f"{_ONE}/move", move_one, _READ, sent=MoveSent, given=Timing),
    take("POST", "/api/v1/promises/check", check_many, _SCHEDULE, sent=PromiseTable, given=PromiseDryRun),
    take("POST", "/api/v1/promises", promise_many, _SCHEDULE, sent=PromiseTable, given=PromisesMade),
)
