"""Named hours of the day (时段) over the API; a change says which rules move before it is saved."""

from typing import Literal

from pydantic import Field

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.api.shapes_of_time import Stretch, stretch
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning import dayparts as use
from cms.planning.clashes import UNSEEN
from cms.planning.daypart_rows import dayparts
from cms.planning.dayparts import Hours, Moved
from cms.planning.models import NamedDaypart
from schedules.rules import Days


class DaypartLine(Given):
    """Hours with a name, ``HH:MM``; an end that is not later than the start is the next day's. `rules` use it."""

    id: str
    name: str
    start: str
    end: str
    days: Days
    quiet: bool
    rules: int


class DaypartList(Given):
    """By the hour they begin."""

    dayparts: list[DaypartLine]


class DaypartSent(Sent):
    """What it is called and when it is; `quiet`: nothing should be published in it."""

    name: str = Field(min_length=1, max_length=20)
    start: str = Field(pattern=r"^\d{2}:\d{2}$")
    end: str = Field(pattern=r"^\d{2}:\d{2}$")
    days: Days = Days.ANY
    quiet: bool = False

    def hours(self) -> Hours:
        return Hours(self.name, self.start, self.end, self.days, self.quiet)


class DaypartMove(Given):
    """A rule that uses the name: what it loses and wins in the next seven days; `code` says why it cannot move."""

    placement: str
    title: str
    target: str
    lost: list[Stretch]
    won: list[Stretch]
    code: str | None
    text: str | None


class DaypartCheck(Given):
    """What a change would move; `blocked`: a rule cannot, and nothing would be changed."""

    moves: list[DaypartMove]
    blocked: bool


class UsualSent(Sent):
    """The usual hours of an office that has none."""

    take: Literal["usual"]


async def list_dayparts(visit: Visit) -> DaypartList:
    """The office's named hours."""
    async with visit.deps.db.read() as session:
        rows, used = await dayparts(session), await use.uses(session)
    return DaypartList(dayparts=[_line(row, used.get(str(row.id), 0)) for row in rows])


async def add_one(visit: Visit, sent: DaypartSent) -> DaypartLine:
    """Names hours of the day."""
    async with visit.deps.db.write() as session:
        return _line(await use.add_daypart(session, visit.actor, sent.hours(), now=visit.now), 0)


async def take_usual(visit: Visit, _sent: UsualSent) -> DaypartList:
    """Takes the usual ones where there are none."""
    async with visit.deps.db.write() as session:
        rows = await use.add_usual(session, visit.actor, now=visit.now)
    return DaypartList(dayparts=[_line(row, 0) for row in rows])


async def check_one(visit: Visit, sent: DaypartSent) -> DaypartCheck:
    """Which rules a change would move; nothing is changed."""
    async with visit.deps.db.read() as session:
        found = await use.moves(session, visit.actor, visit.uuid("daypart"), sent.hours(), now=visit.now)
    return DaypartCheck(moves=[_move(visit, one) for one in found], blocked=any(one.problem for one in found))


async def change_one(visit: Visit, sent: DaypartSent) -> Done:
    """Changes it and every rule that uses it, all or nothing."""
    async with visit.deps.db.write() as session:
        await use.change_daypart(session, visit.actor, visit.uuid("daypart"), sent.hours(), now=visit.now)
    return Done(id=visit.part("daypart"))


async def remove_one(visit: Visit, _sent: Nothing) -> Done:
    """Takes away a name that no rule uses."""
    async with visit.deps.db.write() as session:
        await use.remove_daypart(session, visit.actor, visit.uuid("daypart"), now=visit.now)
    return Done(id=visit.part("daypart"))


def _line(row: NamedDaypart, rules: int) -> DaypartLine:
    return DaypartLine(
        id=str(row.id),
        name=row.name,
        start=row.start,
        end=row.end,
        days=Days(row.days),
        quiet=row.quiet,
        rules=rules,
    )


def _move(visit: Visit, one: Moved) -> DaypartMove:
    refused = visit.refusal(one.problem) if one.problem is not None else None
    return DaypartMove(
        placement=str(one.placement),
        title=visit.t("planning.clash.unseen") if one.title == UNSEEN else one.title,
        target=one.target,
        lost=[stretch(part) for part in one.moved.lost],
        won=[stretch(part) for part in one.moved.won],
        code=one.problem.code if one.problem is not None else None,
        text=str(refused["text"]) if refused is not None else None,
    )


_READ, _SCHEDULE = Action.DOCUMENT_READ, Action.PUBLISHING_SCHEDULE
_URL = "/api/v1/dayparts"
RESOURCES: tuple[Resource, ...] = (
    ask(_URL, list_dayparts, _READ, given=DaypartList),
    take("POST", _URL, add_one, _SCHEDULE, sent=DaypartSent, given=DaypartLine),
    take("POST", f"{_URL}/usual", take_usual, _SCHEDULE, sent=UsualSent, given=DaypartList),
    take("POST", f"{_URL}/{{daypart}}/check", check_one, _SCHEDULE, sent=DaypartSent, given=DaypartCheck),
    take("PUT", f"{_URL}/{{daypart}}", change_one, _SCHEDULE, sent=DaypartSent, given=Done),
    take("DELETE", f"{_URL}/{{daypart}}", remove_one, _SCHEDULE, sent=Nothing, given=Done),
)
