"""One screen's connection from its first frame to its last: the protocol machine, driven by a socket."""

import asyncio
import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from websockets.exceptions import ConnectionClosed

from cms.kernel.clock import EPOCH, Clock, to_ms
from cms.kernel.log import logger
from cms.trust.keys import b64
from cms.trust.signed import Signed
from screens.connection import ScreenConnection
from screens.hands.delivery import Orders
from screens.messages import (
    PROTOCOL,
    ROOTS,
    SUBPROTOCOLS,
    Ack,
    Beat,
    Bye,
    Done,
    Have,
    MessageFault,
    Pair,
    Remembered,
    Retry,
    Roots,
    Shown,
    Tick,
    Tock,
    Vitals,
    Welcome,
)
from screens.presence import Presence
from screens.proof_intake import Intake
from screens.protocol import HELLO_MS, Goodbye, Phase, Proven, Said, ServerEvent, ServerSide, WantsPairing
from screens.source import Known

log = logger("screens")

MICROSECOND: Final = dt.timedelta(microseconds=1)
BEAT_MS: Final = 20_000
# The close code that goes with each bye (RFC 6455 §7.4, and the private range).
CLOSE: Final = {"revoked": 4001, "replaced": 4002, "unknown": 4003, "protocol": 1008, "restart": 1012, "busy": 1013}


class Host(Protocol):
    """What outlives a session and answers for it: `screens.gateway.Gateway`."""

    hosts: tuple[str, ...]
    media: str
    clock: Clock
    presence: Presence
    orders: Orders
    proofs: Intake

    async def known(self, screen: uuid.UUID, key: str) -> Known: ...

    async def certified(self, known: Known) -> Known: ...

    async def offer(self, session: "Session", pair: Pair) -> None: ...

    def remember(self, connection: ScreenConnection, have: Have) -> None: ...

    def roots_after(self, version: int) -> tuple[Signed, ...]: ...

    def remembered(self, session: "Session", recalls: Signed) -> None: ...

    def entered(self, session: "Session", known: Known, *, player: str, caps: dict[str, object]) -> None: ...

    def left(self, session: "Session") -> None: ...

    def refused(self, bye: Bye) -> None: ...

    def stop_waiting(self, session: "Session") -> None: ...

    def acked(self, screen: uuid.UUID, ack: Ack) -> None: ...

    def retry_bounds(self) -> tuple[int, int]: ...


