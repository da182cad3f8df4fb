"""The fleet as people see and change it: which screens there are, how each is, and rename, move, tag, revoke.

How each is stands in `screens.health`.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.text import one_line
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.publishing.refresh import request_refresh
from screens.health import Health, health_of
from screens.pairing import NAME_LENGTH, TOPIC
from screens.standing import WANTED, wanted_of
from screens.states import AudienceMember, ScreenState, next_change
from screens.tables import Screen

MAX_TAGS: Final = 20
PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class ScreenView:
    """A screen with its health and the version it should show (None: nothing is published for it)."""

    screen: Screen
    health: Health
    audience: str | None
    wanted: int | None


async def screens(
    session: AsyncSession,
    actor: Actor,
    *,
    now: dt.datetime,
    unit: str | None = None,
    words: str = "",
    revoked: bool = False,
    after: uuid.UUID | None = None,
    limit: int = PAGE,
    skip: int = 0,
    at: str | None = None,
    trouble: str = "",
) -> Sequence[ScreenView]:
    """The screens this person may see, by age, a page at a time; narrowed to a unit's subtree and to a name.

    `at` narrows to those that stand in a unit itself, `trouble` to those with one of `screens.standing.WANTED`.

    Raises Denied when they may see none at all.
    """
    where = _where(actor, now=now, unit=unit, words=words, revoked=revoked, at=at, trouble=trouble)
    query = _viewed().where(*where)
    if after is not None:
        query = query.where(Screen.id > after)
    rows = (await session.execute(query.order_by(Screen.id).offset(skip).limit(limit))).all()
    return [_view(screen, audience, wanted, at, now) for screen, audience, wanted, at in rows]


async def count_screens(
    session: AsyncSession,
    actor: Actor,
    *,
    now: dt.datetime,
    unit: str | None = None,
    words: str = "",
    trouble: str = "",
) -> int:
    """How many `screens` would give without a limit. Raises Denied."""
    where = _where(actor, now=now, unit=unit, words=words, trouble=trouble)
    counted = _viewed().where(*where).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return await session.scalar(counted) or 0


def _where(
    actor: Actor,
    *,
    now: dt.datetime,
    unit: str | None,
    words: str,
    revoked: bool = False,
    at: str | None = None,
    trouble: str = "",
) -> list[sa.ColumnElement[bool]]:
    within = require_reach(actor, Action.SCREEN_READ)
    where = [
        or_(*(Screen.unit.startswith(path, autoescape=True) for path in within)),
        Screen.revoked_at.is_not(None) if revoked else Screen.revoked_at.is_(None),
    ]
    if unit is not None:
        where.append(Screen.unit.startswith(unit, autoescape=True))
    if at is not None:
        where.append(Screen.unit == at)
    if words:
        wanted = one_line(words)
        named = or_(Screen.name.contains(wanted, autoescape=True), Screen.point.contains(wanted, autoescape=True))
        where.append(or_(named, Screen.public == words.strip().lower()))
    if trouble in WANTED:
        where.append(wanted_of(trouble, now))
    return where


async def screen(session: AsyncSession, actor: Actor, public: str, *, now: dt.datetime) -> ScreenView:
    """One screen by its public id. Raises NotFound `screens.missing`, also for a screen outside the actor's reach."""
    row = (await session.execute(_viewed().where(Screen.public == public))).one_or_none()
    within = require_reach(actor, Action.SCREEN_READ)
    if row is None or not row[0].unit.startswith(within):
        raise NotFound("screens.missing")
    return _view(row[0], row[1], row[2], row[3], now)


async def rename(session: AsyncSession, actor: Actor, public: str, *, name: str, now: dt.datetime) -> Screen:
    """Raises Denied, NotFound, Invalid `screens.name`. Call inside a write block, as all that change."""
    found = await changeable(session, actor, public)
    title = one_line(name)
    if not 0 < len(title) <= NAME_LENGTH:
        raise Invalid("screens.name", fields={"name": "screens.name"}, limit=NAME_LENGTH)
    before, found.name = found.name, title
    await _recorded(session, actor, "screen.rename", found, {"from": before, "to": title}, now=now)
    return found


