"""The fleet as people see and change it: which screens there are, how each is, and rename, move, tag, revoke.

Health is four separate facts — link, version, painted, clock — each with the reason for what it says, because a
screen can be linked and paint nothing, or paint for days without a link.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
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
from screens.pairing import NAME_LENGTH, TOPIC
from screens.states import AudienceMember, ScreenState, next_change
from screens.tables import Screen

# A beat comes every 20 s; two lost ones and some jitter are no alarm yet.
SEEN_WITHIN: Final = dt.timedelta(seconds=60)
PAINTED_WITHIN: Final = dt.timedelta(seconds=60)
CLOCK_MOST_MS: Final = 5_000
# After this time a version that is not shown is late, not under way.
SHOWN_WITHIN: Final = dt.timedelta(seconds=30)
MAX_TAGS: Final = 20
PAGE: Final = 200


class Level(StrEnum):
    """How one fact stands; `none` where there is nothing to say yet."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of health: its level, the key of its reason in the catalogue (`screens.health.…`), a number for it."""

    level: Level
    reason: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Four facts; none of them is derived from another."""

    link: Fact
    version: Fact
    painted: Fact
    clock: Fact


@dataclass(frozen=True, slots=True)
class ScreenView:
    """A screen with its health and the version it should show (None: nothing is published for it)."""

    screen: Screen
    health: Health
    audience: str | None
    wanted: int | None


def link_of(screen: Screen, now: dt.datetime) -> Fact:
    """Whether it is connected now. `value`: seconds since it was last heard."""
    if screen.revoked_at is not None:
        return Fact(Level.NONE, "screens.health.link.revoked")
    if screen.last_seen is None:
        return Fact(Level.NONE, "screens.health.link.never")
    age = max(0, int((now - screen.last_seen).total_seconds()))
    if screen.link is None:
        return Fact(Level.BAD, "screens.health.link.down", age)
    if now - screen.last_seen > SEEN_WITHIN:
        return Fact(Level.BAD, "screens.health.link.silent", age)
    return Fact(Level.GOOD, "screens.health.link.up", age)


def version_of(screen: Screen, wanted: int | None, wanted_at: dt.datetime | None, now: dt.datetime) -> Fact:
    """How far the newest version got. `value`: the version it shows."""
    if wanted is None or wanted_at is None:
        return Fact(Level.NONE, "screens.health.version.nothing")
    if screen.shown >= wanted:
        return Fact(Level.GOOD, "screens.health.version.shown", screen.shown)
    if screen.refused >= wanted:
        return Fact(Level.BAD, "screens.health.version.refused", screen.shown)
    level = Level.BAD if now - wanted_at > SHOWN_WITHIN else Level.WARN
    for name in ("cached", "received"):
        if getattr(screen, name) >= wanted:
            return Fact(level, f"screens.health.version.{name}", screen.shown)
    return Fact(level, "screens.health.version.behind", screen.shown)


def painted_of(screen: Screen, now: dt.datetime) -> Fact:
    """Whether it drew lately, as far as it said. `value`: seconds between its last frame and when it was last heard."""
    if screen.painted_at is None or screen.last_seen is None:
        return Fact(Level.NONE, "screens.health.painted.never")
    if now - screen.last_seen > SEEN_WITHIN:
        return Fact(Level.NONE, "screens.health.painted.unknown")
    behind = max(0, int((screen.last_seen - screen.painted_at).total_seconds()))
    if now - screen.painted_at > PAINTED_WITHIN:
        return Fact(Level.BAD, "screens.health.painted.stuck", behind)
    return Fact(Level.GOOD, "screens.health.painted.lately", behind)


def clock_of(screen: Screen) -> Fact:
    """Its clock against the trusted time. `value`: milliseconds, positive when it is ahead."""
    if screen.clock_error is None:
        return Fact(Level.NONE, "screens.health.clock.unknown")
    if abs(screen.clock_error) > CLOCK_MOST_MS:
        return Fact(Level.WARN, "screens.health.clock.off", screen.clock_error)
    return Fact(Level.GOOD, "screens.health.clock.right", screen.clock_error)


def health_of(screen: Screen, *, wanted: int | None, wanted_at: dt.datetime | None, now: dt.datetime) -> Health:
    """The four facts; pure."""
    return Health(
        link_of(screen, now),
        version_of(screen, wanted, wanted_at, now),
        painted_of(screen, now),
        clock_of(screen),
    )


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
) -> Sequence[ScreenView]:
    """The screens this person may see, by age, a page at a time; narrowed to a unit's subtree and to a name.

    Raises Denied when they may see none at all.
    """
    within = require_reach(actor, Action.SCREEN_READ)
    query = _viewed().where(or_(*(Screen.unit.startswith(path, autoescape=True) for path in within)))
    query = query.where(Screen.revoked_at.is_not(None) if revoked else Screen.revoked_at.is_(None))
    if unit is not None:
        query = query.where(Screen.unit.startswith(unit, autoescape=True))
    if words:
        name = Screen.name.contains(one_line(words), autoescape=True)
        query = query.where(or_(name, Screen.public == words.strip().lower()))
    if after is not None:
        query = query.where(Screen.id > after)
    rows = (await session.execute(query.order_by(Screen.id).limit(limit))).all()
    return [_view(screen, audience, wanted, at, now) for screen, audience, wanted, at in rows]


async def screen(session: AsyncSession, actor: Actor, public: str, *, now: dt.datetime) -> ScreenView:
    """One screen by its public id. Raises NotFound `screens.missing`, also for a screen outside the actor's reach."""
    row = (await session.execute(_viewed().where(Screen.public == public))).one_or_none()
    within = require_reach(actor, Action.SCREEN_READ)
    if row is None or not row[0].unit.startswith(within):
        raise NotFound("screens.missing")
    return _view(row[0], row[1], row[2], row[3], now)


async def rename(session: AsyncSession, actor: Actor, public: str, *, name: str, now: dt.datetime) -> Screen:
    """Raises Denied, NotFound, Invalid `screens.name`. Call inside a write block, as all that change."""
    found = await _changeable(session, actor, public)
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
    found = await _changeable(session, actor, public)
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
    found = await _changeable(session, actor, public)
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
    found = await _changeable(session, actor, public)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_by = now, actor.person
        found.change = await next_change(session)
        await ring(session, TOPIC)
        await _recorded(session, actor, "screen.revoke", found, {"name": found.name}, now=now)
    return found


async def _changeable(session: AsyncSession, actor: Actor, public: str) -> Screen:
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
