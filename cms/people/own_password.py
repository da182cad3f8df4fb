"""Setting and changing one's own password, and with it the key in the guard that it seals."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Denied, Invalid, Refused
from cms.people.actor import Actor
from cms.people.models import Person, PersonKey
from cms.people.passwords import Passwords
from cms.people.permissions import Action, Subject, require_can
from cms.people.sessions import revoke_all
from cms.people.signing import Signer
from cms.trust.keys import ED25519, PublicKey


async def set_password(
    db: Database, actor: Actor, *, password: str, passwords: Passwords, signer: Signer, now: dt.datetime
) -> None:
    """Sets the password of somebody who must (after a one-time code), makes their key, and ends their other sessions.

    Raises Refused `people.password_is_set`, Invalid as `check_password`, Unavailable when the guard is down.
    """
    person = await _person(db, actor)
    if not person.must_set_password:
        raise Refused("people.password_is_set")
    passwords.check(password, login=person.login, name=person.name)
    hashed = await passwords.hash(password)
    public = await signer.enrol(actor.person, password)
    async with db.write() as session:
        row = await session.get_one(Person, actor.person, with_for_update=True, populate_existing=True)
        if not row.must_set_password:
            raise Refused("people.password_is_set")
        await _store(session, actor, row, hashed, now)
        await add_key(session, row.id, public, now=now)
        await record(session, actor, "password.set", of=("person", str(row.id)), unit=actor.unit, now=now)


async def change_password(
    db: Database, actor: Actor, *, old: str, new: str, passwords: Passwords, signer: Signer, now: dt.datetime
) -> None:
    """Changes it, seals the same key under the new one, and ends the other sessions.

    Raises Denied `people.password_wrong`, Invalid `people.password_same` and as `check_password`, Unavailable when
    the guard is down.
    """
    person = await _person(db, actor)
    if not await passwords.verify(person.password_hash, old):
        raise Denied("people.password_wrong")
    if old == new:
        raise Invalid("people.password_same", fields={"password": "people.password_same"})
    passwords.check(new, login=person.login, name=person.name)
    hashed = await passwords.hash(new)
    await signer.reseal(actor.person, old, new)
    async with db.write() as session:
        row = await session.get_one(Person, actor.person, with_for_update=True, populate_existing=True)
        if row.password_hash != person.password_hash:
            raise Denied("people.password_wrong")
        await _store(session, actor, row, hashed, now)
        await record(session, actor, "password.change", of=("person", str(row.id)), unit=actor.unit, now=now)


async def add_key(session: AsyncSession, person: uuid.UUID, public: str, *, now: dt.datetime) -> None:
    """Writes down a person's public key, unless it is known already; older keys stay good for verifying."""
    key = PublicKey.read(public)
    if await session.get(PersonKey, key.id) is None:
        session.add(PersonKey(key=key.id, person_id=person, alg=ED25519, public=key.text, not_before=now))
        await session.flush()


async def _person(db: Database, actor: Actor) -> Person:
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))
    async with db.read() as session:
        return (await session.execute(select(Person).where(Person.id == actor.person))).scalar_one()


async def _store(session: AsyncSession, actor: Actor, row: Person, hashed: str, now: dt.datetime) -> None:
    row.password_hash = hashed
    row.password_set_at = now
    row.must_set_password = False
    await revoke_all(session, row.id, now=now, but=actor.session)
