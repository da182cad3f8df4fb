"""Ordering: which screens a command would reach, the permission for each of them, signing, and the rows that follow."""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.hands.order import ACTIONS, LIFE, UPLOADS, check_params
from cms.hands.signing import OrderSigner, Wish
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from cms.trust.errors import TrustError
from cms.trust.keys import b64
from screens.hands import states
from screens.hands.tables import ScreenCommand, ScreenOrder
from screens.states import next_change
from screens.tables import Screen

TOPIC: Final = "orders"
DEFAULT_LIFE: Final = dt.timedelta(milliseconds=LIFE)
MAX_SCREENS: Final = 5_000
# What one screen may have open: a stuck box must not gather a queue that all comes true at once.
MAX_OPEN: Final = 8


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a command would reach: `able` screens, of which `linked` are connected now; `unable` boxes cannot do it."""

    able: tuple[uuid.UUID, ...]
    linked: int
    unable: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as a person gives it; `params` without tickets, which are made here."""

    action: str
    params: Mapping[str, Any] = field(default_factory=dict)
    life: dt.timedelta = DEFAULT_LIFE

    def checked(self) -> "Asked":
        """Raises Invalid `hands.action`, `hands.params`."""
        if self.action not in ACTIONS:
            raise Invalid("hands.action", fields={"action": "hands.action"})
        if self.action in UPLOADS and self.params:  # a ticket is never anybody's to choose
            raise Invalid("hands.params", fields={"params": "hands.params"}, field="params")
        given = {**self.params, **({"ticket": b64(bytes(32))} if self.action in UPLOADS else {})}
        try:
            check_params(self.action, given)
        except TrustError as fault:
            raise Invalid(
                "hands.params", fields={"params": "hands.params"}, field=str(fault.params.get("field", ""))
            ) from fault
        return self


def is_able(caps: Mapping[str, Any], action: str) -> bool:
    """Whether a box said that it can do this."""
    return caps.get(f"do_{action}") is True


def able_actions(caps: Mapping[str, Any]) -> tuple[str, ...]:
    """What a box can do, in the order of the closed list."""
    return tuple(action for action in ACTIONS if is_able(caps, action))


async def reached(session: AsyncSession, actor: Actor, *, unit: str, action: str) -> Reached:
    """Whom a command to a subtree would reach now. Raises Denied, Invalid `screens.unit`, TooMany `hands.many`."""
    require_can(actor, Action.SCREEN_MANAGE, Subject(unit))
    if await session.scalar(select(Unit.id).where(Unit.path == unit)) is None:
        raise Invalid("screens.unit", fields={"unit": "screens.unit"})
    rows = await session.execute(
        select(Screen.id, Screen.caps, Screen.link)
        .where(Screen.unit.startswith(unit, autoescape=True), Screen.revoked_at.is_(None))
        .order_by(Screen.id)
        .limit(MAX_SCREENS + 1)
    )
    found = rows.all()
    if len(found) > MAX_SCREENS:
        raise TooMany("hands.many", limit=MAX_SCREENS)
    able = [row for row in found if is_able(row.caps, action)]
    linked = sum(row.link is not None for row in able)
    return Reached(tuple(row.id for row in able), linked, len(found) - len(able))


async def order_one(
    db: Database, signer: OrderSigner | None, actor: Actor, public: str, asked: Asked, *, now: dt.datetime
) -> ScreenCommand:
    """A command to one screen.

    Raises Denied, NotFound `screens.missing`, Conflict `screens.revoked`, `hands.unable`, Invalid, TooMany
    `hands.open`, and what the guard says.
    """
    async with db.read() as session:
        screen = await session.scalar(select(Screen).where(Screen.public == public))
        if screen is None:
            raise NotFound("screens.missing")
        require_can(actor, Action.SCREEN_MANAGE, Subject(screen.unit))
        asked = asked.checked()
        if screen.revoked_at is not None:
            raise Conflict("screens.revoked")
        if not is_able(screen.caps, asked.action):
            raise Conflict("hands.unable")
        await _unclogged(session, screen.id, now)
    command = _command(actor, asked, unit=screen.unit, screen=screen.id, now=now)
    return await _ordered(db, signer, actor, command, screens=[screen.id], asked=asked, now=now)


