"""Editing a channel's day: each act is looked at first, done in one transaction, kept as one change, and taken back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import Placed, aired_of, open_from, placed_on, span_of
from cms.airing.models import DayChange
from cms.airing.ready import Ready, ready_of
from cms.audit.record import record
from cms.contract import OnAir
from cms.kernel.errors import Conflict, DomainError, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.clashes import UNSEEN
from cms.planning.embargo import check_embargo
from cms.planning.holidays import read_calendar
from cms.planning.hours import holiday
from cms.planning.models import Placement, Target
from cms.planning.placements import end_placement, horizon, place
from cms.planning.rules import read_rule, rule_json
from cms.planning.runs import RunMove, Scope, move_run
from cms.planning.targets import targets_by_code
from schedules.beijing import OFFSET, slot_of, slot_start
from schedules.clashes import Clash, Severity
from schedules.dayplan import Lying, in_the_way, snapped
from schedules.expand import expand
from schedules.intervals import Interval
from schedules.moving import alone, run_at
from schedules.resolve import Layer
from schedules.rules import Daypart, Days, Rule


class Repeat(StrEnum):
    """How something placed on a day comes again; whatever else is made in the form of rules."""

    ONCE = "once"
    DAILY = "daily"
    WORKDAYS = "workdays"
    REST_DAYS = "rest_days"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Wish:
    """A piece at an instant, which is laid on the grid; `until` is the last day of what repeats."""

    document: uuid.UUID
    at: dt.datetime
    repeat: Repeat = Repeat.ONCE
    until: dt.date | None = None

    @property
    def start(self) -> int:
        return snapped(self.at)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who works on which channel, how that channel reads its plan, and when."""

    actor: Actor
    target: Target
    air: OnAir
    now: dt.datetime

    def require(self) -> None:
        """Raises Denied without the right to schedule on the channel."""
        require_can(self.actor, Action.PUBLISHING_SCHEDULE, Subject(self.target.unit_path))


@dataclass(frozen=True, slots=True)
class Looked:
    """What a wish would mean: the piece, its slots, and what is in the way."""

    ready: Ready
    interval: Interval
    clashes: Sequence[Clash]

    @property
    def is_refused(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.clashes)


def rule_of(wish: Wish, count: int) -> Rule:
    """The rule of a wish: exactly the item's slots, on one day or on those it repeats on.

    Raises Invalid `airing.repeat_ends_first`.
    """
    interval = span_of(wish.start, count)
    if wish.repeat is Repeat.ONCE:
        return Rule(start=interval.start, end=interval.end)
    first = interval.start.astimezone(OFFSET)
    if wish.until is not None and wish.until < first.date():
        raise Invalid("airing.repeat_ends_first", fields={"until": "airing.repeat_ends_first"})
    last = None if wish.until is None else dt.datetime.combine(wish.until, first.time(), OFFSET) + interval.length
    part = Daypart(first.time(), interval.end.astimezone(OFFSET).time())
    days = {Repeat.WORKDAYS: Days.WORKDAYS, Repeat.REST_DAYS: Days.REST_DAYS}.get(wish.repeat, Days.ANY)
    weekdays = frozenset({first.isoweekday()}) if wish.repeat is Repeat.WEEKLY else frozenset()
    return Rule(start=interval.start, end=last, dayparts=(part,), days=days, weekdays=weekdays)


