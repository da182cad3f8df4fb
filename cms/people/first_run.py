"""The first run of an installation: a printed code makes the root unit and the first administrator, never twice."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Denied, Invalid, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.codes import Purpose, is_open, issue, use
from cms.people.lockout import count_attempt, forgive
from cms.people.login import Origin, SignedIn, normal_login
from cms.people.models import Membership, Person, Unit
from cms.people.own_password import add_key
from cms.people.passwords import Passwords
from cms.people.roles import Role
from cms.people.sessions import open_session
from cms.people.signing import Signer
from cms.people.units import path_of


async def is_first_run(session: AsyncSession) -> bool:
    """Whether nobody exists yet."""
    return (await session.execute(select(Person.id).limit(1))).first() is None


async def issue_set_up_code(session: AsyncSession, *, now: dt.datetime) -> str:
    """The code for the terminal of whoever started the product. Raises Refused `people.not_first_run`."""
    await _still_first(session)
    return await issue(session, Purpose.FIRST_RUN, person=None, now=now)


async def set_up(
    db: Database,
    *,
    code: str,
    unit_code: str,
    unit_name: str,
    level: str,
    name: str,
    login: str,
    password: str,
    origin: Origin,
    passwords: Passwords,
    signer: Signer,
    now: dt.datetime,
) -> SignedIn:
    """Makes the root unit and the first administrator, and signs them in.

    Raises TooMany `people.locked`, Denied `people.code_failed`, Refused `people.not_first_run`,
    Invalid `people.set_up_form` and as `check_password`, Unavailable when the guard is down.
    """
    async with db.write() as session:
        await _still_first(session)
        await count_attempt(session, login=None, ip=origin.ip, now=now)
    async with db.read() as session:
        if not await is_open(session, Purpose.FIRST_RUN, code, now=now):
            raise Denied("people.code_failed")
    login, name, unit_name = normal_login(login), one_line(name), one_line(unit_name)
    if not (login and name and unit_name and unit_code.replace("-", "").isalnum() and unit_code.isascii()):
        raise Invalid("people.set_up_form")
    passwords.check(password, login=login, name=name)
    person = uuid7(now)
    hashed = await passwords.hash(password)
    public = await signer.enrol(person, password)
    async with db.write() as session:
        if await use(session, Purpose.FIRST_RUN, code, now=now) is None:
            raise Denied("people.code_failed")
        await _still_first(session)
        unit = await _root(session, unit_code.lower(), unit_name, level, now)
        session.add(
            Person(
                id=person,
                login=login,
                name=name,
                unit_id=unit.id,
                password_hash=hashed,
                password_set_at=now,
                must_set_password=False,
                created_at=now,
            )
        )
        await session.flush()
        await add_key(session, person, public, now=now)
        return await _welcome(session, Actor(person, name, unit.path, ip=origin.ip), unit, origin, now)


async def _welcome(session: AsyncSession, actor: Actor, unit: Unit, origin: Origin, now: dt.datetime) -> SignedIn:
    person = actor.person
    session.add(
        Membership(
            id=uuid7(now), person_id=person, unit_id=unit.id, role=Role.ADMIN.value, granted_by=None, granted_at=now
        )
    )
    await forgive(session, login=None, ip=origin.ip)
    token, row = await open_session(session, person, ip=origin.ip, agent=origin.agent, now=now)
    details = {"unit": unit.path}
    await record(session, actor, "first_run", of=("unit", str(unit.id)), unit=unit.path, details=details, now=now)
    return SignedIn(token, row.id, person, must_set_password=False)


async def _root(session: AsyncSession, code: str, name: str, level: str, now: dt.datetime) -> Unit:
    unit = Unit(
        id=uuid7(now),
        parent_id=None,
        code=code,
        name=name,
        level=level,
        path=path_of(None, code),
        created_at=now,
    )
    session.add(unit)
    await session.flush()
    return unit


async def _still_first(session: AsyncSession) -> None:
    if not await is_first_run(session):
        raise Refused("people.not_first_run")
