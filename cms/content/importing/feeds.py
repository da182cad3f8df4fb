"""The feeds an administrator allows: which sites fill the pool of which unit, under which licence, how often."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import read_link
from cms.content.importing.models import FeedSource, PoolItem
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.leases import LeaseRules
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.people.units import unit_at

EVERY: Final = (15, 30, 60, 180, 720, 1440)
"""Minutes between two looks at a feed; more often than each quarter of an hour is rude."""


class FeedState(StrEnum):
    """Whether a feed is looked at."""

    WAITING = "waiting"
    POLLING = "polling"
    OFF = "off"
    STUCK = "stuck"


# A fetch ends within half a minute and so does the sandbox; whoever holds longer is dead.
FEED: Final = LeaseRules(
    ready=frozenset({FeedState.WAITING}),
    held=FeedState.POLLING,
    retry=FeedState.WAITING,
    poisoned=FeedState.STUCK,
    lease=dt.timedelta(minutes=2),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an administrator says of a feed."""

    name: str
    url: str
    licence: str
    unit: str
    every_minutes: int
    active: bool = True


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A feed with how many of its items wait in the pool."""

    source: FeedSource
    waiting: int


async def add_source(session: AsyncSession, actor: Actor, given: Allowed, *, now: dt.datetime) -> FeedSource:
    """Allows a feed. Raises Invalid `content.feed_form`, Refused `content.feed_known`."""
    values = await _checked(session, actor, given)
    await _is_new(session, values.url)
    row = FeedSource(
        id=uuid7(now),
        state=FeedState.WAITING if values.active else FeedState.OFF,
        name=values.name,
        url=values.url,
        licence=values.licence,
        unit_path=values.unit,
        every_minutes=values.every_minutes,
        not_before=now,
        created_by=actor.person,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await _record(session, actor, "feed.add", row, now)
    return row


async def edit_source(
    session: AsyncSession, actor: Actor, source: uuid.UUID, given: Allowed, *, now: dt.datetime
) -> FeedSource:
    """Changes a feed, switches it off or on; what it brought so far stays. Raises as `add_source`."""
    row = await source_of(session, actor, source, lock=True)
    values = await _checked(session, actor, given)
    if row.url != values.url:
        await _is_new(session, values.url)
        row.etag = row.modified = ""
    row.name, row.url, row.licence = values.name, values.url, values.licence
    row.unit_path, row.every_minutes = values.unit, values.every_minutes
    if not values.active:
        row.state = FeedState.OFF
    else:
        # Whoever was about to write an old answer finds another fence.
        row.state, row.not_before, row.attempt, row.lost = FeedState.WAITING, now, 0, 0
    row.fence += 1
    row.lease_owner = row.lease_until = None
    row.error_code, row.error_params = None, {}
    await session.flush()
    await _record(session, actor, "feed.edit", row, now)
    return row


async def sources(session: AsyncSession, actor: Actor) -> Sequence[SourceRow]:
    """Every feed of the actor's units."""
    paths = require_reach(actor, Action.SYSTEM_CONFIGURE)
    waiting = (
        select(PoolItem.source_id, func.count().label("items"))
        .where(PoolItem.state == "new")
        .group_by(PoolItem.source_id)
        .subquery()
    )
    query = select(FeedSource, waiting.c["items"]).outerjoin(waiting, waiting.c.source_id == FeedSource.id)
    query = query.where(or_(*(FeedSource.unit_path.startswith(path, autoescape=True) for path in paths)))
    rows = (await session.execute(query.order_by(FeedSource.name, FeedSource.id))).all()
    return [SourceRow(row.FeedSource, row[1] or 0) for row in rows]


async def waiting_of(session: AsyncSession, source: FeedSource) -> int:
    """How many items of a feed nobody looked at yet."""
    query = select(func.count()).select_from(PoolItem)
    return await session.scalar(query.where(PoolItem.source_id == source.id, PoolItem.state == "new")) or 0


async def source_of(session: AsyncSession, actor: Actor, source: uuid.UUID, *, lock: bool = False) -> FeedSource:
    """Raises NotFound `content.no_feed`."""
    row = await session.get(FeedSource, source, with_for_update=lock or None, populate_existing=True)
    if row is None:
        raise NotFound("content.no_feed")
    require_can(actor, Action.SYSTEM_CONFIGURE, Subject(row.unit_path))
    return row


async def _checked(session: AsyncSession, actor: Actor, given: Allowed) -> Allowed:
    wrong: dict[str, str] = {}
    name, licence = one_line(given.name), one_line(given.licence)
    if not 0 < len(name) <= 100:
        wrong["name"] = "content.feed_name"
    if not 0 < len(licence) <= 200:
        wrong["licence"] = "content.feed_licence"
    try:
        url = read_link(given.url.strip(), "", "url")
    except Invalid:
        url, wrong["url"] = "", "content.feed_url"
    if given.every_minutes not in EVERY:
        wrong["every_minutes"] = "content.feed_every"
    if wrong:
        raise Invalid("content.feed_form", fields=wrong)
    place = await unit_at(session, given.unit)
    require_can(actor, Action.SYSTEM_CONFIGURE, Subject(place.path))
    return Allowed(name, url, licence, place.path, given.every_minutes, given.active)


async def _is_new(session: AsyncSession, url: str) -> None:
    known = (await session.execute(select(FeedSource.name).where(FeedSource.url == url))).scalar_one_or_none()
    if known is not None:
        raise Refused("content.feed_known", name=known)


async def _record(session: AsyncSession, actor: Actor, action: str, row: FeedSource, now: dt.datetime) -> None:
    details = {"name": row.name, "url": row.url, "licence": row.licence, "state": row.state, "every": row.every_minutes}
    await record(session, actor, action, of=("feed", str(row.id)), unit=row.unit_path, details=details, now=now)
