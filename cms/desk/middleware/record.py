"""Writes down what was refused or failed: who tried what on which route, and why not; what was done records itself."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from cms.audit.record import FAILED, REFUSED, record
from cms.desk.routing import guarded_of
from cms.desk.visit import DEPS, VISIT, Visit
from cms.kernel.log import logger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# A page that asks again every two seconds would fill the record with one and the same refusal.
_SAME: Final = dt.timedelta(minutes=1)
_REMEMBERED: Final = 1_000
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

log = logger("desk")


class Repeats:
    """Which refusals were written down just now; the ones passed over are counted into the next."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, ...], tuple[dt.datetime, int]] = OrderedDict()

    def passed_over(self, key: tuple[str, ...], now: dt.datetime) -> int | None:
        """None: not to be written; else how many like it were not written before."""
        at, count = self._last.get(key, (None, 0))
        if at is not None and dt.timedelta() <= now - at < _SAME:
            self._last[key] = (at, count + 1)
            return None
        self._last[key] = (now, 0)
        self._last.move_to_end(key)
        while len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        return count


REPEATS: Final = web.AppKey("repeats", Repeats)


@web.middleware
async def recording(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around the one that turns refusals into answers, because only there a refusal is what the person was told."""
    answer = await handler(request)
    visit = request.get(VISIT)
    # The second step of a sign-in writes down its own failures, as the first one does.
    is_inside = visit is not None and visit.actor_or_none is not None and not visit.actor.must_verify
    if visit is not None and is_inside and _counts(request.method, answer.status):
        try:
            await _write(visit, answer.status)
        except SQLAlchemyError:
            # The request was answered already; a database that is away says so in every log line.
            log.exception("a refusal was not recorded", path=request.path)
    return answer


def _counts(method: str, status: int) -> bool:
    """What changes something, when it was refused or failed; of what only reads, what was forbidden or broke.

    A form that was filled in wrongly (422) is no refusal of an action: nothing was tried yet.
    """
    if method in _SAFE:
        return status == 403 or status >= 500
    return status >= 400 and status != 422


async def _write(visit: Visit, status: int) -> None:
    request, actor = visit.request, visit.actor
    route = request.match_info.route
    pattern = route.resource.canonical if route.resource is not None else request.path
    code = visit.told or "kernel.not_found"
    repeats = request.app[REPEATS].passed_over((str(actor.person), request.method, pattern, code), visit.now)
    if repeats is None:
        return
    parts = dict(request.match_info)
    name = next(iter(parts), "")
    details: dict[str, object] = {"refusal": code, "route": f"{request.method} {pattern}"[:200], "status": status}
    if route.resource is not None:
        details["permission"] = guarded_of(route).permission
    if repeats:
        details["repeats"] = repeats
    failed = status >= 500
    async with request.app[DEPS].db.write() as session:
        await record(
            session,
            actor,
            "request.failed" if failed else "request.refused",
            of=(name or "route", (parts[name] if name else pattern)[-80:]),
            unit=actor.unit,
            details=details,
            now=visit.now,
            result=FAILED if failed else REFUSED,
        )
