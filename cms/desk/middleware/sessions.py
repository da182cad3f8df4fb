"""The cookie's session as the person who acts, the language they read, and the visit the handlers get."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from cms.desk.banners import banners_of
from cms.desk.visit import BANNERS, COUNTS, DEPS, LANGUAGE, UNIT_NAME, VISIT, Visit
from cms.kernel.messages import LANGUAGES
from cms.notices.inbox import unread_count
from cms.people.actor import Actor
from cms.people.permissions import Action, may_anywhere
from cms.people.sessions import authenticate
from cms.people.tokens import actor_by_token
from cms.people.units import unit_at
from cms.review.inbox import waiting_count

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LANGUAGE_COOKIE: Final = "yp_lang"
_TOKEN_MOST: Final = 200


def session_cookie(*, secure: bool) -> str:
    """``__Host-`` binds it to this very host over TLS; plain loopback cannot have that prefix."""
    return "__Host-yp" if secure else "yp"


def gate_cookie(*, secure: bool) -> str:
    """The secret of a browser nobody signed in with yet; its only use is the token of the sign-in forms."""
    return "__Host-yp-gate" if secure else "yp_gate"


@web.middleware
async def sessions(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Finds the person behind the cookie."""
    deps = request.app[DEPS]
    request[LANGUAGE] = language = language_of(request)
    now = deps.now()
    if (secret := bearer(request)) is not None:
        visit = Visit(request, actor=None, token="", language=language, now=now)
        request[VISIT] = visit
        visit.actor_or_none = await actor_by_token(deps.db, secret, ip=visit.ip, now=now)
        visit.by_token = secret
        return await handler(request)
    token = request.cookies.get(session_cookie(secure=deps.secure), "")[:_TOKEN_MOST]
    actor = await authenticate(deps.db, token, rules=deps.session_rules, now=now) if token else None
    fresh = ""
    if actor is None:
        token = request.cookies.get(gate_cookie(secure=deps.secure), "")[:_TOKEN_MOST]
        if not token:
            token = fresh = secrets.token_urlsafe(32)
    visit = Visit(request, actor=actor, token=token, language=language, now=now)
    request[VISIT] = visit
    if actor is not None and not (actor.must_set_password or actor.must_verify) and not visit.is_for_script():
        await _frame(request, actor)
    answer = await handler(request)
    if fresh and not answer.prepared:
        set_cookie(answer, gate_cookie(secure=deps.secure), fresh, secure=deps.secure)
    return answer


def bearer(request: web.Request) -> str | None:
    """The token a program sends; pages are for people, so only the API listens to one."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not request.path.startswith("/api/"):
        return None
    return secret.strip()[:_TOKEN_MOST]


def set_cookie(answer: web.StreamResponse, name: str, value: str, *, secure: bool) -> None:
    answer.set_cookie(name, value, path="/", httponly=True, samesite="Lax", secure=secure)


def drop_cookie(answer: web.StreamResponse, name: str, *, secure: bool) -> None:
    answer.del_cookie(name, path="/", httponly=True, samesite="Lax", secure=secure)


def language_of(request: web.Request) -> str:
    """What the person chose, else the first language of the browser's that we speak, else the installation's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("Accept-Language", "").split(","):
        wanted = part.partition(";")[0].strip().lower()
        for language in LANGUAGES:
            if wanted and wanted.split("-")[0] == language.split("-")[0].lower():
                return language
    return request.app[DEPS].language


async def _frame(request: web.Request, actor: Actor) -> None:
    """What the frame of a page says of the person: the name of their unit, and what waits for them."""
    async with request.app[DEPS].db.read() as session:
        request[UNIT_NAME] = (await unit_at(session, actor.unit)).name
        request[BANNERS] = await banners_of(session, actor, request.app[DEPS])
        counts = {"inbox": await unread_count(session, actor)}
        if may_anywhere(actor, Action.REVIEW_PASS) or may_anywhere(actor, Action.REVIEW_PROOF):
            counts["review"] = await waiting_count(session, actor)
        request[COUNTS] = counts
