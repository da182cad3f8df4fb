"""Refuses changing requests that another site made a browser send: where they come from, and the page's token."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from cms.desk.visit import visit_of
from cms.kernel.errors import Denied
from cms.people.sessions import is_csrf_token

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_HEADER: Final = "X-CSRF-Token"  # noqa: S105
TOKEN_FIELD: Final = "csrf"  # noqa: S105
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@web.middleware
async def forgery(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Both must hold: an origin of our own where the browser names one, and the token."""
    # A browser never sends a program's token by itself, so no other site can make it act.
    if request.method in _SAFE or visit_of(request).by_token:
        return await handler(request)
    if not _is_own(request) or not is_csrf_token(visit_of(request).token, await _token(request)):
        raise Denied("kernel.csrf")
    return await handler(request)


def _is_own(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is None or urlsplit(origin).netloc == request.headers.get(hdrs.HOST, "")


async def _token(request: web.Request) -> str:
    """From the header, which scripts set; else from the form. A file on its way in must have the header."""
    given = request.headers.get(TOKEN_HEADER)
    if given is not None:
        return given
    if request.content_type != "application/x-www-form-urlencoded" and not _is_small_multipart(request):
        return ""
    field = (await request.post()).get(TOKEN_FIELD, "")
    return field if isinstance(field, str) else ""


def _is_small_multipart(request: web.Request) -> bool:
    length = request.content_length
    return request.content_type == "multipart/form-data" and length is not None and length <= request.client_max_size
