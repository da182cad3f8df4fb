"""The gateway role: one listening socket, the websocket server on it, and a way out that scatters the screens."""

import asyncio
import gc
import json
import logging
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from screens.connection import ScreenConnection, descriptor_limit
from screens.gateway import Gateway, Place
from screens.messages import MAX_FRAME, PATH, SUBPROTOCOLS
from screens.metrics import SCREENS
from screens.signer import Signer
from screens.upgrading import PACKING

BACKLOG: Final = 4096  # with the usual 100, a fifth of 10,000 screens was not back after 45 s
# As many as can wait to be accepted: a storm of screens that come back is worked off, not sent away.
MAX_OPENING: Final = BACKLOG
OPEN_SECONDS: Final = 10
CLOSE_SECONDS: Final = 2
# A gateway that listens before it knows its screens would send the first ones away.
# Fifty thousand are read in three seconds and more where the machine is slow or busy.
WARM_SECONDS: Final = 8
# Or the kernel hides megabytes for every screen that does not read.
SEND_BUFFER: Final = 64 * 2**10
USER_TIMEOUT_MS: Final = 30_000
LOOPBACK: Final = ("127.0.0.1", "::1")

log = logger("screens")


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Where a gateway listens and what it believes about itself.

    Attributes:
        port: 0 takes a free one (told to `ready`).
        hosts: host (and port, unless the scheme's own) under which screens dial it, as in their address.
        origins: browser origins that may connect; programs send none and are let through to the handshake.
        media: base URL of the files `/a/{sha256}`.
        reuse_port: several gateways on one port, the kernel deals out the connections.
        own_process: the process does nothing else, so the garbage collector may be tuned for many connections.
        listener: descriptor of a socket that listens already and outlives this process, instead of `host` and `port`.
    """

    host: str
    port: int
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    media: str
    tls: ssl.SSLContext | None = None
    reuse_port: bool = False
    own_process: bool = False
    listener: int | None = None


async def run_gateway(
    settings: GatewaySettings,
    *,
    database: Database,
    signer: Signer,
    clock: Clock,
    stop: asyncio.Event,
    wake: Wake | None = None,
    ready: Callable[[Gateway, int], None] | None = None,
) -> None:
    """Serves until `stop` is set, then sends everybody away in slices; `ready` hears the gateway and its port."""
    bell = wake or Wake(database)
    place = Place(settings.hosts, settings.media)
    metrics = Metrics(SCREENS)
    gateway = Gateway(place, database=database, wake=bell, signer=signer, clock=clock, metrics=metrics)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(gateway.run())]
        if wake is None:
            tasks.append(group.create_task(bell.run()))
        await gateway.warm(within=WARM_SECONDS)
        server = await _listen(settings, gateway)
        log.info("gateway listening", port=_port(server))
        if settings.own_process:
            spare_the_collector()
            open_many_files()
        if ready is not None:
            ready(gateway, _port(server))
        try:
            await stop.wait()
            await _leave(server, gateway)
        finally:
            server.close()
            for task in tasks:
                task.cancel()


def runner() -> asyncio.Runner:
    """A runner with uvloop where it is installed; it costs a third less per connection."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def spare_the_collector() -> None:
    """What is loaded now stays; walking it again at every thousand connections would stall all of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(400_000, 20, 100)


def open_many_files() -> None:
    """As many as the system allows: each screen is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    descriptor_limit.cache_clear()


async def _leave(server: Server, gateway: Gateway) -> None:
    # Not server.close() first: it would close everybody at once and in one moment.
    server.server.close()
    await gateway.close()


async def _listen(settings: GatewaySettings, gateway: Gateway) -> Server:
    if settings.listener is not None:
        listener = socket.socket(fileno=settings.listener)
        listener.settimeout(0)
    else:
        listener = listening(settings.host, settings.port, shared=settings.reuse_port)
    try:
        return await serve(
            gateway.serve,
            sock=listener,
            ssl=settings.tls,
            backlog=BACKLOG,
            # None: a program that is no browser sends no Origin; it still needs a pinned key.
            origins=[None, *(Origin(origin) for origin in settings.origins)],
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            compression=None,  # the library would pack for each socket anew; a state is packed once for all of them
            extensions=[PACKING],
            process_request=Door(gateway).answer,
            process_response=Door(gateway).told,
            server_header=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            # Twice the protocol's limit: what is a little too long still gets a coded goodbye.
            max_size=2 * MAX_FRAME,
            max_queue=4,
            # Named, or the library looks it up by its name for every connection.
            logger=logging.getLogger("websockets.server"),
            create_connection=ScreenConnection,
        )
    except BaseException:
        listener.close()
        raise


def listening(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """The bound socket of a gateway; `shared` with others on one port. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Set before listening: accepted sockets inherit all three.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        listener.settimeout(0)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _port(server: Server) -> int:
    return int(server.sockets[0].getsockname()[1])


class Door:
    """What happens before a connection is a websocket: health, metrics, and a limit on those who are coming in."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A response to a plain request, or None to go on with the upgrade."""
        path = request.path.partition("?")[0]
        if path == PATH:
            if self._gateway.opening >= MAX_OPENING:
                return _response(HTTPStatus.SERVICE_UNAVAILABLE, "busy\n", retry="5")
            return None
        if path == "/healthz":
            return self._health()
        if path == "/metrics" and _is_local(connection, request):
            return _response(HTTPStatus.OK, self._gateway.metrics.text().decode(), kind="text/plain; version=0.0.4")
        return _response(HTTPStatus.NOT_FOUND, "not found\n")

    def told(self, _connection: ServerConnection, _request: Request, response: Response) -> None:
        """Counts what was not a screen; a rise of 403 is somebody trying origins."""
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._gateway.metrics.count("yunping_screen_http_total", status=str(response.status_code))

    def _health(self) -> Response:
        gateway = self._gateway
        facts = {
            "database": gateway.source.is_fresh,
            "guard": gateway.beacons.is_guarded,
            "screens": len(gateway.registry),
        }
        # Without either it still serves from memory, so only a gateway that never saw a row is not well.
        status = HTTPStatus.OK if gateway.source.loaded.is_set() else HTTPStatus.SERVICE_UNAVAILABLE
        return _response(status, json.dumps(facts) + "\n", kind="application/json")


def _is_local(connection: ServerConnection, request: Request) -> bool:
    """From this machine, and not passed on by a proxy that stands on it."""
    is_passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    return not is_passed_on and connection.remote_address[0] in LOOPBACK


def _response(
    status: HTTPStatus, text: str, *, kind: str = "text/plain; charset=utf-8", retry: str | None = None
) -> Response:
    body = text.encode()
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"})
    headers["Cache-Control"] = "no-store"
    if retry is not None:
        headers["Retry-After"] = retry
    return Response(status.value, status.phrase, headers, body)
