"""Sessions in the database: a random token in the cookie, its hash in a row; idle, absolute and revocable ends."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Denied, NotFound
from cms.kernel.ids import uuid7
from cms.people.actor import Actor, Grant
from cms.people.models import DeskSession, Membership, Person, SecondFactor, Unit
from cms.people.permissions import Action, Subject, require_can
from cms.people.roles import Role

_TOKEN_BYTES: Final = 32
# Writing every request's time down would make each page a write.
_TOUCH: Final = dt.timedelta(minutes=1)
_KEEP: Final = dt.timedelta(days=30)
# So long a right password waits for its second factor.
_VERIFY: Final = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What an office asks of sessions.

    How long one lasts without use, and at most; who needs a second factor; after how long a password has to be a new
    one (None: never).
    """

    idle: dt.timedelta = dt.timedelta(minutes=30)
    absolute: dt.timedelta = dt.timedelta(hours=12)
    factor_roles: frozenset[Role] = frozenset()
    password_age: dt.timedelta | None = None


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    return hashlib.sha256(f"yunping/session/1\n{token}".encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The CSRF token of a session: derived from the cookie's secret, so nothing more has to be kept."""
    mac = hmac.new(token.encode(), b"yunping/csrf/1", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")


def is_csrf_token(token: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(token).encode(), given.encode())


async def open_session(
    session: AsyncSession, person: uuid.UUID, *, ip: str, agent: str, now: dt.datetime, must_verify: bool = False
) -> tuple[str, DeskSession]:
    """A new session: its token (shown to the browser once) and its row."""
    token = new_token()
    row = DeskSession(
        id=uuid7(now),
        person_id=person,
        token_hash=token_hash(token),
        ip=ip,
        agent=agent[:200],
        created_at=now,
        seen_at=now,
        must_verify=must_verify,
    )
    await session.execute(delete(DeskSession).where(DeskSession.seen_at < now - _KEEP))
    session.add(row)
    await session.flush()
    return token, row


async def authenticate(db: Database, token: str, *, rules: SessionRules, now: dt.datetime) -> Actor | None:
    """The person behind a cookie, or None: unknown, revoked, too old, too long unused, or no longer active."""
    async with db.read() as session:
        query = select(DeskSession, Person, Unit.path, SecondFactor.confirmed_at)
        query = query.join(Person, Person.id == DeskSession.person_id).join(Unit, Unit.id == Person.unit_id)
        query = query.outerjoin(SecondFactor, SecondFactor.person_id == Person.id)
        query = query.where(DeskSession.token_hash == token_hash(token))
        found = (await session.execute(query)).one_or_none()
        if found is None or not found.Person.active or not _is_alive(found.DeskSession, rules, now):
            return None
        row: DeskSession = found.DeskSession
        actor = await _actor(session, found.Person, found.path, session_id=row.id, ip=row.ip)
        owes = owed(found.Person, actor.roles, rules, has_factor=found.confirmed_at is not None, now=now)
        actor = replace(actor, must_verify=row.must_verify, owes=owes)
    if now - row.seen_at >= _TOUCH:
        async with db.write() as session:
            await session.execute(
                update(DeskSession).where(DeskSession.id == row.id, DeskSession.seen_at < now).values(seen_at=now)
            )
    return actor


def owed(person: Person, roles: frozenset[Role], rules: SessionRules, *, has_factor: bool, now: dt.datetime) -> str:
    """What the office asks of an account before anything else: ``password``, ``factor`` or nothing; pure."""
    set_at = person.password_set_at
    if rules.password_age is not None and set_at is not None and now - set_at >= rules.password_age:
        return "password"
    return "factor" if roles & rules.factor_roles and not has_factor else ""


async def actor_of(session: AsyncSession, person: uuid.UUID) -> Actor:
    """A person as an actor without a browser (tests, the demo world, commands). Raises NotFound `people.no_person`."""
    query = select(Person, Unit.path).join(Unit, Unit.id == Person.unit_id).where(Person.id == person)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("people.no_person")
    return await _actor(session, found.Person, found.path, session_id=None, ip="")


async def sessions_of(
    session: AsyncSession, actor: Actor, *, rules: SessionRules, now: dt.datetime, person: uuid.UUID | None = None
) -> Sequence[DeskSession]:
    """The actor's own open sessions, newest first; those of another `person` for whoever manages them."""
    whose = person or actor.person
    await _require_hold(session, actor, whose)
    query = select(DeskSession).where(DeskSession.person_id == whose, DeskSession.revoked_at.is_(None))
    query = query.order_by(DeskSession.created_at.desc(), DeskSession.id.desc())
    return [row for row in (await session.execute(query)).scalars() if _is_alive(row, rules, now)]


async def elsewhere(
    session: AsyncSession, actor: Actor, *, rules: SessionRules, now: dt.datetime
) -> Sequence[DeskSession]:
    """The actor's sessions at other addresses than this one's, that they did not say are theirs."""
    query = select(DeskSession).where(DeskSession.person_id == actor.person, DeskSession.revoked_at.is_(None))
    query = query.where(DeskSession.ip != actor.ip, DeskSession.known_at.is_(None), DeskSession.id != actor.session)
    return [row for row in (await session.execute(query)).scalars() if _is_alive(row, rules, now)]


async def acknowledge(session: AsyncSession, actor: Actor, session_id: uuid.UUID, *, now: dt.datetime) -> None:
    """«That is me»: a session elsewhere is not shown as strange any more. Raises NotFound `people.no_session`."""
    row = await session.get(DeskSession, session_id, with_for_update=True, populate_existing=True)
    if row is None or row.person_id != actor.person:
        raise NotFound("people.no_session")
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({row.person_id})))
    row.known_at = now
    await record(session, actor, "session.known", of=("session", str(session_id)), unit=actor.unit, now=now)


