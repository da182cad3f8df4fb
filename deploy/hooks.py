"""Where platforms call back: ``/hooks/{kind}/{target code}/…`` of the web role, handed to the channel as it came.

Nobody is signed in here, and nothing that comes in is believed: the channel checks its signature, and all it can do is
to have open deliveries looked at now.
"""

import asyncio
from collections import OrderedDict
from typing import Final, Protocol

from aiohttp import hdrs, web
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cms.contract import Ask, Channel, ContractError, Reply, Services, Span
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.hints import look_now
from cms.publishing.workshop import ServicesOf
from deploy.installation import Installation
from deploy.spans import streamed

LIMIT: Final = 1 << 20
# A platform that waits longer calls again; whoever sends slower is none.
SECONDS: Final = 10.0
PREFIX: Final = "/hooks"
# Calls of one address: so many at once, and then so many a second.
BURST: Final = 60
RATE: Final = 10.0
_ADDRESSES: Final = 4096
# Refused calls are journalled this far apart, or anybody could fill the journal.
_REFUSED_EVERY: Final = 60.0
_OWN: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}
# What our own server says about the answer, whatever a channel gives.
_NOT_ITS: Final = frozenset(
    {"content-length", "content-type", "transfer-encoding", "connection", "set-cookie", "server"}
)

log = logger("hooks")


class Clockwork(Protocol):
    """Seconds that only go forward."""

    def __call__(self) -> float: ...


class Buckets:
    """How many calls an address may still make; the newest addresses only, in memory."""

    def __init__(self, time: Clockwork, *, burst: int = BURST, rate: float = RATE) -> None:
        self._time = time
        self._burst = burst
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        now = self._time()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return left >= 1


class Hooks:
    """Answers platforms for the channels that listen."""

    def __init__(self, here: Installation, services: ServicesOf) -> None:
        self._here = here
        self._services = services
        self._time = asyncio.get_running_loop().time
        self._buckets = Buckets(self._time)
        self._refused: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        path = PREFIX + "/{kind}/{target}/{path:.*}"
        return [web.get(path, self.answer), web.post(path, self.answer)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        channel = self._here.channels.get(kind)
        if channel is None or channel.callback is None:
            return self._told("none", 404)
        if not self._buckets.take(request.remote or ""):
            return self._told(kind, 429, {hdrs.RETRY_AFTER: "5"})
        try:
            async with asyncio.timeout(SECONDS):
                reply = await self._answer(request, channel)
            # A film takes as long as the platform's line does.
            return await self._passed_on(request, reply) if isinstance(reply, Reply) else reply
        except TimeoutError:
            return self._told(kind, 408)
        except (ContractError, DomainError, SQLAlchemyError) as problem:
            log.warning("a callback could not be answered", target=request.match_info["target"], error=str(problem))
            return self._told(kind, 503, {hdrs.RETRY_AFTER: "5"})
        except web.HTTPException:
            raise
        except Exception:  # a defect of one channel, at the edge of the process
            log.exception("a channel broke in a callback", target=request.match_info["target"])
            return self._told(kind, 500)

    async def _answer(self, request: web.Request, channel: Channel) -> web.StreamResponse | Reply:
        code = request.match_info["target"]
        async with self._here.db.read() as session:
            row = await session.scalar(select(Target).where(Target.code == code, Target.kind == channel.kind))
        if row is None or channel.callback is None:
            return self._told(channel.kind, 404)
        body = await _body(request)
        if body is None:
            return self._told(channel.kind, 413)
        target, now = as_contract(row), self._here.clock.now()
        services = self._services(target)
        headers = {name.lower(): value for name, value in request.headers.items()}
        ask = Ask(request.method, request.match_info["path"], dict(request.query), headers, body, now)
        reply = await channel.callback(ask, target, services)
        if reply.hint:
            async with self._here.db.write() as session:
                await look_now(session, code, now=now)
        await self._journal(ask, code, reply, services)
        self._count(channel.kind, reply.status)
        return reply

    async def _journal(self, ask: Ask, code: str, reply: Reply, services: Services) -> None:
        if reply.status >= 400:
            if self._time() - self._refused.get(code, -_REFUSED_EVERY) < _REFUSED_EVERY:
                return
            self._refused[code] = self._time()
        said = {"method": ask.method, "path": ask.path[:200], "bytes": len(ask.body)}
        await services.journal.record("callback", status=reply.status, hint=reply.hint, **said)

    async def _passed_on(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        given = {name: value for name, value in reply.headers.items() if name.lower() not in _NOT_ITS}
        headers = {**_OWN, **given, hdrs.CONTENT_TYPE: reply.media_type}
        if self._is_gone(reply):
            return web.Response(status=410, headers=_OWN)
        if any(isinstance(part, Span) for part in reply.parts):
            return await streamed(self._here.store, request, reply, headers)
        body = b"".join(part for part in reply.parts if isinstance(part, bytes))
        return web.Response(status=reply.status, body=body, headers=headers)

    def _is_gone(self, reply: Reply) -> bool:
        """Whether it shows what was recalled: a platform that comes for a file late must not get it."""
        tombstones = self._here.tombstones
        files = (part.sha256 for part in reply.parts if isinstance(part, Span))
        return any(release in tombstones.releases for release in reply.releases) or any(
            sha256 in tombstones.assets for sha256 in files
        )

    def _told(self, kind: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
        self._count(kind, status)
        return web.Response(status=status, headers={**_OWN, **(headers or {})})

    def _count(self, kind: str, status: int) -> None:
        self._here.metrics.count("yunping_callbacks_total", channel=kind, outcome=f"{status // 100}xx")


async def _body(request: web.Request) -> bytes | None:
    """The body; None when it is larger than a platform ever sends."""
    if request.content_length is not None and request.content_length > LIMIT:
        return None
    data = bytearray()
    async for block in request.content.iter_any():
        data += block
        if len(data) > LIMIT:
            return None
    return bytes(data)