async def order_subtree(
    db: Database,
    signer: OrderSigner | None,
    actor: Actor,
    unit: str,
    asked: Asked,
    *,
    confirmed: int,
    now: dt.datetime,
) -> ScreenCommand:
    """A command to every able screen of a subtree; `confirmed` is the count the person saw and agreed to.

    Raises Denied, Invalid, Conflict `hands.count` (it would reach another number now), `hands.nobody`, and what the
    guard says.
    """
    async with db.read() as session:
        found = await reached(session, actor, unit=unit, action=asked.action)
    asked = asked.checked()
    if not found.able:
        raise Conflict("hands.nobody")
    if len(found.able) != confirmed:
        raise Conflict("hands.count", count=len(found.able))
    command = _command(actor, asked, unit=unit, screen=None, now=now)
    return await _ordered(db, signer, actor, command, screens=found.able, asked=asked, now=now)


async def _ordered(
    db: Database,
    signer: OrderSigner | None,
    actor: Actor,
    command: ScreenCommand,
    *,
    screens: Sequence[uuid.UUID],
    asked: Asked,
    now: dt.datetime,
) -> ScreenCommand:
    """Signed first, stored after: an order nobody stored reaches nobody, one that nobody signed does nothing."""
    rows = await signed_rows(signer, actor.person, command, screens, asked, now=now)
    async with db.write() as session:
        await store(session, command, rows)
        of = ("screen", str(command.screen)) if command.screen else ("command", str(command.id))
        details = {"action": asked.action, "params": dict(asked.params), "count": len(rows), "command": str(command.id)}
        await record(session, actor, "screen.order", of=of, unit=command.unit, details=details, now=now)
    return command


async def signed_rows(
    signer: OrderSigner | None,
    person: uuid.UUID,
    command: ScreenCommand,
    screens: Sequence[uuid.UUID],
    asked: Asked,
    *,
    now: dt.datetime,
) -> list[ScreenOrder]:
    """Rows of signed orders, not stored yet. Raises Unavailable and Refused as the guard says."""
    if signer is None:
        raise Unavailable("guard.unreachable")
    tickets = [b64(secrets.token_bytes(32)) if asked.action in UPLOADS else "" for _ in screens]
    wishes = [
        Wish(uuid7(now), screen, {**asked.params, **({"ticket": ticket} if ticket else {})})
        for screen, ticket in zip(screens, tickets, strict=True)
    ]
    signed = await signer.sign_orders(person, asked.action, wishes, not_before=now, expires_at=command.expires_at)
    return [
        ScreenOrder(
            id=wish.order,
            command=command.id,
            screen=wish.screen,
            action=asked.action,
            signed=one.wire(),
            state=states.QUEUED,
            expires_at=command.expires_at,
            ticket=ticket_hash(ticket) if ticket else None,
        )
        for wish, one, ticket in zip(wishes, signed, tickets, strict=True)
    ]


async def store(session: AsyncSession, command: ScreenCommand, rows: Sequence[ScreenOrder]) -> None:
    """The rows of a command, and the bell for gateways; call inside a write block."""
    command.count = len(rows)
    session.add(command)
    await session.flush()
    change = await next_change(session)
    for row in rows:
        row.change = change
    session.add_all(rows)
    await session.flush()
    await ring(session, TOPIC)


def ticket_hash(ticket: str) -> str:
    """What a row keeps of a ticket."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def _command(actor: Actor, asked: Asked, *, unit: str, screen: uuid.UUID | None, now: dt.datetime) -> ScreenCommand:
    return ScreenCommand(
        id=uuid7(now),
        unit=unit,
        screen=screen,
        action=asked.action,
        params=dict(asked.params),
        by=actor.person,
        by_name=actor.name,
        at=now,
        expires_at=now + min(asked.life, DEFAULT_LIFE),
        count=0,
    )


async def _unclogged(session: AsyncSession, screen: uuid.UUID, now: dt.datetime) -> None:
    query = select(sa.func.count()).select_from(ScreenOrder)
    query = query.where(ScreenOrder.screen == screen, ScreenOrder.state.in_(states.OPEN), ScreenOrder.expires_at > now)
    if (await session.scalar(query) or 0) >= MAX_OPEN:
        raise TooMany("hands.open", limit=MAX_OPEN)
