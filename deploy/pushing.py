"""Emergencies to the open pages of the portal within a second: one text a channel, encoded once, newest state only.

Nobody is told events: whoever connects, or was slow, gets what stands now. A recall silences a message without the
database; while that is away the last state stands, and ends at its own time.
"""

import asyncio
import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSMsgType, hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.clock import Clock
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.publishing.onair.showing import Message
from deploy.public import SECURITY, Tombstones
from renderers.tv.alerts import QUIET, Alert, told

MOST: Final = 20_000  # sockets of one process; whoever comes later asks every five seconds instead
_EVERY: Final = 0.5
_PATIENCE: Final = 5.0
_HEARTBEAT: Final = 25.0
_CODES: Final = "{code:[a-z0-9-]{2,40}}"

log = logger("pushing")


class PortalPush:
    """Keeps the state of each channel and tells it to whoever listens.

    `read` gives what stands now, out of the rows; `known` says whether a channel is there.
    """

    def __init__(
        self,
        read: Callable[[dt.datetime], Awaitable[Sequence[Message]]],
        clock: Clock,
        tombstones: Tombstones,
        metrics: Metrics,
        *,
        known: Callable[[str], bool],
        base_url: str,
        most: int = MOST,
    ) -> None:
        self._read = read
        self._clock = clock
        self._tombstones = tombstones
        self._metrics = metrics
        self._known = known
        self._home = urlsplit(base_url).netloc
        self._most = most
        self._found: tuple[Message, ...] = ()
        self._states: dict[str, str] = {}
        self._bells: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._open = 0
        self._is_over = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/tv/{_CODES}/push", self.listen),
            web.get(f"/tv/{_CODES}/alerts.json", self.ask),
        ]

    async def close(self, _app: web.Application) -> None:
        """Lets every page go: a server that stops would wait for them."""
        self._is_over = True
        for bell in self._bells.values():
            bell.set()

    async def run(self, wake: Wake) -> None:
        """Follows what is committed until cancelled."""
        while True:
            count = wake.count
            await self.look()
            await wake.after(count, within=_EVERY)

    async def look(self) -> None:
        """Reads what stands now, and wakes the listeners of channels where that changed."""
        now = self._clock.now()
        try:
            self._found = tuple(await self._read(now))
        except SQLAlchemyError:
            log.warning("the database is away, emergencies stand as they were")
        by_code: defaultdict[str, list[Alert]] = defaultdict(list)
        for one in self._found:
            if self._stands(one, now):
                by_code[one.target].append(Alert(one.id, one.release, one.title, one.text, one.until))
        states = {code: told(alerts) for code, alerts in by_code.items()}
        for code in states.keys() | self._states.keys():
            if states.get(code, QUIET) != self._states.get(code, QUIET):
                self._metrics.count("yunping_portal_messages_total")
                bell = self._bells.pop(code, None)
                self._states = {**self._states, code: states.get(code, QUIET)}
                if bell is not None:
                    bell.set()

    def _stands(self, one: Message, now: dt.datetime) -> bool:
        return one.release not in self._tombstones.releases and (one.until is None or one.until > now)

    async def ask(self, request: web.Request) -> web.Response:
        """For boxes without sockets."""
        code = request.match_info["code"]
        if not self._known(code):
            return web.Response(status=404, headers=SECURITY)
        headers: dict[str, str] = {**SECURITY, hdrs.CACHE_CONTROL: "public, max-age=1"}
        text = self._states.get(code, QUIET)
        return web.Response(text=text, content_type="application/json", headers=headers)

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """A socket that is told the state, and again whenever it changes; nothing is ever read from it."""
        code = request.match_info["code"]
        if not self._known(code):
            return web.Response(status=404, headers=SECURITY)
        if not self._is_own(request):
            return web.Response(status=403, headers=SECURITY)
        if self._open >= self._most:
            return web.Response(status=503, headers={**SECURITY, hdrs.RETRY_AFTER: "60"})
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=256, compress=False)
        self._count(1)
        try:
            await socket.prepare(request)
            await self._tell(socket, code)
        except (ConnectionError, TimeoutError):
            log.debug("a page went away", channel=code)
        finally:
            self._count(-1)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, code: str) -> None:
        leaving = asyncio.ensure_future(_left(socket))
        said = None
        try:
            while not (socket.closed or leaving.done() or self._is_over):
                bell, state = self._bells[code], self._states.get(code, QUIET)
                if state is not said:
                    said = state
                    async with asyncio.timeout(_PATIENCE):
                        await socket.send_str(state)
                rung = asyncio.ensure_future(bell.wait())
                await asyncio.wait({rung, leaving}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
        finally:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            with contextlib.suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(socket.close(), _PATIENCE)

    def _is_own(self, request: web.Request) -> bool:
        """A page of another site may not hold sockets here; programs that are no browser say nothing of theirs."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is None or urlsplit(origin).netloc in {request.host, self._home}

    def _count(self, more: int) -> None:
        self._open += more
        self._metrics.gauge("yunping_portal_listeners", self._open)


async def _left(socket: web.WebSocketResponse) -> None:
    """Until the page goes away, or says something: nobody here listens to words."""
    while True:
        message = await socket.receive()
        if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
            return
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return