async def revoke(session: AsyncSession, actor: Actor, session_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Ends one of the actor's own sessions (signing out ends `actor.session`), or one of a person they manage.

    Raises NotFound `people.no_session`, also where the session is of somebody out of reach.
    """
    row = await session.get(DeskSession, session_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("people.no_session")
    is_signing_out = row.person_id == actor.person and row.id == actor.session
    if not is_signing_out:
        try:
            await _require_hold(session, actor, row.person_id)
        except Denied as denied:
            raise NotFound("people.no_session") from denied
    if row.revoked_at is None:
        row.revoked_at = now
        await record(
            session,
            actor,
            "session.revoke",
            of=("session", str(session_id)),
            unit=actor.unit,
            details={} if row.person_id == actor.person else {"person": str(row.person_id)},
            now=now,
        )


async def _require_hold(session: AsyncSession, actor: Actor, person: uuid.UUID) -> None:
    if person == actor.person:
        require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({person})))
        return
    unit = select(Unit.path).join(Person, Person.unit_id == Unit.id).where(Person.id == person)
    path = await session.scalar(unit)
    if path is None:
        raise NotFound("people.no_person")
    require_can(actor, Action.PEOPLE_MANAGE, Subject(path, frozenset({person})))


async def revoke_all(
    session: AsyncSession, person: uuid.UUID, *, now: dt.datetime, but: uuid.UUID | None = None
) -> None:
    """Ends every session of a person, save one; for use cases that change what the person may do."""
    statement = update(DeskSession).where(DeskSession.person_id == person, DeskSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(DeskSession.id != but)
    await session.execute(statement.values(revoked_at=now).execution_options(synchronize_session=False))


def _is_alive(row: DeskSession, rules: SessionRules, now: dt.datetime) -> bool:
    most = _VERIFY if row.must_verify else rules.absolute
    return row.revoked_at is None and now - row.seen_at < rules.idle and now - row.created_at < most


async def _actor(session: AsyncSession, person: Person, path: str, *, session_id: uuid.UUID | None, ip: str) -> Actor:
    query = select(Membership.role, Unit.path).join(Unit, Unit.id == Membership.unit_id)
    query = query.where(Membership.person_id == person.id, Membership.ended_at.is_(None))
    rows = (await session.execute(query.order_by(Unit.path, Membership.role))).all()
    return Actor(
        person=person.id,
        name=person.name,
        unit=path,
        grants=tuple(Grant(Role(row.role), row.path) for row in rows) if person.active else (),
        session=session_id,
        must_set_password=person.must_set_password,
        ip=ip,
    )
