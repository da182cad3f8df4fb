"""Keys for programs: a person makes one for some of their rights, sees it once, and may revoke it at any time.

Only the hash is kept. What a token may do is asked anew at each call: its scopes narrow what the person may do then,
and never widen it, so that a role taken away is gone from their programs too.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cms.audit.record import record
from cms.kernel.base import Base, Key
from cms.kernel.db import Database
from cms.kernel.errors import Denied, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.permissions import Action, Subject, may_anywhere, require_can, scope_of
from cms.people.sessions import actor_of

PREFIX: Final = "yp_"
DAYS: Final = (7, 30, 90, 365)
MOST: Final = 20
_BYTES: Final = 32
_TOUCH: Final = dt.timedelta(minutes=1)


class ApiToken(Base):
    """A token; `hint` is its end, by which its owner knows it again."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    used_ip: Mapped[str] = mapped_column(String(64), default="")
    revoked_at: Mapped[dt.datetime | None]


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is shown now and never again."""

    row: ApiToken
    secret: str


def scopes_of(actor: Actor) -> tuple[str, ...]:
    """The scopes a person can give: those of anything they may do now."""
    return tuple(sorted({scope for action in Action if (scope := scope_of(action)) and may_anywhere(actor, action)}))


async def make_token(
    session: AsyncSession, actor: Actor, *, name: str, scopes: Collection[str], days: int, now: dt.datetime
) -> NewToken:
    """A new token of one's own.

    Raises Invalid `people.token_form` naming the fields, Refused `people.tokens_many`, Denied for a token that asks.
    """
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))
    name, chosen = one_line(name), sorted(set(scopes))
    wrong = {
        field: "people.token_form"
        for field, good in (
            ("name", 0 < len(name) <= 60),
            ("scopes", chosen and set(chosen) <= set(scopes_of(actor))),
            ("days", days in DAYS),
        )
        if not good
    }
    if wrong:
        raise Invalid("people.token_form", fields=wrong)
    if len([one for one in await tokens_of(session, actor) if is_alive(one, now)]) >= MOST:
        raise Refused("people.tokens_many", most=MOST)
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    row = ApiToken(
        id=uuid7(now),
        person_id=actor.person,
        name=name,
        token_hash=_hash(secret),
        hint=secret[-4:],
        scopes=chosen,
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    session.add(row)
    await session.flush()
    details = {"name": name, "scopes": chosen, "days": days}
    await record(session, actor, "api.allow", of=("api_token", str(row.id)), unit=actor.unit, details=details, now=now)
    return NewToken(row, secret)


async def tokens_of(session: AsyncSession, actor: Actor) -> Sequence[ApiToken]:
    """One's own tokens, newest first."""
    query = select(ApiToken).where(ApiToken.person_id == actor.person)
    return (await session.scalars(query.order_by(ApiToken.created_at.desc()))).all()


async def revoke_token(session: AsyncSession, actor: Actor, token: uuid.UUID, *, now: dt.datetime) -> None:
    """Ends one of one's own tokens at once. Raises NotFound `people.no_token`."""
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))
    row = await session.get(ApiToken, token, with_for_update=True, populate_existing=True)
    if row is None or row.person_id != actor.person:
        raise NotFound("people.no_token")
    if row.revoked_at is None:
        row.revoked_at = now
        await session.flush()
        details = {"name": row.name}
        of = ("api_token", str(token))
        await record(session, actor, "api.revoke", of=of, unit=actor.unit, details=details, now=now)


async def actor_by_token(db: Database, secret: str, *, ip: str, now: dt.datetime) -> Actor:
    """The person behind a token, narrowed to its scopes.

    Raises Denied `people.token_refused`: unknown, revoked, expired, or of somebody who left or must set a password.
    """
    async with db.read() as session:
        query = select(ApiToken).join(Person, Person.id == ApiToken.person_id).where(Person.active)
        row = (await session.scalars(query.where(ApiToken.token_hash == _hash(secret)))).one_or_none()
        if row is None or not is_alive(row, now):
            raise TokenRefused
        actor = await actor_of(session, row.person_id)
    if actor.must_set_password:
        raise TokenRefused
    if row.used_at is None or now - row.used_at >= _TOUCH:
        async with db.write() as session:
            await session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now, used_ip=ip))
    return replace(actor, scopes=frozenset(row.scopes), ip=ip)


def is_alive(row: ApiToken, now: dt.datetime) -> bool:
    return row.revoked_at is None and now < row.expires_at


class TokenRefused(Denied):
    """The token opens nothing; why is not said to whoever tries."""

    status = 401

    def __init__(self) -> None:
        super().__init__("people.token_refused")


def _hash(secret: str) -> str:
    return hashlib.sha256(f"yunping/api-token/1\n{secret}".encode()).hexdigest()
