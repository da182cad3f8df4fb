"""Asking for a password again, where an action must not rest on an open browser alone."""

from sqlalchemy import select

from cms.desk.visit import Form, Visit
from cms.kernel.errors import Denied, Invalid
from cms.people.actor import Actor
from cms.people.lockout import count_attempt, forgive
from cms.people.login import normal_login
from cms.people.models import Person
from cms.people.sessions import actor_of


async def confirm_own(visit: Visit, password: str) -> None:
    """Raises Invalid `desk.password_missing`, Denied `people.password_wrong`, TooMany `people.locked`."""
    async with visit.deps.db.read() as session:
        person = await session.get_one(Person, visit.actor.person)
    await _confirm(visit, person, password)


async def confirm_second(visit: Visit, login: str, password: str) -> Actor | None:
    """A colleague who stands beside; None when nobody was named. Raises as `confirm_own`."""
    if not login:
        return None
    async with visit.deps.db.read() as session:
        found = select(Person).where(Person.login == normal_login(login), Person.active)
        person = (await session.scalars(found)).one_or_none()
    if person is None:
        # The same wait and the same words as for a wrong password.
        await visit.deps.passwords.verify(None, password)
        raise Denied("people.sign_in_failed")
    await _confirm(visit, person, password)
    async with visit.deps.db.read() as session:
        return await actor_of(session, person.id)


def password_of(form: Form) -> str:
    """The password beside an action. Raises Invalid `desk.password_missing`."""
    given = form.get("password", "")
    if not isinstance(given, str) or not given:
        raise Invalid("desk.password_missing", fields={"password": "desk.password_missing"})
    return given


async def _confirm(visit: Visit, person: Person, password: str) -> None:
    if not password:
        raise Invalid("desk.password_missing", fields={"password": "desk.password_missing"})
    async with visit.deps.db.write() as session:
        await count_attempt(session, login=person.login, ip=visit.ip, now=visit.now)
    if not await visit.deps.passwords.verify(person.password_hash, password):
        raise Denied("people.password_wrong")
    async with visit.deps.db.write() as session:
        await forgive(session, login=person.login, ip=visit.ip)
