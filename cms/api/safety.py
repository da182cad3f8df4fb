"""What keeps the accounts of others safe, over the API: their sessions, and a look at a whole telephone number."""

from cms.api.account import OpenSessions, open_sessions
from cms.api.resources import Given, Resource, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.visit import Visit
from cms.people.accounts import end_sessions, reveal_phone
from cms.people.permissions import Action
from cms.people.sessions import revoke, sessions_of


class Telephone(Given):
    """A whole number; that it was looked at is recorded."""

    phone: str


async def list_sessions(visit: Visit) -> OpenSessions:
    """The open sessions of a person one manages."""
    rules, person = visit.deps.session_rules, visit.uuid("person")
    async with visit.deps.db.read() as session:
        return open_sessions(await sessions_of(session, visit.actor, rules=rules, now=visit.now, person=person))


async def end_one(visit: Visit, _sent: Nothing) -> Done:
    """Ends one session of somebody."""
    async with visit.deps.db.write() as session:
        await revoke(session, visit.actor, visit.uuid("session"), now=visit.now)
    return Done(id=visit.part("session"))


async def end_every(visit: Visit, _sent: Nothing) -> Done:
    """Ends every session of somebody; they may sign in again."""
    async with visit.deps.db.write() as session:
        await end_sessions(session, visit.actor, visit.uuid("person"), now=visit.now)
    return Done(id=visit.part("person"))


async def show_phone(visit: Visit, _sent: Nothing) -> Telephone:
    """The whole telephone number, for whoever may; recorded."""
    async with visit.deps.db.write() as session:
        number = await reveal_phone(session, visit.actor, visit.uuid("person"), now=visit.now)
    return Telephone(phone=number)


_URL, _MANAGE = "/api/v1/people/{person}", Action.PEOPLE_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask(f"{_URL}/sessions", list_sessions, _MANAGE, given=OpenSessions),
    take("DELETE", f"{_URL}/sessions", end_every, _MANAGE, sent=Nothing, given=Done),
    take("DELETE", f"{_URL}/sessions/{{session}}", end_one, _MANAGE, sent=Nothing, given=Done),
    take("POST", f"{_URL}/phone", show_phone, Action.PEOPLE_PHONE, sent=Nothing, given=Telephone, is_kept=False),
)
