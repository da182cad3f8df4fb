"""Many screens on real sockets with real keys: the protocol's other end for tests, drills and the demo.

A simulated screen proves its key, acknowledges what it is sent and notes when; with a root it also checks every
signature as a player does. It draws nothing. The screens of a street have a processor each and these have one together,
so a text that many are sent is taken apart once; signatures are checked by each.
"""

import asyncio
import functools
import json
import random
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from cms.hands.order import Ledger, heed, verify_order
from cms.kernel.clock import SystemClock, to_ms
from cms.trust.beacon import Beacon
from cms.trust.errors import TrustError
from cms.trust.keys import SigningKey
from cms.trust.root import Root
from cms.trust.signed import Signed, Verified, read_body
from cms.trust.verify import verify_beacon, verify_root
from screens.message_parts import Caps
from screens.messages import (
    MAX_FRAME,
    SUBPROTOCOLS,
    Beat,
    Bye,
    Done,
    Feeds,
    Have,
    Line,
    MessageFault,
    OrderFrame,
    Roots,
    StateFrame,
    Welcome,
    encode,
    read_server,
)
from screens.protocol import BecameScreen, CodeShown, Dismissed, Reply, ScreenSide, StateCame, Told, Welcomed

PLAYER: Final = "sim-1"
CLOCK: Final = SystemClock()
LONGEST: Final = 10.0
LONGEST_PAUSE: Final = 300.0
# As screens/player/link.js: whoever hears nothing for so long is not connected, whatever the socket says.
SILENT: Final = 28.0

_ALIKE: Final = 32
_read: Final = functools.lru_cache(_ALIKE)(read_server)


@functools.lru_cache(_ALIKE)
def _beacon_of(text: str) -> Beacon:
    return read_body(Beacon, text)


@functools.lru_cache(_ALIKE)
def _signed_at(manifest: str) -> int:
    """When it was signed (ms); the rest is read when somebody asks what it shows."""
    return int(json.loads(manifest)["at"])


@dataclass(slots=True)
class Heard:
    """What a screen has seen so far; times are `time.monotonic()` seconds."""

    versions: dict[int, float] = field(default_factory=dict)
    newest: int = 0
    states: int = 0
    welcomes: list[Welcome] = field(default_factory=list)
    byes: list[Bye] = field(default_factory=list)
    code: str = ""
    connected: int = 0
    recalls: int = 0
    last: StateFrame | None = None
    manifest: Signed | None = None
    delays: list[float] = field(default_factory=list)
    """Milliseconds from the signing of each publication to its arrival, of those that came while connected."""
    faults: list[str] = field(default_factory=list)
    roots: tuple[Signed, ...] = ()
    orders: list[Done] = field(default_factory=list)
    line: Line | None = None
    feeds: list[Signed] = field(default_factory=list)


