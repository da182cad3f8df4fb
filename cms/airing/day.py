"""A channel's day as it stands: what placements put on it, and what will play by the channel's own plan."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.ready import Ready, ready_of
from cms.content.models import Document
from cms.contract import Aired, Channel, OnAir
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, require_can
from cms.planning.holidays import named_days, read_calendar
from cms.planning.models import Placement, Target
from cms.planning.rules import read_rule
from cms.publishing.services.models import AccountValue
from schedules.beijing import day_interval, day_of, day_slots, slot_of, slot_start
from schedules.dayplan import Lying
from schedules.expand import expand
from schedules.holidays import HolidayLine
from schedules.intervals import Interval
from schedules.moving import run_at
from schedules.resolve import Layer
from schedules.rules import Days, Rule

FIRST: Final = dt.date(2020, 1, 1)
LAST: Final = dt.date(2100, 1, 1)
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Placed:
    """One time at which a rule puts a piece on the channel, alone.

    Attributes:
        repeats: whether its rule means other times too.
        is_run: a stretch that can be moved by itself, not one that is cut or joined.
        may: whether the actor may move it; of what they may not read `title` is empty.
    """

    placement: uuid.UUID
    document: uuid.UUID
    public_id: str
    title: str
    interval: Interval
    repeats: bool
    is_run: bool
    may: bool
    rule: Rule

    @property
    def lying(self) -> Lying:
        start = slot_of(self.interval.start)
        return Lying(str(self.document), start, slot_of(self.interval.end) - start, f"{self.placement}:{start}")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a channel.

    Attributes:
        placed: what lies on it, in order; it may reach over midnight.
        ready: of the pieces in it, how they stand to the channel now.
        aired: what plays, by the channel's own plan; None while it has none.
        feast: the day by the notice of the State Council.
    """

    target: Target
    on: dt.date
    placed: Sequence[Placed]
    ready: Mapping[uuid.UUID, Ready]
    aired: Aired | None
    feast: HolidayLine | None

    @property
    def lying(self) -> list[Lying]:
        return [one.lying for one in self.placed]


def on_air(channels: Mapping[str, Channel], target: Target) -> OnAir:
    """Raises NotFound `airing.no_channel` for a target without a timeline."""
    channel = channels.get(target.kind)
    if channel is None or channel.on_air is None:
        raise NotFound("airing.no_channel")
    return channel.on_air


def timelines(channels: Mapping[str, Channel]) -> list[str]:
    """The channel kinds that run by the clock."""
    return sorted(kind for kind, channel in channels.items() if channel.on_air is not None)


async def channel_of(session: AsyncSession, actor: Actor, channels: Mapping[str, Channel], code: str) -> Target:
    """A channel with a timeline. Raises NotFound `airing.no_channel`, Denied outside of the actor's reach."""
    row = await session.scalar(select(Target).where(Target.code == code, Target.active))
    if row is None:
        raise NotFound("airing.no_channel")
    on_air(channels, row)
    require_can(actor, Action.PUBLISHING_READ, Subject(row.unit_path))
    return row


async def channels_of(session: AsyncSession, actor: Actor, channels: Mapping[str, Channel]) -> Sequence[Target]:
    """Every channel with a timeline that the actor may look at, by name."""
    query = select(Target).where(Target.kind.in_(timelines(channels)), Target.active).order_by(Target.name, Target.code)
    rows = (await session.scalars(query)).all()
    return [row for row in rows if can(actor, Action.PUBLISHING_READ, Subject(row.unit_path))]


async def read_day(
    session: AsyncSession, actor: Actor, target: Target, air: OnAir, on: dt.date, *, now: dt.datetime
) -> Day:
    """The day with everything its page says."""
    placed = await placed_on(session, actor, target, day_interval(on))
    slots = day_slots(on)
    return Day(
        target=target,
        on=on,
        placed=placed,
        ready=await ready_of(session, target, air, {one.document for one in placed}),
        aired=await aired_of(session, target, air, slots.start, slots.stop, now=now),
        feast=next(iter(await named_days(session, on, on + _DAY)), None),
    )


async def placed_on(session: AsyncSession, actor: Actor, target: Target, window: Interval) -> Sequence[Placed]:
    """What rules put on the channel alone in a window, whole where it reaches beyond it."""
    query = (
        select(Placement, Document.public_id, Document.title, Unit.path)
        .join(Document, Document.id == Placement.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Placement.target_id == target.id, Placement.ended_at.is_(None))
        .where(Placement.layer >= int(Layer.EXCLUSIVE))
        .order_by(Placement.id)
    )
    rows = (await session.execute(query)).all()
    calendar = await read_calendar(session) if rows else None
    around = Interval(window.start - _DAY, window.end + _DAY)
    found: list[Placed] = []
    for row in rows:
        rule = read_rule(row.Placement.rule)
        for one in expand(rule, around, calendar) if calendar is not None else ():
            if one.intersection(window) is None:
                continue
            run = run_at(rule, one.start, calendar) if calendar is not None else None
            found.append(
                Placed(
                    placement=row.Placement.id,
                    document=row.Placement.document_id,
                    public_id=row.public_id,
                    title=row.title if can(actor, Action.DOCUMENT_READ, Subject(row.path)) else "",
                    interval=one,
                    repeats=not rule.is_continuous,
                    is_run=run is not None and run.interval == one,
                    may=bool(can(actor, Action.PUBLISHING_SCHEDULE, Subject(row.path))),
                    rule=rule,
                )
            )
    return sorted(found, key=lambda one: (one.interval.start, one.placement))


async def aired_of(
    session: AsyncSession, target: Target, air: OnAir, start: int, end: int, *, now: dt.datetime
) -> Aired | None:
    """What the channel's plan says of the slots [start, end); None while there is no plan that can be read."""
    value = await session.scalar(
        select(AccountValue.value).where(AccountValue.account == target.code, AccountValue.name == air.value)
    )
    if value is None:
        return None
    try:
        return air.aired(value, start, end, now)
    except ValueError:
        return None


def open_from(aired: Aired | None, now: dt.datetime) -> int:
    """The first slot at which something may be placed."""
    return slot_of(now) + 1 if aired is None else aired.open_from


def repeat_of(rule: Rule) -> str:
    """How a rule repeats, as the page names it; ``other`` is for the form of rules."""
    if rule.is_continuous:
        return "once"
    plain = rule.cycle.value == "day" and rule.every == 1 and len(rule.dayparts) == 1
    if not plain:
        return "other"
    if rule.weekdays:
        return "weekly" if rule.days is Days.ANY else "other"
    return {Days.ANY: "daily", Days.WORKDAYS: "workdays", Days.REST_DAYS: "rest_days"}[rule.days]


def date_of(text: str, now: dt.datetime) -> dt.date:
    """A date of an address; anything else is today."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return day_of(now)
    return found if FIRST <= found < LAST else day_of(now)


def span_of(start: int, count: int) -> Interval:
    """Slots as instants."""
    return Interval(slot_start(start), slot_start(start + count))
