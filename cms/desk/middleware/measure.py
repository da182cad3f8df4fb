"""Counts requests by route, and bounds what a request may carry."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from cms.desk.visit import DEPS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# The longest article the blocks allow is 100,000 characters; with markup and JSON escapes that is below three MiB.
BODY_BYTES: Final = 4 << 20
FIELDS: Final = 2_000


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The first one."""
    metrics, clock = request.app[DEPS].metrics, request.app[DEPS].clock
    begun = clock.monotonic()
    answer = await handler(request.clone(client_max_size=BODY_BYTES, client_max_fields=FIELDS))
    if metrics is not None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        metrics.count("yunping_http_requests_total", route=route, method=request.method, status=str(answer.status))
        metrics.observe("yunping_http_seconds", clock.monotonic() - begun, route=route)
    return answer