async def look(
    session: AsyncSession, hand: Hand, wish: Wish, *, besides: tuple[uuid.UUID, int] | None = None
) -> Looked:
    """What is in the way of a wish, broken rules first; writes nothing. `besides`: a run that would move there.

    Raises NotFound `airing.no_piece`, Denied without the right to schedule on the channel, Invalid as `rule_of`.
    """
    hand.require()
    ready = (await ready_of(session, hand.target, hand.air, [wish.document])).get(wish.document)
    if ready is None:
        raise NotFound("airing.no_piece")
    require_can(hand.actor, Action.PUBLISHING_SCHEDULE, Subject(ready.unit_path))
    rule_of(wish, ready.slots)
    interval = span_of(wish.start, ready.slots)
    aired = await aired_of(session, hand.target, hand.air, wish.start, wish.start + 1, now=hand.now)
    found = [*ready.problems(hand.target, interval), *too_soon(wish.start, open_from(aired, hand.now))]
    found += await embargoed(session, wish.document, interval.start)
    wanted = Lying(str(wish.document), wish.start, ready.slots, f"{besides[0]}:{besides[1]}" if besides else "")
    found += taken(wanted, await placed_on(session, hand.actor, hand.target, interval))
    found += await holiday(session, interval.start) if wish.repeat is Repeat.WORKDAYS else []
    order = list(Severity)
    return Looked(ready, interval, sorted(found, key=lambda one: order.index(one.severity)))


async def put(session: AsyncSession, hand: Hand, wish: Wish) -> DayChange:
    """Places a piece on the day.

    Raises Refused for what `look` calls an error, and as `look` and `place`.
    """
    await targets_by_code(session, [hand.target.code], lock=True)
    looked = await look(session, hand, wish)
    _refuse(looked)
    made = await lay(session, hand, wish.document, rule_of(wish, looked.ready.slots))
    return await keep(session, hand, "place", made=[made], ended=[])


async def shift(session: AsyncSession, hand: Hand, move: RunMove, scope: Scope) -> DayChange:
    """Moves what lies on the day to another time, laid on the grid. Raises as `put` and `move_run`."""
    await targets_by_code(session, [hand.target.code], lock=True)
    row = await placement_on(session, hand.target, move.placement)
    snap = replace(move, to=slot_start(snapped(move.to)))
    _refuse(await look(session, hand, Wish(row.document_id, snap.to), besides=(row.id, slot_of(move.start))))
    made = await move_run(session, hand.actor, snap, scope, now=hand.now)
    return await keep(session, hand, "move", made=made, ended=[row])


async def take_off(session: AsyncSession, hand: Hand, run: tuple[uuid.UUID, dt.datetime], scope: Scope) -> DayChange:
    """Takes one time of a rule, or the whole rule, off the channel.

    Raises Denied, NotFound `planning.not_placed`, `planning.no_run`.
    """
    hand.require()
    row = await placement_on(session, hand.target, run[0])
    rule, calendar = read_rule(row.rule), await read_calendar(session)
    left: list[Rule] = []
    if scope is Scope.ONE and not rule.is_continuous:
        found = run_at(rule, run[1], calendar)
        if found is None:
            raise NotFound("planning.no_run")
        apart = alone(rule, found, found.interval.start, calendar)
        left = [one for one in (apart.rest, apart.others) if one is not None]
    await end_placement(session, hand.actor, row.id, now=hand.now)
    made = [await again(session, hand, row, one) for one in left if expand(one, horizon(one, now=hand.now), calendar)]
    return await keep(session, hand, "remove", made=made, ended=[row])


async def undo(session: AsyncSession, hand: Hand, change: uuid.UUID) -> DayChange:
    """Takes a change back: what it made ends, what it ended stands again.

    Raises:
        NotFound: `airing.no_change`.
        Conflict: `planning.moved_meanwhile`; it was taken back, or one of them was changed since.
        Also as `place`.
    """
    hand.require()
    row = await session.get(DayChange, change, with_for_update=True, populate_existing=True)
    if row is None or row.target_id != hand.target.id:
        raise NotFound("airing.no_change")
    made = [await session.get_one(Placement, uuid.UUID(one)) for one in row.made]
    if row.undone_at is not None or any(one.ended_at is not None for one in made):
        raise Conflict("planning.moved_meanwhile")
    for one in made:
        await end_placement(session, hand.actor, one.id, now=hand.now)
    ended = [await session.get_one(Placement, uuid.UUID(one)) for one in row.ended]
    back = [await again(session, hand, one, read_rule(one.rule)) for one in ended]
    row.undone_at = hand.now
    return await keep(session, hand, "undo", made=back, ended=made)