async def move(
    session: AsyncSession, actor: Actor, public: str, *, unit: str, now: dt.datetime, point: str | None = None
) -> Screen:
    """Puts a screen into another unit; the guard signs what it is anew, and its audience follows at the next render.

    Raises Denied (here or there), NotFound, Invalid `screens.unit`, Conflict `screens.revoked`.
    """
    found = await changeable(session, actor, public)
    require_can(actor, Action.SCREEN_MANAGE, Subject(unit))
    if found.revoked_at is not None:
        raise Conflict("screens.revoked")
    if await session.scalar(select(Unit.id).where(Unit.path == unit)) is None:
        raise Invalid("screens.unit", fields={"unit": "screens.unit"})
    before, found.unit = found.unit, unit
    found.point = found.point if point is None else point
    await _changed(session, actor, found, now)
    await _recorded(session, actor, "screen.move", found, {"from": before, "to": unit}, now=now)
    return found


async def tag(session: AsyncSession, actor: Actor, public: str, *, tags: Sequence[str], now: dt.datetime) -> Screen:
    """Raises Denied, NotFound, Invalid `screens.tags`."""
    found = await changeable(session, actor, public)
    wanted = sorted({one.strip().lower() for one in tags} - {""})
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    if len(wanted) > MAX_TAGS or any(len(one) > 40 or not set(one) <= allowed for one in wanted):
        raise Invalid("screens.tags", fields={"tags": "screens.tags"}, limit=MAX_TAGS)
    found.tags = wanted
    await _changed(session, actor, found, now)
    await _recorded(session, actor, "screen.tag", found, {"tags": wanted}, now=now)
    return found


async def revoke(session: AsyncSession, actor: Actor, public: str, *, now: dt.datetime) -> Screen:
    """Takes the right to connect from a screen for good; gateways close its socket within two seconds.

    Its key never pairs again: a box that comes back makes a new one. Doing it twice is no error.
    """
    found = await changeable(session, actor, public)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_by = now, actor.person
        found.change = await next_change(session)
        await ring(session, TOPIC)
        await _recorded(session, actor, "screen.revoke", found, {"name": found.name}, now=now)
    return found


async def changeable(session: AsyncSession, actor: Actor, public: str) -> Screen:
    """The row of a screen, locked, for somebody who may change it. Raises Denied, NotFound `screens.missing`."""
    found = await session.scalar(select(Screen).where(Screen.public == public).with_for_update())
    if found is None:
        require_reach(actor, Action.SCREEN_MANAGE)
        raise NotFound("screens.missing")
    require_can(actor, Action.SCREEN_MANAGE, Subject(found.unit))
    return found


async def _changed(session: AsyncSession, actor: Actor, screen: Screen, now: dt.datetime) -> None:
    """What the screen believes it is has changed: its facts must be signed anew, and its line-up may be another."""
    screen.facts = None
    screen.facts_version += 1
    screen.change = await next_change(session)
    await session.flush()
    await request_refresh(session, kind="screen", reason="screens.moved", now=now, actor=actor.person)
    await ring(session, TOPIC)


async def _recorded(
    session: AsyncSession, actor: Actor, action: str, screen: Screen, details: dict[str, object], *, now: dt.datetime
) -> None:
    await session.flush()
    of = ("screen", str(screen.id))
    await record(session, actor, action, of=of, unit=screen.unit, details=details, now=now)


def _viewed() -> sa.Select[Screen, str, int, dt.datetime]:
    return (
        select(Screen, AudienceMember.audience, ScreenState.version, ScreenState.at)
        .outerjoin(AudienceMember, AudienceMember.screen == Screen.id)
        .outerjoin(ScreenState, ScreenState.audience == AudienceMember.audience)
    )


def _view(
    screen: Screen, audience: str | None, wanted: int | None, wanted_at: dt.datetime | None, now: dt.datetime
) -> ScreenView:
    return ScreenView(screen, health_of(screen, wanted=wanted, wanted_at=wanted_at, now=now), audience, wanted)
