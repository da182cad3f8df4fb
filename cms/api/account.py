"""One's own over the API: sessions, tokens, what one was told."""

import datetime as dt
from collections.abc import Iterable

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.confirming import confirm_own
from cms.desk.visit import Visit
from cms.notices.inbox import notices_of, put_away, read_notice
from cms.people import tokens
from cms.people.models import DeskSession
from cms.people.permissions import Action
from cms.people.sessions import acknowledge, revoke, sessions_of


class OpenSession(Given):
    """A browser that is signed in."""

    id: str
    ip: str
    agent: str
    created_at: dt.datetime
    seen_at: dt.datetime


class OpenSessions(Given):
    """Newest first."""

    sessions: list[OpenSession]


class TokenLine(Given):
    """A token of one's own; its secret was shown when it was made."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    active: bool
    expires_at: dt.datetime
    used_at: dt.datetime | None


class TokenList(Given):
    """Newest first, and the scopes one could give."""

    tokens: list[TokenLine]
    scopes: list[str]


class TokenSent(Sent):
    """A new token, confirmed by one's own password."""

    name: Text
    scopes: list[str]
    days: int
    password: str


class TokenMade(Given):
    """The token; `secret` is shown now and never again."""

    id: str
    secret: str
    expires_at: dt.datetime


class NoticeLine(Given):
    """Something one was told."""

    id: str
    cause: str
    text: str
    href: str
    urgent: bool
    times: int
    last_at: dt.datetime
    read_at: dt.datetime | None


class NoticeList(Given):
    """Newest first."""

    notices: list[NoticeLine]


async def list_sessions(visit: Visit) -> OpenSessions:
    """One's own open sessions."""
    async with visit.deps.db.read() as session:
        return open_sessions(await sessions_of(session, visit.actor, rules=visit.deps.session_rules, now=visit.now))


def open_sessions(rows: Iterable[DeskSession]) -> OpenSessions:
    """Sessions as lists give them."""
    return OpenSessions(
        sessions=[
            OpenSession(id=str(one.id), ip=one.ip, agent=one.agent, created_at=one.created_at, seen_at=one.seen_at)
            for one in rows
        ]
    )


async def know_session(visit: Visit, _sent: Nothing) -> Done:
    """«That is me»: a session of one's own at another place."""
    async with visit.deps.db.write() as session:
        await acknowledge(session, visit.actor, visit.uuid("session"), now=visit.now)
    return Done(id=visit.part("session"))


async def end_session(visit: Visit, _sent: Nothing) -> Done:
    """Signs a browser of one's own out."""
    async with visit.deps.db.write() as session:
        await revoke(session, visit.actor, visit.uuid("session"), now=visit.now)
    return Done(id=visit.part("session"))


async def list_tokens(visit: Visit) -> TokenList:
    """One's own tokens."""
    async with visit.deps.db.read() as session:
        found = await tokens.tokens_of(session, visit.actor)
    lines = [
        TokenLine(
            id=str(one.id),
            name=one.name,
            hint=one.hint,
            scopes=one.scopes,
            active=tokens.is_alive(one, visit.now),
            expires_at=one.expires_at,
            used_at=one.used_at,
        )
        for one in found
    ]
    return TokenList(tokens=lines, scopes=list(tokens.scopes_of(visit.actor)))


async def make_token(visit: Visit, sent: TokenSent) -> TokenMade:
    """Makes a token; only the person themselves may, never a token."""
    await confirm_own(visit, sent.password)
    async with visit.deps.db.write() as session:
        made = await tokens.make_token(
            session, visit.actor, name=sent.name, scopes=sent.scopes, days=sent.days, now=visit.now
        )
    return TokenMade(id=str(made.row.id), secret=made.secret, expires_at=made.row.expires_at)


async def revoke_token(visit: Visit, _sent: Nothing) -> Done:
    """Ends a token of one's own at once."""
    async with visit.deps.db.write() as session:
        await tokens.revoke_token(session, visit.actor, visit.uuid("token"), now=visit.now)
    return Done(id=visit.part("token"))


async def list_notices(visit: Visit) -> NoticeList:
    """What one was told and has not put away."""
    async with visit.deps.db.read() as session:
        found = await notices_of(session, visit.actor)
    return NoticeList(
        notices=[
            NoticeLine(
                id=str(one.id),
                cause=one.cause,
                text=visit.t(one.subject, **one.params),
                href=one.href,
                urgent=one.urgent,
                times=one.times,
                last_at=one.last_at,
                read_at=one.read_at,
            )
            for one in found
        ]
    )


async def read_one_notice(visit: Visit, _sent: Nothing) -> Done:
    """Marks it as read."""
    async with visit.deps.db.write() as session:
        await read_notice(session, visit.actor, visit.uuid("notice"), now=visit.now)
    return Done(id=visit.part("notice"))


async def put_notice_away(visit: Visit, _sent: Nothing) -> Done:
    """Puts it away."""
    async with visit.deps.db.write() as session:
        await put_away(session, visit.actor, visit.uuid("notice"), now=visit.now)
    return Done(id=visit.part("notice"))


_OWN = Action.ACCOUNT_MANAGE
_NOTICE = "/api/v1/notices/{notice}"
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/sessions", list_sessions, _OWN, given=OpenSessions),
    take("POST", "/api/v1/sessions/{session}/known", know_session, _OWN, sent=Nothing, given=Done),
    take("DELETE", "/api/v1/sessions/{session}", end_session, _OWN, sent=Nothing, given=Done),
    ask("/api/v1/tokens", list_tokens, _OWN, given=TokenList),
    # The one answer with a secret in it is not kept: a token has no second showing.
    take("POST", "/api/v1/tokens", make_token, _OWN, sent=TokenSent, given=TokenMade, is_kept=False),
    take("DELETE", "/api/v1/tokens/{token}", revoke_token, _OWN, sent=Nothing, given=Done),
    ask("/api/v1/notices", list_notices, _OWN, given=NoticeList),
    take("POST", f"{_NOTICE}/read", read_one_notice, _OWN, sent=Nothing, given=Done),
    take("POST", f"{_NOTICE}/done", put_notice_away, _OWN, sent=Nothing, given=Done),
)
