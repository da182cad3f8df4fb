"""The second factor: an authenticator app, confirmed by a first code; recovery codes; and how it goes."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import REFUSED, record
from cms.kernel.db import Database
from cms.kernel.errors import Denied, Refused
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.codes import code_hash, new_code
from cms.people.lockout import count_attempt, forgive
from cms.people.models import DeskSession, Person, RecoveryCode, SecondFactor
from cms.people.permissions import Action, Subject, require_can
from cms.people.sealing import Sealer
from cms.people.sessions import SessionRules, new_token, revoke_all, token_hash
from cms.people.totp import DIGITS, matching_step, new_secret

RECOVERY_CODES: Final = 10
# Fewer than so many left are worth a word.
FEW_CODES: Final = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands: since when a second factor counts, None for none, and how many recovery codes are left."""

    since: dt.datetime | None
    codes_left: int = 0


async def standing(session: AsyncSession, person: uuid.UUID) -> Standing:
    since = await session.scalar(select(SecondFactor.confirmed_at).where(SecondFactor.person_id == person))
    if since is None:
        return Standing(None)
    left = select(func.count()).select_from(RecoveryCode)
    left = left.where(RecoveryCode.person_id == person, RecoveryCode.used_at.is_(None))
    return Standing(since, await session.scalar(left) or 0)


async def begin(session: AsyncSession, actor: Actor, sealer: Sealer, *, now: dt.datetime) -> bytes:
    """A new secret for one's own app; it counts for nothing until `confirm`. Raises Refused `people.factor_is_set`."""
    _require_own(actor)
    row = await _row(session, actor.person)
    if row is not None and row.confirmed_at is not None:
        raise Refused("people.factor_is_set")
    secret = new_secret()
    if row is None:
        row = SecondFactor(person_id=actor.person, sealed=b"", created_at=now)
        session.add(row)
    row.sealed, row.created_at, row.last_step = sealer.seal(_label(actor.person), secret), now, 0
    await session.flush()
    return secret


async def begun(session: AsyncSession, actor: Actor, sealer: Sealer) -> bytes:
    """The secret that waits for its first code. Raises Refused `people.factor_not_begun`."""
    _require_own(actor)
    row = await session.get(SecondFactor, actor.person)
    if row is None or row.confirmed_at is not None:
        raise Refused("people.factor_not_begun")
    return sealer.open(_label(actor.person), row.sealed)


async def confirm(db: Database, actor: Actor, sealer: Sealer, *, code: str, now: dt.datetime) -> Sequence[str]:
    """Makes the begun secret count and ends the person's other sessions; returns the recovery codes, nowhere else kept.

    Raises Denied `people.factor_failed`, TooMany `people.locked`, Refused `people.factor_not_begun`.
    """
    _require_own(actor)
    await _count(db, actor.person, actor.ip, now)
    async with db.write() as session:
        row = await _row(session, actor.person)
        if row is None or row.confirmed_at is not None:
            raise Refused("people.factor_not_begun")
        step = matching_step(sealer.open(_label(actor.person), row.sealed), code, now=now, after=row.last_step)
        if step is None:
            raise Denied("people.factor_failed")
        row.confirmed_at, row.last_step = now, step
        await revoke_all(session, actor.person, now=now, but=actor.session)
        codes = await _new_codes(session, actor.person, now)
        await forgive(session, login=_subject(actor.person), ip=actor.ip)
        await record(session, actor, "factor.set", of=("person", str(actor.person)), unit=actor.unit, now=now)
    return codes


