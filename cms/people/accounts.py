"""People and their roles: adding, changing, shutting out, granting, ending, resetting."""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor, Grant
from cms.people.codes import Purpose, cancel, issue
from cms.people.login import normal_login
from cms.people.models import Membership, Person, Unit
from cms.people.permissions import Action, Subject, require_can
from cms.people.roles import Role, may_hold_together
from cms.people.sessions import revoke_all

LOGIN: Final = re.compile(r"[a-z0-9._@-]{2,64}")
PHONE: Final = re.compile(r"\+?[0-9 -]{5,30}")


@dataclass(frozen=True, slots=True)
class Member:
    """A person as lists show them; the phone is masked."""

    id: uuid.UUID
    login: str
    name: str
    phone: str
    unit: str
    unit_name: str
    active: bool
    must_set_password: bool
    grants: tuple[Grant, ...]


def masked(phone: str | None) -> str:
    """A phone number as everybody may see it: 138****5678."""
    digits = phone or ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "*" * len(digits)


async def add_person(
    session: AsyncSession,
    actor: Actor,
    *,
    login: str,
    name: str,
    unit: uuid.UUID,
    phone: str | None = None,
    roles: Sequence[Role] = (),
    now: dt.datetime,
) -> tuple[Person, str]:
    """A new person with `roles` in their unit, and the one-time code they sign in with first.

    Raises Invalid `people.person_form`, Refused `people.login_taken`, `people.roles_exclude`.
    """
    place = await _unit(session, unit)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(place.path))
    login, name = normal_login(login), one_line(name)
    _check(login, name, phone)
    if (await session.execute(select(Person.id).where(Person.login == login))).first() is not None:
        raise Refused("people.login_taken", login=login)
    person = Person(id=uuid7(now), login=login, name=name, phone=phone or None, unit_id=unit, created_at=now)
    session.add(person)
    await session.flush()
    code = await issue(session, Purpose.SIGN_IN, person=person.id, now=now)
    details = {"login": login, "name": name}
    await record(session, actor, "person.add", of=("person", str(person.id)), unit=place.path, details=details, now=now)
    for role in roles:
        await grant(session, actor, person.id, role=role, unit=unit, now=now)
    return person, code


async def edit_person(
    session: AsyncSession,
    actor: Actor,
    person: uuid.UUID,
    *,
    name: str,
    unit: uuid.UUID,
    phone: str | None = None,
    now: dt.datetime,
) -> Person:
    """Changes name, unit and phone (None: as it is). Raises Invalid `people.person_form`."""
    row, path = await _locked(session, person)
    place = await _unit(session, unit)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))
    require_can(actor, Action.PEOPLE_MANAGE, Subject(place.path, frozenset({person})))
    _check(row.login, one_line(name), phone)
    row.name, row.unit_id = one_line(name), unit
    row.phone = row.phone if phone is None else phone or None
    await session.flush()
    await record(session, actor, "person.edit", of=("person", str(person)), unit=place.path, now=now)
    return row


async def set_active(session: AsyncSession, actor: Actor, person: uuid.UUID, *, active: bool, now: dt.datetime) -> None:
    """Shuts a person out at once (sessions and codes end), or lets them in again; nobody is ever deleted."""
    row, path = await _locked(session, person)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))
    row.active = active
    if not active:
        await revoke_all(session, person, now=now)
        await cancel(session, Purpose.SIGN_IN, person=person, now=now)
    await session.flush()
    action = "person.activate" if active else "person.deactivate"
    await record(session, actor, action, of=("person", str(person)), unit=path, now=now)


async def reset_password(session: AsyncSession, actor: Actor, person: uuid.UUID, *, now: dt.datetime) -> str:
    """Takes the password away and returns a one-time code; the person gets a new key when they set a new one."""
    row, path = await _locked(session, person)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))
    if not row.active:
        raise Refused("people.inactive")
    row.password_hash, row.must_set_password = None, True
    await revoke_all(session, person, now=now)
    code = await issue(session, Purpose.SIGN_IN, person=person, now=now)
    await record(session, actor, "password.reset", of=("person", str(person)), unit=path, now=now)
    return code


async def end_sessions(session: AsyncSession, actor: Actor, person: uuid.UUID, *, now: dt.datetime) -> None:
    """Signs a person out everywhere; they may come again."""
    _, path = await _locked(session, person)
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))
    await revoke_all(session, person, now=now)
    await record(session, actor, "session.revoke", of=("person", str(person)), unit=path, now=now)