async def last_change(session: AsyncSession, hand: Hand) -> DayChange | None:
    """The actor's newest change of the last hour, when it can still be taken back."""
    since = hand.now - dt.timedelta(hours=1)
    query = select(DayChange).where(DayChange.target_id == hand.target.id, DayChange.at > since)
    row = await session.scalar(query.order_by(DayChange.at.desc(), DayChange.id.desc()).limit(1))
    if row is None or row.by != hand.actor.person or row.undone_at is not None or row.act == "undo":
        return None
    return row


async def keep(
    session: AsyncSession, hand: Hand, act: str, *, made: Sequence[Placement], ended: Sequence[Placement]
) -> DayChange:
    """Writes an act down, for its way back and for the record."""
    row = DayChange(
        id=uuid7(hand.now),
        target_id=hand.target.id,
        act=act,
        made=[str(one.id) for one in made],
        ended=[str(one.id) for one in ended],
        by=hand.actor.person,
        at=hand.now,
    )
    session.add(row)
    await session.flush()
    unit, details = hand.target.unit_path, {"made": len(made), "ended": len(ended)}
    of = ("target", hand.target.code)
    await record(session, hand.actor, f"day.{act}", of=of, unit=unit, details=details, now=hand.now)
    return row


async def lay(session: AsyncSession, hand: Hand, document: uuid.UUID, rule: Rule) -> Placement:
    """A placement that has the channel for itself; whether one time is free was looked at under the channel's lock."""
    return await place(
        session,
        hand.actor,
        document,
        target=hand.target.code,
        rule=rule_json(rule),
        layer=Layer.EXCLUSIVE,
        is_free=rule.is_continuous,
        now=hand.now,
    )


async def again(session: AsyncSession, hand: Hand, before: Placement, rule: Rule) -> Placement:
    """A placement like one that ended, by a rule."""
    return await place(
        session,
        hand.actor,
        before.document_id,
        target=hand.target.code,
        rule=rule_json(rule),
        layer=Layer(before.layer),
        priority=before.priority,
        show_seconds=before.show_seconds,
        now=hand.now,
    )


async def placement_on(session: AsyncSession, target: Target, placement: uuid.UUID) -> Placement:
    """Raises NotFound `planning.not_placed` for one that ended or lies elsewhere."""
    row = await session.get(Placement, placement)
    if row is None or row.ended_at is not None or row.target_id != target.id:
        raise NotFound("planning.not_placed")
    return row


def too_soon(start: int, first: int) -> list[Clash]:
    """Whether a slot can no longer be changed."""
    if start >= first:
        return []
    return [Clash(Severity.ERROR, "error.airing.too_soon", {"at": clock(slot_start(first))})]


def taken(wanted: Lying, placed: Sequence[Placed]) -> list[Clash]:
    """What lies where something is wanted, each by its name and its times."""
    by_id = {one.lying.id: one for one in placed}
    found = []
    for one in in_the_way(wanted, (other.lying for other in placed)):
        other = by_id[one.id]
        start, end = clock(other.interval.start), clock(other.interval.end)
        found.append(Clash(Severity.ERROR, "day_taken", {"title": other.title or UNSEEN, "start": start, "end": end}))
    return found


async def embargoed(session: AsyncSession, document: uuid.UUID, at: dt.datetime) -> list[Clash]:
    """An embargo that lasts beyond an instant."""
    try:
        await check_embargo(session, document, at=at)
    except DomainError as error:
        params = {name: str(value) for name, value in error.params.items()}
        return [Clash(Severity.ERROR, f"error.{error.code}", params)]
    return []


def clock(at: dt.datetime) -> str:
    """A time of the day as the channel counts it."""
    return at.astimezone(OFFSET).strftime("%H:%M:%S")


def _refuse(looked: Looked) -> None:
    """Raises the first error that `look` found; the page has named all of them before."""
    wrong = next((one for one in looked.clashes if one.severity is Severity.ERROR), None)
    if wrong is None:
        return
    code = wrong.code.removeprefix("error.") if wrong.code.startswith("error.") else "airing.taken"
    raise Refused(code, **wrong.params)