async def verify(db: Database, actor: Actor, sealer: Sealer, *, code: str, ip: str, now: dt.datetime) -> str:
    """The second step of a sign-in, by the app's code or a recovery code; the session's new token for the cookie.

    A code opens once: of two at the same time one is refused. Raises Denied `people.factor_failed`, TooMany
    `people.locked`, Refused `people.factor_not_asked`.
    """
    if actor.session is None or not actor.must_verify:
        raise Refused("people.factor_not_asked")
    await _count(db, actor.person, ip, now)
    async with db.write() as session:
        how = await _used(session, actor.person, sealer, code, now)
        row = await session.get(DeskSession, actor.session, with_for_update=True, populate_existing=True)
        if how is not None and row is not None and row.revoked_at is None:
            # A token that was known before the second step must not be worth more after it.
            token = new_token()
            row.must_verify, row.token_hash, row.seen_at = False, token_hash(token), now
            await forgive(session, login=_subject(actor.person), ip=ip)
            await session.execute(update(Person).where(Person.id == actor.person).values(signed_in_at=now))
            of = ("person", str(actor.person))
            await record(session, actor, f"sign_in.{how}", of=of, unit=actor.unit, details={"ip": ip}, now=now)
            return token
    async with db.write() as session:
        of = ("person", str(actor.person))
        await record(session, actor, "sign_in.second", of=of, unit=actor.unit, now=now, result=REFUSED)
    raise Denied("people.factor_failed")


async def new_recovery_codes(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[str]:
    """New ones in place of all before. Raises Refused `people.factor_not_set`."""
    _require_own(actor)
    row = await _row(session, actor.person)
    if row is None or row.confirmed_at is None:
        raise Refused("people.factor_not_set")
    codes = await _new_codes(session, actor.person, now)
    await record(session, actor, "factor.codes", of=("person", str(actor.person)), unit=actor.unit, now=now)
    return codes


async def give_up(session: AsyncSession, actor: Actor, rules: SessionRules, *, now: dt.datetime) -> None:
    """Goes without again. Raises Refused `people.factor_required` where the office asks for it, `.factor_not_set`."""
    _require_own(actor)
    if actor.roles & rules.factor_roles:
        raise Refused("people.factor_required")
    if await _remove(session, actor.person):
        await record(session, actor, "factor.end", of=("person", str(actor.person)), unit=actor.unit, now=now)
    else:
        raise Refused("people.factor_not_set")


async def take_away(session: AsyncSession, person: uuid.UUID, *, now: dt.datetime) -> None:
    """A lost one goes, and every session with it; who may is decided in `cms.people.factor_reset`, by two people.

    Raises Refused `people.factor_not_set`.
    """
    if not await _remove(session, person):
        raise Refused("people.factor_not_set")
    await revoke_all(session, person, now=now)


async def _used(session: AsyncSession, person: uuid.UUID, sealer: Sealer, code: str, now: dt.datetime) -> str | None:
    """Takes the code, and says how: ``second`` by the app, ``recovery`` by a recovery code."""
    row = await _row(session, person)
    if row is None or row.confirmed_at is None:
        return None
    if len("".join(code.split())) == DIGITS:
        step = matching_step(sealer.open(_label(person), row.sealed), code, now=now, after=row.last_step)
        if step is None:
            return None
        row.last_step = step
        await session.flush()
        return "second"
    taken = (
        update(RecoveryCode)
        .where(RecoveryCode.person_id == person, RecoveryCode.code_hash == code_hash(code))
        .where(RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return "recovery" if (await session.execute(taken)).first() is not None else None


async def _count(db: Database, person: uuid.UUID, ip: str, now: dt.datetime) -> None:
    async with db.write() as session:
        await count_attempt(session, login=_subject(person), ip=ip, now=now)


async def _row(session: AsyncSession, person: uuid.UUID) -> SecondFactor | None:
    # The lock puts two uses of one code in line.
    return await session.get(SecondFactor, person, with_for_update=True, populate_existing=True)


async def _new_codes(session: AsyncSession, person: uuid.UUID, now: dt.datetime) -> Sequence[str]:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person))
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(id=uuid7(now), person_id=person, code_hash=code_hash(one)) for one in codes)
    await session.flush()
    return codes


async def _remove(session: AsyncSession, person: uuid.UUID) -> bool:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person))
    gone = delete(SecondFactor).where(SecondFactor.person_id == person).returning(SecondFactor.confirmed_at)
    found = (await session.execute(gone.execution_options(synchronize_session=False))).first()
    return found is not None and found[0] is not None


def _require_own(actor: Actor) -> None:
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))


def _subject(person: uuid.UUID) -> str:
    # No login has a slash in it.
    return f"factor/{person}"


def _label(person: uuid.UUID) -> str:
    return f"second factor\n{person}"
