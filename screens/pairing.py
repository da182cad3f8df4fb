"""Pairing: a device shows a code, an operator who stands before it types it, and the device's key is pinned.

Codes are nobody's secret: whoever reads one may stand in the street. What protects is that only an operator can use
it, for ten minutes, and that wrong guesses are counted before they are answered.
"""

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, NotFound, TooMany
from cms.kernel.ids import public_id, uuid7
from cms.kernel.text import one_line
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from cms.publishing.refresh import request_refresh
from screens.states import next_change
from screens.tables import PairingAttempt, PairingMiss, Screen

# No 0/O, no 1/I: the code is read from a screen in the sun and typed on a telephone.
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH: Final = 6
LIFE: Final = dt.timedelta(minutes=10)
WINDOW: Final = dt.timedelta(minutes=10)
MISSES_OF_ONE: Final = 8
# With 500 codes on show, 100 guesses in ten minutes hit one in 20,000 times; beyond that nobody pairs for a while.
MISSES_OF_ALL: Final = 100
NAME_LENGTH: Final = 80

TOPIC: Final = "screens"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device that asked gets: a code to show, or the screen its key is pinned to already."""

    code: str = ""
    expires_at: dt.datetime | None = None
    screen: uuid.UUID | None = None
    is_revoked: bool = False


async def offer(session: AsyncSession, key: str, *, player: str, caps: Mapping[str, object], now: dt.datetime) -> Offer:
    """A code for the holder of `key` (the caller has its proof); call inside a write block.

    The same device gets the same code until it expires, so that a reload does not change what the operator is typing.
    """
    screen = await session.scalar(select(Screen).where(Screen.key == key))
    if screen is not None:
        return Offer(screen=screen.id, is_revoked=screen.revoked_at is not None)
    await session.execute(delete(PairingAttempt).where(PairingAttempt.expires_at <= now))
    found = await session.scalar(select(PairingAttempt).where(PairingAttempt.key == key))
    if found is None:
        found = PairingAttempt(
            id=uuid7(now), key=key, code=await _free_code(session), created_at=now, expires_at=now + LIFE
        )
        session.add(found)
    found.player, found.caps = player, dict(caps)
    await session.flush()
    return Offer(found.code, found.expires_at)


async def claim(
    database: Database,
    actor: Actor,
    *,
    code: str,
    unit: str,
    name: str,
    now: dt.datetime,
    point: str = "",
    orientation: Literal["portrait", "landscape"] = "portrait",
) -> Screen:
    """Pins the key of the device that shows `code` to a new screen `name` in `unit` (a path).

    Takes the database, because a wrong guess must stay counted although the claim is refused.

    Raises:
        Denied: no right to pair in this unit.
        TooMany: `screens.pairing_locked`, `seconds` to wait: too many wrong codes, by this operator or by all.
        NotFound: `screens.pairing_code`: no device shows this code now.
        Invalid: `screens.name`, `screens.unit`.
    """
    require_can(actor, Action.SCREEN_PAIR, Subject(unit))
    title = one_line(name)
    if not 0 < len(title) <= NAME_LENGTH:
        raise Invalid("screens.name", fields={"name": "screens.name"}, limit=NAME_LENGTH)
    async with database.write() as session:
        # Also the lock: claims are looked at one after another, so that a thousand at once are a thousand guesses.
        change = await next_change(session)
        await _unlocked(session, actor, now)
        if await session.scalar(select(Unit.id).where(Unit.path == unit)) is None:
            raise Invalid("screens.unit", fields={"unit": "screens.unit"})
        screen = Screen(name=title, unit=unit, point=point, orientation=orientation, tags=[], change=change)
        if await _pinned(session, screen, code, actor, now=now):
            return screen
        session.add(PairingMiss(actor=actor.person, at=now))
    raise NotFound("screens.pairing_code")


def normal_code(typed: str) -> str:
    """As typed on a telephone: lower case, spaces and dashes are forgiven."""
    return "".join(ch for ch in typed.upper() if ch.isalnum())


async def _pinned(session: AsyncSession, screen: Screen, code: str, actor: Actor, *, now: dt.datetime) -> bool:
    """Makes `screen` the device that shows `code`; False when none does."""
    query = select(PairingAttempt).where(PairingAttempt.code == normal_code(code), PairingAttempt.expires_at > now)
    attempt = await session.scalar(query)
    if attempt is None:
        return False
    screen.id, screen.public, screen.key = uuid7(now), public_id(), attempt.key
    screen.paired_at, screen.paired_by = now, actor.person
    screen.player, screen.caps = attempt.player, attempt.caps
    session.add(screen)
    # The code is used up with the attempt; the gateway finds the screen by its key.
    await session.delete(attempt)
    await session.flush()
    await ring(session, TOPIC)
    await request_refresh(session, kind="screen", reason="screens.paired", now=now, actor=actor.person)
    details = {"name": screen.name, "public": screen.public}
    of = ("screen", str(screen.id))
    await record(session, actor, "screen.pair", of=of, unit=screen.unit, details=details, now=now)
    return True


def pause(misses: int, first: dt.datetime | None, *, most: int, now: dt.datetime) -> int:
    """Seconds until another guess is looked at, after `misses` in the window, the `first` of them then; 0: now."""
    if misses < most or first is None:
        return 0
    return max(1, int((first + WINDOW - now).total_seconds()))


async def _unlocked(session: AsyncSession, actor: Actor, now: dt.datetime) -> None:
    await session.execute(delete(PairingMiss).where(PairingMiss.at <= now - WINDOW))
    count = select(func.count(), func.min(PairingMiss.at))
    for query, most in ((count.where(PairingMiss.actor == actor.person), MISSES_OF_ONE), (count, MISSES_OF_ALL)):
        misses, first = (await session.execute(query)).one()
        if seconds := pause(misses, first, most=most, now=now):
            raise TooMany("screens.pairing_locked", seconds=seconds)


async def _free_code(session: AsyncSession) -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if await session.scalar(select(PairingAttempt.id).where(PairingAttempt.code == code)) is None:
            return code
