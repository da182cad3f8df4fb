"""The feeds an office keeps: added and switched by who manages them, seen by who reads them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.datafeeds.models import DataFeed
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.text import one_line
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.people.units import unit_at
from cms.signals.feed import Card, read_card
from cms.trust.limits import FEED_MS, MAX_FEEDS
from cms.trust.shape import matches
from cms.trust.signed import plain

TOPIC: Final = "datafeeds"
LEAST, MOST = 60, FEED_MS // 1000
_LONGEST_NAME: Final = 60
_is_code = matches("[a-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody says of a feed; `lasts` are the seconds its values stand."""

    name: str
    unit: str
    lasts: int
    active: bool = True


async def feeds(session: AsyncSession, actor: Actor) -> Sequence[DataFeed]:
    """The feeds of the actor's units. Raises Denied."""
    within = require_reach(actor, Action.DATA_READ)
    query = select(DataFeed).where(or_(*(DataFeed.unit_path.startswith(one, autoescape=True) for one in within)))
    return (await session.scalars(query.order_by(DataFeed.name, DataFeed.code))).all()


async def feeds_for_cards(session: AsyncSession, actor: Actor) -> Sequence[DataFeed]:
    """The feeds a writer may put on a card: those of their units and of the units above, whose data is for all."""
    within = require_reach(actor, Action.DATA_READ)
    rows = await session.scalars(select(DataFeed).where(DataFeed.active).order_by(DataFeed.name, DataFeed.code))
    return [one for one in rows if any(_are_related(one.unit_path, path) for path in within)]


async def feed_of(session: AsyncSession, actor: Actor, code: str, action: Action = Action.DATA_READ) -> DataFeed:
    """Raises Denied, NotFound `datafeeds.no_feed`."""
    row = await session.get(DataFeed, code[:64])
    if row is None:
        require_reach(actor, action)
        raise NotFound("datafeeds.no_feed", feed=code[:64])
    require_can(actor, action, Subject(row.unit_path))
    return row


async def add_feed(session: AsyncSession, actor: Actor, card: Card, kept: Kept, *, now: dt.datetime) -> DataFeed:
    """A new feed; its card never changes. Raises Denied, Invalid `datafeeds.form`, Refused `datafeeds.many`, `.taken`.

    Also NotFound `people.no_unit`.
    """
    name = await _checked(session, actor, kept)
    if await session.get(DataFeed, card.feed) is not None:
        raise Refused("datafeeds.taken", feed=card.feed)
    if (await session.execute(select(func.count()).select_from(DataFeed))).scalar_one() >= MAX_FEEDS:
        raise Refused("datafeeds.many", most=MAX_FEEDS)
    row = DataFeed(
        code=card.feed,
        name=name,
        unit_path=kept.unit,
        fields=cast("list[Any]", plain(card.fields)),
        schema=card.schema,
        lasts=kept.lasts,
        active=kept.active,
        created_by=actor.person,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await _record(session, actor, "datafeed.add", row, now)
    return row


async def edit_feed(session: AsyncSession, actor: Actor, code: str, kept: Kept, *, now: dt.datetime) -> DataFeed:
    """Changes all but the fields; one that is off says nothing to any screen. Raises as `add_feed`, NotFound."""
    row = await feed_of(session, actor, code, Action.DATA_MANAGE)
    name = await _checked(session, actor, kept)
    row.name, row.unit_path, row.lasts, row.active = name, kept.unit, kept.lasts, kept.active
    await session.flush()
    await ring(session, TOPIC)
    await _record(session, actor, "datafeed.edit", row, now)
    return row


def card_of(row: DataFeed) -> Card:
    return read_card({"feed": row.code, "fields": row.fields})


def code_typed(text: str) -> str:
    """Raises Invalid `datafeeds.form`."""
    code = one_line(text)
    if not _is_code(code):
        raise Invalid("datafeeds.form", fields={"code": "datafeeds.code"})
    return code


async def _checked(session: AsyncSession, actor: Actor, kept: Kept) -> str:
    require_can(actor, Action.DATA_MANAGE, Subject(kept.unit))
    await unit_at(session, kept.unit)
    name = one_line(kept.name)
    wrong: dict[str, str] = {}
    if not 0 < len(name) <= _LONGEST_NAME:
        wrong["name"] = "datafeeds.name"
    if not LEAST <= kept.lasts <= MOST:
        wrong["lasts"] = "datafeeds.lasts"
    if wrong:
        raise Invalid("datafeeds.form", fields=wrong)
    return name


def _are_related(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


async def _record(session: AsyncSession, actor: Actor, action: str, row: DataFeed, now: dt.datetime) -> None:
    details = {"name": row.name, "lasts": row.lasts, "active": row.active}
    await record(session, actor, action, of=("datafeed", row.code), unit=row.unit_path, details=details, now=now)