class SimulatedScreen:
    """One screen: `run` keeps it connected until cancelled, as a player would."""

    def __init__(
        self,
        url: str,
        *,
        key: SigningKey | None = None,
        screen: str | None = None,
        root: Signed | None = None,
        origin: str | None = None,
        acks: bool = True,
        caps: Caps | None = None,
        tls: ssl.SSLContext | None = None,
        packs: bool = False,
    ) -> None:
        self.url = url
        self.packs = packs  # offers packed messages, as a browser does
        self.key = key or SigningKey.generate()
        self.screen = screen
        self.heard = Heard()
        self.socket: ClientConnection | None = None
        self.is_live = asyncio.Event()
        self.changed = asyncio.Condition()
        self._origin = origin
        self._acks = acks
        self.caps = dict(caps or {})
        self.player = PLAYER
        self.ledger = Ledger()
        self._tls = tls
        self._root: Verified[Root] | None = verify_root(root, None) if root is not None else None
        self._have = Have()
        self._retry = (0.1, 1.0)
        self.is_current = False
        self.silent = SILENT
        self._pause = 0.0
        self.due = 0.0  # when it meant to dial last (monotonic seconds)

    async def run(self) -> None:
        """Connects again after every end, later each time nobody answers."""
        failures = 0
        while True:
            before = self.heard.connected
            try:
                await self.once()
            except (OSError, WebSocketException, TimeoutError):
                pass
            except (MessageFault, TrustError) as problem:
                self.heard.faults.append(repr(problem))
            finally:
                self.is_live.clear()
                self.is_current = False
                if self.socket is not None:
                    # A socket whose other end is silent stays open in a task that was cancelled: there the library's
                    # wait for the end is cut short without a word by the `asyncio.timeout` of Debian's Python 3.11.2.
                    self.socket.transport.abort()
                self.socket = None
            failures = 0 if self.heard.connected > before else failures + 1
            pause, self._pause = self._pause, 0.0
            wait = pause + self._wait(failures)
            self.due = time.monotonic() + wait
            await asyncio.sleep(wait)

    async def once(self) -> None:
        """One connection, from challenge to end."""
        host = urlsplit(self.url).netloc
        async with connect(
            self.url,
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            origin=self._origin,  # type: ignore[arg-type]  # a plain string is what the library sends
            compression="deflate" if self.packs else None,
            ping_interval=None,
            close_timeout=1,
            ssl=self._tls,
            max_size=MAX_FRAME,
            proxy=None,
        ) as socket:
            self.socket = socket
            side = ScreenSide(
                key=self.key,
                screen=self.screen,
                host=host,
                have=self._have,
                player=self.player,
                caps=self.caps,
                protocol=SUBPROTOCOLS[socket.subprotocol or ""],
                reader=_read,
            )
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(self.silent) as silence:
                async for text in socket:
                    silence.reschedule(loop.time() + self.silent)
                    await self._take(socket, side, text)
                    async with self.changed:
                        self.changed.notify_all()

    async def until(self, version: int, *, within: float = 10.0) -> None:
        """Returns when this version, or a newer one, has come. Raises TimeoutError."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: self.heard.newest >= version)

    async def beat(self) -> None:
        """Says that it is well."""
        if self.socket is not None:
            now = to_ms(CLOCK.now())
            version = self.heard.newest
            facts = Beat(at=now, painted_at=now, version=version, showing=None, clock=0, stale=False, mem=64)
            await self.socket.send(encode(facts))

    async def _take(self, socket: ClientConnection, side: ScreenSide, text: str | bytes) -> None:
        event = side.receive(text)
        if isinstance(event, Reply):
            await socket.send(encode(event.message))
        elif isinstance(event, Welcomed):
            if not self.is_live.is_set():
                self.heard.connected += 1
            self.is_live.set()
            self.heard.welcomes.append(event.welcome)
            self._retry = (event.welcome.retry.min / 1000, event.welcome.retry.max / 1000)
        elif isinstance(event, StateCame):
            await self._state(socket, side, event.state)
        elif isinstance(event, Told):
            await self._told(socket, event.message)
        elif isinstance(event, CodeShown):
            self.heard.code = event.code
        elif isinstance(event, BecameScreen):
            self.screen = event.screen
        elif isinstance(event, Dismissed):
            self.heard.byes.append(event.bye)
            self._pause = min(event.bye.retry / 1000, LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311

    async def _told(self, socket: ClientConnection, message: object) -> None:
        if isinstance(message, Roots):
            self.heard.roots += message.roots
        elif isinstance(message, Feeds):
            self.heard.feeds += message.feeds
        elif isinstance(message, Line):
            self.heard.line = message
        elif isinstance(message, OrderFrame):
            done = self._heeded(message.order)
            if done is not None:
                self.heard.orders.append(done)
                await socket.send(encode(done))

    def _heeded(self, signed: Signed) -> Done | None:
        """What a box that can do everything says to an order; one without a root does not know whom to believe."""
        if self._root is None or self.screen is None:
            return None
        now = to_ms(CLOCK.now())
        order = verify_order(signed, self._root)
        name = order.value.order
        if name not in self.ledger.ends:
            try:
                self.ledger = heed(self.ledger, order, screen=self.screen, now=now).ended(name, {"state": "done"})
            except TrustError as fault:
                return Done(name, "refused", now, fault.code)
        return Done(name, str(self.ledger.ends[name]["state"]), now)

    async def _state(self, socket: ClientConnection, side: ScreenSide, state: StateFrame) -> None:
        beacon = self._beacon(state.beacon)
        self.heard.states += 1
        self.heard.recalls = beacon.recalls.version
        self.heard.last = state
        if beacon.version > self.heard.newest:
            self.heard.newest = beacon.version
            self.heard.versions[beacon.version] = time.monotonic()
            self._note(state)
            if self._acks:
                now = to_ms(CLOCK.now())
                await socket.send(encode(side.ack(beacon.version, "received", now)))
        had = self._have
        self._have = Have(
            epoch=beacon.epoch,
            version=beacon.version if state.manifest is not None else had.version,
            recalls=beacon.recalls.version,
            root=beacon.root,
            delegations=1 if state.delegations is not None else had.delegations,
        )

    def _note(self, state: StateFrame) -> None:
        """Keeps what is to be shown; a manifest that is only named as a file is not fetched here."""
        is_first = self.heard.manifest is None or not self.is_current
        if isinstance(state.manifest, Signed):
            self.heard.manifest = state.manifest
            if not is_first:
                self.heard.delays.append(to_ms(CLOCK.now()) - _signed_at(state.manifest.text))
        self.is_current = True

    def _beacon(self, signed: Signed) -> Beacon:
        if self._root is None:
            return _beacon_of(signed.text)
        return verify_beacon(signed, self._root).value

    def _wait(self, failures: int) -> float:
        least, most = self._retry
        wait = random.uniform(least, most)  # noqa: S311
        if failures:  # as screens/player/link.js
            wait = max(wait, min(LONGEST, least * 2 ** min(failures, 10)) * random.uniform(0.5, 1))  # noqa: S311
        return wait


class Fleet:
    """Simulated screens kept running together."""

    def __init__(self, screens: Iterable[SimulatedScreen]) -> None:
        self.screens = tuple(screens)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(screen.run()) for screen in self.screens]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def live(self, *, within: float = 30.0) -> None:
        """Returns when every screen is welcomed. Raises TimeoutError."""
        async with asyncio.timeout(within):
            for screen in self.screens:
                await screen.is_live.wait()

    async def until(self, version: int, *, within: float = 10.0) -> list[float]:
        """When each screen got this version (monotonic seconds). Raises TimeoutError."""
        await asyncio.gather(*(screen.until(version, within=within) for screen in self.screens))
        return [screen.heard.versions.get(version, 0.0) for screen in self.screens]
