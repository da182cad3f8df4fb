"""Screens follow a unit that moves: a moved parent moves the content of everything that stands below it."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.planning.moving import moved
from cms.publishing.refresh import request_refresh
from screens.pairing import TOPIC
from screens.states import next_change
from screens.tables import Screen


async def screens_follow(session: AsyncSession, actor: Actor, old: str, new: str, now: dt.datetime) -> None:
    """A `cms.people.units.Follower`: the guard signs each screen's place anew, and one refresh moves the line-ups."""
    query = select(Screen).where(Screen.unit.startswith(old, autoescape=True)).order_by(Screen.id).with_for_update()
    found = (await session.scalars(query)).all()
    if not found:
        return
    change = await next_change(session)
    for row in found:
        row.unit, row.facts, row.change = moved(row.unit, old, new), None, change
        row.facts_version += 1
    await session.flush()
    await request_refresh(session, kind="screen", reason="screens.moved", now=now, actor=actor.person)
    await ring(session, TOPIC)
