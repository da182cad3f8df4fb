"""The screen protocol as two state machines without a socket, clock or database: the server's and the screen's.

    server                                   screen
      │ ── challenge{nonce} ──────────────────▶ │
      │ ◀────────────── hello{screen,key,sig} ─ │      paired screen        server: ASKED → PROVEN → LIVE
      │ ── welcome{screen,audience} ──────────▶ │
      │ ── state{beacon,manifest,…} ──────────▶ │      and again at every change
      │ ◀────────────────────── ack · beat ──── │
      │ ── bye{code,retry} ───────────────────▶ │
      │ ◀───────────────────── pair{key,sig} ── │      unpaired screen      server: ASKED → WAITING → LIVE
      │ ── pairing{code} … paired{screen} ────▶ │      then as after hello

Whatever is not expected where it comes ends the connection with a `bye`; nothing is ignored and nothing is guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey, SigningKey
from screens.holding import holds
from screens.message_parts import Caps
from screens.messages import (
    PROTOCOL,
    Ack,
    Beat,
    Bye,
    Challenge,
    Done,
    Feeds,
    FromScreen,
    FromServer,
    Have,
    Hello,
    Line,
    MessageFault,
    OrderFrame,
    Pair,
    Paired,
    Pairing,
    Proved,
    Pulse,
    Remembered,
    Roots,
    Shown,
    StateFrame,
    Tick,
    Tock,
    Vitals,
    Welcome,
    read_screen,
    read_server,
)

HELLO_MS: Final = 10_000
# A beat every 20 s and three acks a version need far less; a box in a loop of errors must not cost the others.
BURST: Final = 60
REFILL_PER_S: Final = 3


def hello_bytes(nonce: str, screen: str, host: str, protocol: int = PROTOCOL) -> bytes:
    """What a hello signs. `host` is the host (and port, if it is not the scheme's) the screen dialled.

    The host keeps another server from passing a challenge on and becoming this screen.
    """
    return f"yunping/hello/{protocol}\n{nonce}\n{screen}\n{host}".encode()


def pair_bytes(nonce: str, key: str, host: str, protocol: int = PROTOCOL) -> bytes:
    """What a pair signs: proof that the key is held, not only known."""
    return f"yunping/pair/{protocol}\n{nonce}\n{key}\n{host}".encode()


class Goodbye(Exception):
    """The connection must end with this `bye`."""

    def __init__(self, code: str, *, why: str | None = None, retry: int = 0) -> None:
        super().__init__(code, why)
        self.bye = Bye(code, retry, why)


class Phase(StrEnum):
    """Where a connection stands."""

    ASKED = "asked"
    PROVEN = "proven"
    WAITING = "waiting"
    LIVE = "live"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Proven:
    """The other side holds the key it names and says it is this screen; whether it is, the pinned key decides."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class WantsPairing:
    """The other side holds the key it names and wants a code."""

    pair: Pair


@dataclass(frozen=True, slots=True)
class Said:
    """A live screen said something; who takes which kind is a table of the session."""

    message: FromScreen


ServerEvent: TypeAlias = Proven | WantsPairing | Said
LIVE_KINDS: Final[tuple[type[FromScreen], ...]] = (Ack, Beat, Done, Remembered, Tick, Vitals, Shown)
"""What a live screen may say; of a later version only where that was agreed."""


class ServerSide:
    """One connection as the server sees it. Times are ms of any clock that does not run backwards.

    `protocol` is the version agreed in the handshake.
    """

    __slots__ = ("_allowance", "_hosts", "_nonce", "_opened_at", "_topped_at", "phase", "protocol")

    def __init__(self, *, nonce: str, hosts: tuple[str, ...], now: int, protocol: int = PROTOCOL) -> None:
        self.protocol = protocol
        self._nonce = nonce
        self._hosts = hosts
        self._opened_at = now
        self._allowance = float(BURST)
        self._topped_at = now
        self.phase = Phase.ASKED

    def challenge(self, at: int) -> Challenge:
        """The first frame; `at` is wall time in ms."""
        return Challenge(self._nonce, at, self.protocol)

    def receive(self, text: str | bytes, now: int) -> ServerEvent:
        """What a frame means here.

        Raises:
            Goodbye: the frame is no message, comes at the wrong place, too often, or proves nothing.
        """
        self._spend(now)
        try:
            message = read_screen(text, self.protocol)
        except MessageFault as fault:
            raise self._ended("protocol", fault.why) from fault
        if self.phase is Phase.ASKED:
            return self._first(message)
        if self.phase is Phase.LIVE and isinstance(message, LIVE_KINDS):
            return Said(message)
        raise self._ended("protocol", "order")

    def overdue(self, now: int) -> bool:
        """Whether the other side took too long to say who it is."""
        return self.phase is Phase.ASKED and now - self._opened_at >= HELLO_MS

    def shown_code(self, code: str, expires_at: int) -> Pairing:
        """The answer to `WantsPairing`."""
        return Pairing(code, expires_at)

    def paired(self, screen: str) -> Paired:
        """An operator typed the code: the connection belongs to this screen from now on."""
        return Paired(screen)

    def admit(self) -> None:
        """The pinned key is the proven one."""
        if self.phase not in {Phase.PROVEN, Phase.WAITING}:
            raise ValueError(self.phase)
        self.phase = Phase.LIVE
        self._nonce = ""  # no proof will be asked for again, and ten thousand of them are a megabyte

    def end(self) -> None:
        self.phase = Phase.CLOSED

    def _first(self, message: FromScreen) -> ServerEvent:
        if isinstance(message, Hello):
            said = [hello_bytes(self._nonce, message.screen, host, self.protocol) for host in self._hosts]
            self._proof(message.key, message.sig, said)
            self.phase = Phase.PROVEN
            return Proven(message)
        if isinstance(message, Pair):
            said = [pair_bytes(self._nonce, message.key, host, self.protocol) for host in self._hosts]
            self._proof(message.key, message.sig, said)
            self.phase = Phase.WAITING
            return WantsPairing(message)
        raise self._ended("protocol", "order")

    def _proof(self, key: str, sig: str, said: list[bytes]) -> None:
        try:
            public = PublicKey.read(key)
        except TrustError as fault:
            raise self._ended("protocol", "schema") from fault
        if not any(holds(public, sig, data) for data in said):
            raise self._ended("protocol", "signature")

    def _spend(self, now: int) -> None:
        self._allowance = min(BURST, self._allowance + (now - self._topped_at) * REFILL_PER_S / 1000)
        self._topped_at = now
        if self._allowance < 1:
            raise self._ended("protocol", "rate")
        self._allowance -= 1

    def _ended(self, code: str, why: str) -> Goodbye:
        self.phase = Phase.CLOSED
        return Goodbye(code, why=why, retry=60_000)


# ---------------------------------------------------------------- the screen's side


@dataclass(frozen=True, slots=True)
class Reply:
    """Something to send now."""

    message: FromScreen


@dataclass(frozen=True, slots=True)
class CodeShown:
    """Draw this code until `expires_at` (ms)."""

    code: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class BecameScreen:
    """Remember this id: the server pinned our key to it."""

    screen: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    welcome: Welcome


@dataclass(frozen=True, slots=True)
class StateCame:
    """Check it (docs/formats.md §3) before anything of it is used."""

    state: StateFrame


@dataclass(frozen=True, slots=True)
class Told:
    """Something else the server says to a live screen; who takes which kind is the screen's own table."""

    message: FromServer


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The server will close. A `bye` is not signed: it never makes a screen forget or blank anything."""

    bye: Bye


ScreenEvent: TypeAlias = Reply | CodeShown | BecameScreen | Welcomed | StateCame | Told | Dismissed
TOLD_KINDS: Final[tuple[type[FromServer], ...]] = (OrderFrame, Line, Roots, Feeds, Tock, Proved, Pulse)
"""What a live screen may be told besides welcomes and states."""


class ScreenSide:
    """One connection as the screen sees it; the reference for the player's JavaScript and the simulator."""

    def __init__(
        self,
        *,
        key: SigningKey,
        screen: str | None,
        host: str,
        have: Have,
        player: str,
        caps: Caps | None = None,
        protocol: int = PROTOCOL,
        reader: Callable[[str | bytes, int], FromServer] = read_server,
    ) -> None:
        self.protocol = protocol
        self._reader = reader
        self._key = key
        self._host = host
        self._have = have
        self._player = player
        self._caps = caps or {}
        self.screen = screen
        self.phase = Phase.ASKED

    def receive(self, text: str | bytes) -> ScreenEvent:
        """What a frame of the server means.

        Raises:
            MessageFault: the frame is no message of this version, or at the wrong place; close and try again later.
        """
        message = self._reader(text, self.protocol)
        if isinstance(message, Bye):
            self.phase = Phase.CLOSED
            return Dismissed(message)
        if isinstance(message, Challenge) and self.phase is Phase.ASKED:
            return Reply(self._proof(message.nonce))
        is_early = isinstance(message, Pulse) and self.phase in {Phase.WAITING, Phase.PROVEN}
        if is_early or (self.phase is Phase.LIVE and isinstance(message, TOLD_KINDS)):
            return Told(message)
        if self.phase is Phase.WAITING:
            return self._while_waiting(message)
        if isinstance(message, Welcome) and self.phase in {Phase.PROVEN, Phase.LIVE}:
            self.phase = Phase.LIVE
            return Welcomed(message)
        if isinstance(message, StateFrame) and self.phase is Phase.LIVE:
            return StateCame(message)
        raise MessageFault("order", message.T)

    def ack(self, version: int, state: str, at: int, code: str | None = None) -> Ack:
        return Ack(version, state, at, code)

    def _while_waiting(self, message: FromServer) -> ScreenEvent:
        if isinstance(message, Pairing):
            return CodeShown(message.code, message.expires_at)
        if isinstance(message, Paired):
            self.screen = message.screen
            self.phase = Phase.PROVEN
            return BecameScreen(message.screen)
        raise MessageFault("order", message.T)

    def _proof(self, nonce: str) -> Hello | Pair:
        public = self._key.public.text
        if self.screen is None:
            self.phase = Phase.WAITING
            sig = self._key.sign(pair_bytes(nonce, public, self._host, self.protocol))
            return Pair(public, sig, self._player, self._caps, self.protocol)
        self.phase = Phase.PROVEN
        sig = self._key.sign(hello_bytes(nonce, self.screen, self._host, self.protocol))
        return Hello(self.screen, public, self._have, sig, self._player, self._caps, self.protocol)
