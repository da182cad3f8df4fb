"""Named dayparts (时段): made, changed and removed by the office; a change says what it moves before it is saved.

Rules keep a copy of the hours. A change therefore ends every rule that uses the name and places its piece anew, in one
transaction: what was shown under the old hours stays history.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Document
from cms.kernel.errors import Conflict, DomainError, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.clashes import UNSEEN
from cms.planning.daypart_rows import dayparts, hours_of
from cms.planning.holidays import district, read_calendar
from cms.planning.models import NamedDaypart, Placement, Target
from cms.planning.placements import horizon, refuse_taken, replace_placement
from cms.planning.rules import read_rule, rule_json
from schedules.dayparts import Shift, renamed, shift
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.resolve import Layer
from schedules.rules import Daypart, Days, Rule

MOST: Final = 24
WINDOW: Final = dt.timedelta(days=7)
USUAL: Final = (
    ("早高峰", "07:00", "09:00", Days.WORKDAYS, False),
    ("午间", "11:30", "13:30", Days.ANY, False),
    ("晚间", "18:00", "21:00", Days.ANY, False),
    ("夜间", "22:00", "06:00", Days.ANY, True),
)
"""What an office that has none may begin with."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A daypart as somebody wants it; times are ``HH:MM``."""

    name: str
    start: str
    end: str
    days: Days = Days.ANY
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A rule that uses the name: what moves of it in the next seven days, and why it cannot, if it cannot."""

    placement: uuid.UUID
    title: str
    target: str
    layer: Layer
    moved: Shift
    problem: DomainError | None = None


async def add_daypart(session: AsyncSession, actor: Actor, wanted: Hours, *, now: dt.datetime) -> NamedDaypart:
    """Names hours of the day.

    Raises:
        Denied: no right to schedule for the whole district.
        Invalid: `planning.bad_daypart`; Conflict `planning.daypart_taken`; Refused `planning.too_many_dayparts`.
    """
    unit = await _may(session, actor)
    known = await dayparts(session)
    if len(known) >= MOST:
        raise Refused("planning.too_many_dayparts", most=MOST)
    values = _checked(wanted, known)
    row = NamedDaypart(id=uuid7(now), created_by=actor.person, created_at=now, **values)
    session.add(row)
    await session.flush()
    await record(session, actor, "daypart.add", of=("daypart", str(row.id)), unit=unit, details=values, now=now)
    return row


async def add_usual(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[NamedDaypart]:
    """The usual ones, where there are none. Raises as `add_daypart`."""
    if await dayparts(session):
        raise Conflict("planning.daypart_taken", name=USUAL[0][0])
    return [await add_daypart(session, actor, Hours(*one), now=now) for one in USUAL]


async def moves(
    session: AsyncSession, actor: Actor, daypart: uuid.UUID, wanted: Hours, *, now: dt.datetime
) -> Sequence[Moved]:
    """What `change_daypart` would move, by target; writes nothing. Raises as `change_daypart`."""
    await _may(session, actor)
    row = await _one(session, daypart)
    hours = _hours(row, _checked(wanted, await dayparts(session), besides=row.id))
    calendar = await read_calendar(session)
    found = []
    for placement, target, title, path in await _using(session, row):
        old = read_rule(placement.rule)
        new = renamed(old, {hours.name: hours})
        if _is_over(old, now):
            continue
        problem: DomainError | None = None
        if placement.layer == int(Layer.EXCLUSIVE):
            try:
                await refuse_taken(session, actor, target, new, calendar, now=now, besides=placement.id)
            except Refused as error:
                problem = error
        if problem is None and not expand(new, horizon(new, now=now), calendar):
            problem = Invalid("planning.rule_never")
        said = title if can(actor, Action.DOCUMENT_READ, Subject(path)) else UNSEEN
        moved = shift(old, new, Interval(now, now + WINDOW), calendar)
        found.append(Moved(placement.id, said, target.name, Layer(placement.layer), moved, problem))
    return found


async def change_daypart(
    session: AsyncSession, actor: Actor, daypart: uuid.UUID, wanted: Hours, *, now: dt.datetime
) -> int:
    """Changes it and every rule that uses it, all or nothing; how many rules.

    Raises:
        Denied: no right to schedule for the whole district.
        NotFound: `planning.no_daypart_here`.
        Invalid, Conflict: as `add_daypart`; `planning.rule_never` and `planning.exclusive_taken` of a rule.
    """
    unit = await _may(session, actor)
    row = await _one(session, daypart)
    values = _checked(wanted, await dayparts(session), besides=row.id)
    before = hours_of(row)
    for name, value in values.items():
        setattr(row, name, value)
    await session.flush()
    hours = hours_of(row)
    changed = 0
    for placement, _, _, _ in await _using(session, row) if hours != before else ():
        rule = read_rule(placement.rule)
        if _is_over(rule, now):
            continue
        await replace_placement(
            session,
            actor,
            placement.id,
            rule=rule_json(renamed(rule, {hours.name: hours})),
            layer=Layer(placement.layer),
            priority=placement.priority,
            show_seconds=placement.show_seconds,
            now=now,
        )
        changed += 1
    details = {**values, "rules": changed}
    await record(session, actor, "daypart.change", of=("daypart", str(row.id)), unit=unit, details=details, now=now)
    return changed


async def remove_daypart(session: AsyncSession, actor: Actor, daypart: uuid.UUID, *, now: dt.datetime) -> None:
    """Takes the name away. Raises Denied, NotFound, Refused `planning.daypart_used` while a rule uses it."""
    unit = await _may(session, actor)
    row = await _one(session, daypart)
    using = [one for one in await _using(session, row) if not _is_over(read_rule(one[0].rule), now)]
    if using:
        raise Refused("planning.daypart_used", name=row.name, count=len(using))
    await session.delete(row)
    await session.flush()
    details = {"name": row.name}
    await record(session, actor, "daypart.remove", of=("daypart", str(row.id)), unit=unit, details=details, now=now)


async def uses(session: AsyncSession) -> dict[str, int]:
    """How many rules that have not ended use each, by id."""
    found: dict[str, int] = {}
    for rule in (await session.scalars(select(Placement.rule).where(Placement.ended_at.is_(None)))).all():
        for one in rule.get("named", ()):
            found[one["id"]] = found.get(one["id"], 0) + 1
    return found


async def _may(session: AsyncSession, actor: Actor) -> str:
    unit = await district(session)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    return unit


async def _one(session: AsyncSession, daypart: uuid.UUID) -> NamedDaypart:
    row = await session.get(NamedDaypart, daypart)
    if row is None:
        raise NotFound("planning.no_daypart_here")
    return row


async def _using(session: AsyncSession, row: NamedDaypart) -> Sequence[tuple[Placement, Target, str, str]]:
    query = (
        select(Placement, Target, Document.title, Unit.path)
        .join(Target, Target.id == Placement.target_id)
        .join(Document, Document.id == Placement.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Placement.ended_at.is_(None))
        .order_by(Target.name, Placement.id)
    )
    rows = (await session.execute(query)).all()
    wanted = str(row.id)
    return [
        (one.Placement, one.Target, one.title, one.path)
        for one in rows
        if any(part["id"] == wanted for part in one.Placement.rule.get("named", ()))
    ]


def _is_over(rule: Rule, now: dt.datetime) -> bool:
    """Nothing of it is to come: what was shown stays as it was."""
    return rule.end is not None and rule.end <= now


def _checked(wanted: Hours, known: Sequence[NamedDaypart], besides: uuid.UUID | None = None) -> dict[str, str | bool]:
    name = one_line(wanted.name)[:20]
    wrong = {} if name else {"name": "planning.bad_daypart"}
    times = {"start": wanted.start, "end": wanted.end}
    for part, text in times.items():
        try:
            times[part] = f"{dt.time.fromisoformat(text):%H:%M}"
        except ValueError:
            wrong[part] = "planning.bad_daypart"
    if wrong:
        raise Invalid("planning.bad_daypart", fields=wrong)
    if any(row.name == name and row.id != besides for row in known):
        raise Conflict("planning.daypart_taken", name=name)
    return {"name": name, **times, "days": wanted.days.value, "quiet": wanted.quiet}


def _hours(row: NamedDaypart, values: dict[str, str | bool]) -> Daypart:
    start, end = (dt.time.fromisoformat(str(values[name])) for name in ("start", "end"))
    return Daypart(start, end, str(row.id), Days(str(values["days"])))
