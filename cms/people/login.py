"""Signing in: by password, or once by a code; every try is counted before it is looked at."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import REFUSED, record
from cms.kernel.db import Database
from cms.kernel.errors import Denied
from cms.kernel.text import one_line
from cms.people.codes import Purpose, use
from cms.people.lockout import count_attempt, forgive
from cms.people.models import Person, SecondFactor
from cms.people.passwords import Passwords
from cms.people.sessions import actor_of, open_session


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a try comes from."""

    ip: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The new session: `token` goes into the cookie and is nowhere else."""

    token: str
    session: uuid.UUID
    person: uuid.UUID
    must_set_password: bool
    must_verify: bool = False


def normal_login(login: str) -> str:
    """Logins are compared without case and outer space."""
    return one_line(login).casefold()


async def sign_in(
    db: Database, *, login: str, password: str, origin: Origin, passwords: Passwords, now: dt.datetime
) -> SignedIn:
    """Signs in by password; call it outside any transaction, it waits for argon2 between two of its own.

    Raises TooMany `people.locked`, Denied `people.sign_in_failed`: the same, after the same time, whether the login is
    unknown, inactive, without a password, or the password wrong.
    """
    login = normal_login(login)
    async with db.write() as session:
        await count_attempt(session, login=login, ip=origin.ip, now=now)
    async with db.read() as session:
        found = (await session.execute(select(Person).where(Person.login == login))).scalar_one_or_none()
    stored = found.password_hash if found is not None and found.active else None
    good = await passwords.verify(stored, password)
    if found is None or not good:
        await _failed(db, found, origin, now)
        raise Denied("people.sign_in_failed")
    fresh = await passwords.hash(password) if passwords.is_outdated(stored or "") else None
    async with db.write() as session:
        person = await session.get_one(Person, found.id, with_for_update=True, populate_existing=True)
        # It may have been changed, or the person shut out, while we computed.
        if not person.active or person.password_hash != stored:
            raise Denied("people.sign_in_failed")
        person.password_hash = fresh or person.password_hash
        await forgive(session, login=login, ip=origin.ip)
        return await _welcome(session, person, origin, "sign_in.password", now)


async def sign_in_by_code(db: Database, *, code: str, origin: Origin, now: dt.datetime) -> SignedIn:
    """Signs in with a one-time code; the session can only set a password while the person must.

    Raises TooMany `people.locked`, Denied `people.code_failed`.
    """
    async with db.write() as session:
        await count_attempt(session, login=None, ip=origin.ip, now=now)
    async with db.write() as session:
        taken = await use(session, Purpose.SIGN_IN, code, now=now)
        if taken is not None:
            person = await session.get_one(Person, taken.person_id, with_for_update=True, populate_existing=True)
            if person.active:
                await forgive(session, login=person.login, ip=origin.ip)
                return await _welcome(session, person, origin, "sign_in.code", now)
    await _failed(db, None, origin, now)
    raise Denied("people.code_failed")


async def _welcome(session: AsyncSession, person: Person, origin: Origin, action: str, now: dt.datetime) -> SignedIn:
    factor = select(SecondFactor.confirmed_at).where(SecondFactor.person_id == person.id)
    must_verify = (await session.execute(factor)).scalar_one_or_none() is not None
    token, row = await open_session(
        session, person.id, ip=origin.ip, agent=origin.agent, now=now, must_verify=must_verify
    )
    if not must_verify:
        person.signed_in_at = now
    actor = await actor_of(session, person.id)
    details = {"ip": origin.ip, **({"second_factor": "asked"} if must_verify else {})}
    await record(session, actor, action, of=("person", str(person.id)), unit=actor.unit, details=details, now=now)
    return SignedIn(token, row.id, person.id, person.must_set_password, must_verify)


async def _failed(db: Database, person: Person | None, origin: Origin, now: dt.datetime) -> None:
    # The typed login is not written down: it may be a password.
    of = ("person", str(person.id) if person is not None else "unknown")
    async with db.write() as session:
        details = {"ip": origin.ip}
        await record(session, None, "sign_in.failed", of=of, details=details, now=now, result=REFUSED)