class Session:
    """Serves one connection; the gateway owns what outlives it."""

    __slots__ = (
        "_root",
        "_told",
        "code_until",
        "connection",
        "gateway",
        "has_remembered",
        "pair",
        "screen",
        "side",
    )

    def __init__(self, gateway: Host, connection: ScreenConnection) -> None:
        self.gateway = gateway
        self.connection = connection
        nonce = b64(secrets.token_bytes(32))
        protocol = SUBPROTOCOLS.get(connection.subprotocol or "", PROTOCOL)
        self.side = ServerSide(nonce=nonce, hosts=gateway.hosts, now=self._ticks(), protocol=protocol)
        self.pair: Pair | None = None
        self.code_until = 0
        self.screen: uuid.UUID | None = None
        self._root = 0  # the root the screen said to have; 0 once it was told the ones after it
        self.has_remembered = False
        self._told: tuple[Signed | None, str | None] | None = None

    async def run(self) -> None:
        """Until the connection ends, whoever ends it."""
        connection = self.connection
        try:
            connection.push(self.side.challenge(to_ms(self.gateway.clock.now())))
            await self._first()
            async for text in connection:
                self._live(self.side.receive(text, self._ticks()))
        except Goodbye as goodbye:
            if self.screen is not None:
                # One of ours that says what nobody understands is away for a minute, and again each time it says it.
                fault = goodbye.__cause__
                where = fault.where if isinstance(fault, MessageFault) else ""
                log.warning("screen sent away", screen=str(self.screen), why=goodbye.bye.why, where=where)
            self.gateway.refused(goodbye.bye)
            await self.dismiss(goodbye.bye)
        except ConnectionClosed:
            pass
        finally:
            self.side.end()
            self.gateway.left(self)

    async def dismiss(self, bye: Bye) -> None:
        """Says why, and closes; a screen that does not listen is dropped after the close timeout."""
        self.side.end()
        self.connection.push(bye)
        await self.connection.close(CLOSE[bye.code], bye.code)

    async def paired(self, known: Known) -> None:
        """An operator typed this connection's code."""
        pair = self.pair
        if self.side.phase is Phase.WAITING and pair is not None:
            self.gateway.stop_waiting(self)
            self.pair = None
            self.connection.push(self.side.paired(str(known.id)))
            await self._admit(known, player=pair.player, caps=dict(pair.caps))

    def welcome(self, known: Known, audience: str | None) -> bool:
        """Tells the screen what it is, unless it was told so; the state follows from the fan-out."""
        if self._told == (known.facts, audience):
            return False
        self._told = (known.facts, audience)
        least, most = self.gateway.retry_bounds()
        now = to_ms(self.gateway.clock.now())
        media = self.gateway.media
        self.connection.push(Welcome(now, known.facts, audience, media, Retry(least, most), BEAT_MS))
        self._walk(is_alone=audience is None)
        return True

    def _walk(self, *, is_alone: bool) -> None:
        """A screen that was away hears every root it missed before the state that needs the newest.

        The newest comes with that state, but for a screen without a line-up (`is_alone`) there is none.
        """
        missed = self.gateway.roots_after(self._root) if self._root and self.side.protocol >= Roots.SINCE else ()
        if len(missed) > 1 or (missed and is_alone):
            self.connection.push(Roots(missed[:ROOTS]))
        self._root = 0 if missed else self._root

    async def _first(self) -> None:
        try:
            async with asyncio.timeout(HELLO_MS / 1000):
                text = await self.connection.recv()
        except TimeoutError as late:
            raise Goodbye("protocol", why="timeout", retry=60_000) from late
        event = self.side.receive(text, self._ticks())
        if isinstance(event, Proven):
            known = await self.gateway.known(uuid.UUID(event.hello.screen), event.hello.key)
            self.gateway.remember(self.connection, event.hello.have)
            self._root = event.hello.have.root
            await self._admit(known, player=event.hello.player, caps=dict(event.hello.caps))
        elif isinstance(event, WantsPairing):
            self.pair = event.pair
            await self.gateway.offer(self, event.pair)

    async def _admit(self, known: Known, *, player: str, caps: dict[str, object]) -> None:
        known = await self.gateway.certified(known)
        if self.side.phase in {Phase.PROVEN, Phase.WAITING} and not self.connection.transport.is_closing():
            self.side.admit()
            self.screen = known.id
            self.gateway.entered(self, known, player=player, caps=caps)

    def _live(self, event: ServerEvent) -> None:
        if self.screen is not None and isinstance(event, Said):
            HEARD[type(event.message)](self, self.screen, event.message)

    def _ticks(self) -> int:
        return int(self.connection.loop.time() * 1000)


def _acked(session: Session, screen: uuid.UUID, ack: Ack) -> None:
    session.gateway.acked(screen, ack)


def _beaten(session: Session, screen: uuid.UUID, beat: Beat) -> None:
    session.gateway.presence.beaten(screen, beat)


def _felt(session: Session, screen: uuid.UUID, vitals: Vitals) -> None:
    session.gateway.presence.felt(screen, vitals)


def _proof(session: Session, screen: uuid.UUID, proof: Shown) -> None:
    session.gateway.proofs.take(screen, proof)


def _remembered(session: Session, _screen: uuid.UUID, said: Remembered) -> None:
    session.gateway.remembered(session, said.recalls)


def _did(session: Session, screen: uuid.UUID, done: Done) -> None:
    session.gateway.orders.heard(screen, done)


def _ticked(session: Session, screen: uuid.UUID, tick: Tick) -> None:  # noqa: ARG001 - the time is nobody's secret
    now = (session.gateway.clock.now() - EPOCH) // MICROSECOND
    session.connection.push(Tock(tick.sent, now, now))


HEARD: Final[Mapping[type, Callable[[Session, uuid.UUID, Any], None]]] = {
    Ack: _acked,
    Beat: _beaten,
    Done: _did,
    Remembered: _remembered,
    Tick: _ticked,
    Vitals: _felt,
    Shown: _proof,
}
"""Who takes what a live screen says (`protocol.LIVE_KINDS`)."""
