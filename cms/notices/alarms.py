"""Alarms: seen by everybody in charge until one of them takes it; raised again, they are counted and not repeated."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import false, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import NotFound
from cms.kernel.ids import uuid7
from cms.notices.models import Alarm
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell_all
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can

IN_CHARGE = Action.PUBLISHING_SCHEDULE


async def raise_alarm(
    session: AsyncSession,
    *,
    cause: str,
    unit: str,
    subject: str,
    params: Mapping[str, Any],
    href: str,
    now: dt.datetime,
    also: Sequence[uuid.UUID] = (),
) -> None:
    """Shows it to everybody in charge of the unit, and tells them and the people of `also`."""
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "id": uuid7(now),
        "cause": cause,
        "unit_path": unit,
        "subject": subject,
        "params": dict(params),
        "href": href,
        "times": 1,
        "raised_at": now,
        "last_at": now,
    }
    again = {"times": Alarm.times + 1, "last_at": now, "params": dict(params)}
    await session.execute(
        upsert(Alarm)
        .values(values)
        .on_conflict_do_update(index_elements=[Alarm.cause], index_where=Alarm.taken_at.is_(None), set_=again)
    )
    people = {*await who_may(session, IN_CHARGE, unit), *also}
    await tell_all(session, people, cause=cause, subject=subject, params=params, href=href, now=now)


async def open_alarms(session: AsyncSession, actor: Actor, *, limit: int = 50) -> Sequence[Alarm]:
    """What nobody has taken yet, of the units the actor is in charge of, newest first."""
    query = select(Alarm).where(Alarm.taken_at.is_(None), _within(actor))
    return (await session.scalars(query.order_by(Alarm.raised_at.desc(), Alarm.id).limit(limit))).all()


async def alarm_count(session: AsyncSession, actor: Actor) -> int:
    query = select(func.count()).select_from(Alarm).where(Alarm.taken_at.is_(None), _within(actor))
    return await session.scalar(query) or 0


async def take_alarm(session: AsyncSession, actor: Actor, alarm: uuid.UUID, *, now: dt.datetime) -> None:
    """Somebody in charge says that they look after it: it leaves everybody's desk, and stands in the record.

    Raises Denied, NotFound `notices.no_alarm`.
    """
    row = await session.get(Alarm, alarm, with_for_update=True, populate_existing=True)
    if row is None or row.taken_at is not None:
        raise NotFound("notices.no_alarm")
    require_can(actor, IN_CHARGE, Subject(row.unit_path))
    row.taken_at, row.taken_by = now, actor.person
    await session.flush()
    await settle(session, cause=row.cause, now=now)
    details = {"cause": row.cause, "times": row.times}
    await record(session, actor, "alarm.take", of=("alarm", str(row.id)), unit=row.unit_path, details=details, now=now)


async def end_alarm(session: AsyncSession, *, cause: str, now: dt.datetime) -> None:
    """What it was raised for is over by itself: nobody has to take it any more."""
    over = update(Alarm).where(Alarm.cause == cause, Alarm.taken_at.is_(None)).values(taken_at=now)
    await session.execute(over.execution_options(synchronize_session=False))
    await settle(session, cause=cause, now=now)


def _within(actor: Actor) -> Any:
    paths = () if actor.must_set_password else reach(actor, IN_CHARGE)
    return or_(false(), *(Alarm.unit_path.startswith(path, autoescape=True) for path in paths))