async def grant(
    session: AsyncSession, actor: Actor, person: uuid.UUID, *, role: Role, unit: uuid.UUID, now: dt.datetime
) -> Membership:
    """Gives a role in a unit and all below it. Raises Refused `people.roles_exclude` (三员分立), `.role_held`."""
    _, path = await _locked(session, person)
    place = await _unit(session, unit)
    require_can(actor, Action.PEOPLE_GRANT, Subject(path, frozenset({person})))
    require_can(actor, Action.PEOPLE_GRANT, Subject(place.path, frozenset({person})))
    held = await _open_memberships(session, person)
    if not may_hold_together([role, *(Role(one.role) for one in held)]):
        raise Refused("people.roles_exclude")
    if any(one.role == role and one.unit_id == unit for one in held):
        raise Refused("people.role_held")
    membership = Membership(
        id=uuid7(now), person_id=person, unit_id=unit, role=role.value, granted_by=actor.person, granted_at=now
    )
    session.add(membership)
    await session.flush()
    details = {"role": role.value, "unit": place.path}
    await record(session, actor, "role.grant", of=("person", str(person)), unit=place.path, details=details, now=now)
    return membership


async def end_grant(session: AsyncSession, actor: Actor, membership: uuid.UUID, *, now: dt.datetime) -> None:
    """Takes a role back. Raises NotFound `people.no_membership`."""
    row = await session.get(Membership, membership, with_for_update=True, populate_existing=True)
    if row is None or row.ended_at is not None:
        raise NotFound("people.no_membership")
    _, path = await _locked(session, row.person_id)
    place = await _unit(session, row.unit_id)
    require_can(actor, Action.PEOPLE_GRANT, Subject(path, frozenset({row.person_id})))
    require_can(actor, Action.PEOPLE_GRANT, Subject(place.path, frozenset({row.person_id})))
    row.ended_at = now
    await session.flush()
    details = {"role": row.role, "unit": place.path}
    await record(session, actor, "role.end", of=("person", str(row.person_id)), unit=path, details=details, now=now)


async def reveal_phone(session: AsyncSession, actor: Actor, person: uuid.UUID, *, now: dt.datetime) -> str:
    """The whole number; who looked is recorded. Call inside a write block."""
    row, path = await _locked(session, person)
    require_can(actor, Action.PEOPLE_PHONE, Subject(path, frozenset({person})))
    await record(session, actor, "person.phone", of=("person", str(person)), unit=path, now=now)
    return row.phone or ""


async def members(
    session: AsyncSession,
    *,
    within: Sequence[str],
    words: str = "",
    person: uuid.UUID | None = None,
    skip: int = 0,
    limit: int | None = None,
) -> list[Member]:
    """People of the units below `within` (`require_reach(actor, Action.PEOPLE_READ)`), by unit and name; or one."""
    if not within:
        return []
    query = select(Person, Unit).join(Unit, Unit.id == Person.unit_id).where(*_matching(within, words))
    if person is not None:
        query = query.where(Person.id == person)
    query = query.order_by(Unit.path, Person.name, Person.id).offset(skip).limit(limit)
    found = (await session.execute(query)).all()
    held = select(Membership, Unit.path).join(Unit, Unit.id == Membership.unit_id).where(Membership.ended_at.is_(None))
    held = held.where(Membership.person_id.in_([row.Person.id for row in found]))
    grants: dict[uuid.UUID, list[Grant]] = {}
    for row in (await session.execute(held.order_by(Unit.path, Membership.role))).all():
        grants.setdefault(row.Membership.person_id, []).append(Grant(Role(row.Membership.role), row.path))
    return [
        Member(
            person.id,
            person.login,
            person.name,
            masked(person.phone),
            unit.path,
            unit.name,
            person.active,
            person.must_set_password,
            tuple(grants.get(person.id, ())),
        )
        for person, unit in found
    ]


async def count_members(session: AsyncSession, *, within: Sequence[str], words: str = "") -> int:
    """How many `members` there are."""
    if not within:
        return 0
    query = select(func.count()).select_from(Person).join(Unit, Unit.id == Person.unit_id)
    return await session.scalar(query.where(*_matching(within, words))) or 0


async def _locked(session: AsyncSession, person: uuid.UUID) -> tuple[Person, str]:
    found = await session.get(Person, person, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("people.no_person")
    return found, (await _unit(session, found.unit_id)).path


async def _unit(session: AsyncSession, unit: uuid.UUID) -> Unit:
    found = await session.get(Unit, unit)
    if found is None:
        raise NotFound("people.no_unit")
    return found


async def _open_memberships(session: AsyncSession, person: uuid.UUID) -> Sequence[Membership]:
    query = select(Membership).where(Membership.person_id == person, Membership.ended_at.is_(None))
    return (await session.execute(query.with_for_update())).scalars().all()


def _matching(within: Sequence[str], words: str) -> tuple[ColumnElement[bool], ...]:
    inside = or_(*(Unit.path.startswith(path, autoescape=True) for path in within))
    wanted = one_line(words)
    if not wanted:
        return (inside,)
    named = or_(Person.name.contains(wanted, autoescape=True), Person.login.contains(wanted, autoescape=True))
    return (inside, named)


def _check(login: str, name: str, phone: str | None) -> None:
    fields = {
        field: "people.person_form"
        for field, good in (
            ("login", LOGIN.fullmatch(login)),
            ("name", 0 < len(name) <= 100),
            ("phone", not phone or PHONE.fullmatch(phone)),
        )
        if not good
    }
    if fields:
        raise Invalid("people.person_form", fields=fields)
