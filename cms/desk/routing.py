"""Routes of the desk: each says who may come; the check stands around the handler, so that none can be forgotten."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from cms.contract import Route
from cms.desk.visit import Visit, visit_of
from cms.kernel.errors import Denied
from cms.people.permissions import OWED, Action, may_anywhere

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed_in"
SET_PASSWORD: Final = "set_password"  # noqa: S105
"""Signed in, also with a one-time code and before a password was set."""

VERIFY: Final = "verify"
"""Signed in as far as the password; also for signing out again."""
OWN_ACCOUNT: Final = "own_account"
"""Signed in, also while the office asks for something of the account first: a newer password, a second factor."""

WORDS: Final = frozenset({PUBLIC, SIGNED_IN, SET_PASSWORD, VERIFY, OWN_ACCOUNT})
_ACTIONS: Final = frozenset(action.value for action in Action)

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


def get(path: str, handler: Handler, permission: str) -> Route:
    return Route("GET", path, handler, permission)


def post(path: str, handler: Handler, permission: str) -> Route:
    return Route("POST", path, handler, permission)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A handler behind its permission; the only kind of handler a desk application may have."""

    permission: str
    handler: Handler

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        visit = visit_of(request)
        self.admit(visit)
        return await self.handler(visit)

    def admit(self, visit: Visit) -> None:
        """Raises Denied; whether the person may do it to this very object is asked again by the use case."""
        if self.permission == PUBLIC:
            return
        if visit.actor_or_none is None:
            raise SignInFirst
        if self.permission == VERIFY:
            return
        if visit.actor.must_verify:
            raise VerifyFirst
        if self.permission == SET_PASSWORD:
            return
        if visit.actor.must_set_password:
            raise SetPasswordFirst
        if self.permission == OWN_ACCOUNT:
            return
        if visit.actor.owes:
            raise SettleFirst(visit.actor.owes)
        if self.permission != SIGNED_IN and not may_anywhere(visit.actor, self.permission):
            whole = replace(visit.actor, scopes=None)
            code = "people.denied.token" if may_anywhere(whole, self.permission) else "people.denied.role"
            raise Denied(code, action=self.permission)


class SignInFirst(Denied):
    """Nobody is signed in; pages lead to the sign-in, everything else says so."""

    status = 401

    def __init__(self) -> None:
        super().__init__("desk.sign_in_first")


class SetPasswordFirst(Denied):
    """Signed in by a one-time code: the password comes first."""

    def __init__(self) -> None:
        super().__init__("people.denied.password")


class VerifyFirst(Denied):
    """The password was right: the second factor comes next."""

    def __init__(self) -> None:
        super().__init__("people.denied.verify")


class SettleFirst(Denied):
    """The office asks for something of the account first: ``password`` or ``factor``."""

    def __init__(self, owes: str) -> None:
        super().__init__(OWED[owes])
        self.owes = owes


def add_routes(app: web.Application, routes: Iterable[Route], *, prefix: str) -> None:
    """Adds routes below `prefix`, which `app` is mounted under.

    Raises ValueError for a route without a known permission or outside of the prefix: default deny begins here.
    """
    for route in routes:
        if route.permission not in WORDS | _ACTIONS:
            raise ValueError(f"{route.method} {route.path} declares no known permission: {route.permission!r}")
        if not route.path.startswith(prefix):
            raise ValueError(f"{route.path} is not below {prefix}")
        app.router.add_route(route.method, route.path.removeprefix(prefix), _as_handler(route))


def guarded_of(route: web.AbstractRoute) -> Guarded:
    """The permission and handler behind a route. Raises ValueError when it came in past `add_routes`."""
    found = getattr(route.handler, "guarded", None)
    if not isinstance(found, Guarded):
        raise ValueError(f"{route.method} {route.resource} has no permission")  # noqa: TRY004 - not about its type
    return found


def check_routes(app: web.Application) -> None:
    """Raises ValueError when a route has no permission."""
    for route in app.router.routes():
        guarded_of(route)


def _as_handler(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    guarded = Guarded(route.permission, route.handler)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await guarded(request)

    handle.guarded = guarded  # type: ignore[attr-defined]
    return handle
