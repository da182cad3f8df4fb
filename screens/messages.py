"""The messages of the screen protocol as types, with one strict reader and one writer (docs/formats.md §6).

Both ends read the same way: a text of at most 64 KiB, no field twice, none unknown, none missing, no fractions. What
does not pass raises `MessageFault`, whose `why` the other side is told in its `bye`. A message with `SINCE` belongs
to the versions from that one on; SP/1 is what the installed players of the first day speak, and stays as it is.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Annotated, Any, ClassVar, Final, NoReturn, TypeAlias, cast

from cms.hands.line import Policy
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_INTEGER
from cms.trust.shape import Code, Count, Hash, Ms, Uuid, among, between, distinct, read, size
from cms.trust.signed import Signed, plain
from screens.message_parts import Caps, Chain, Nonce, PairingCode, PlayerVersion, Proof, ProofRow, Public, Why

PROTOCOL: Final = 2
OLDEST: Final = 1
SUBPROTOCOLS: Final[Mapping[str, int]] = {"yunping.screen.2": 2, "yunping.screen.1": 1}
"""Names of the versions in the handshake (RFC 6455 §1.9), newest first: the server takes the first it is offered."""
PATH: Final = "/screens/v1"
MAX_FRAME: Final = 64 * 2**10
MOST_FEEDS: Final = 12  # values of so many feeds in a message
MAX_ROWS: Final = 480  # of proof of play in a message: a third of a day of one a minute

ACK_STATES: Final = ("received", "cached", "shown", "refused")
ORDER_STATES: Final = ("received", "done", "refused", "failed")
BYE_CODES: Final = ("revoked", "replaced", "restart", "protocol", "unknown", "busy")


class MessageFault(Exception):
    """A text that is no message of the other side; `why` is size, json, type, schema or order, `where` the place."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why, where)
        self.why = why
        self.where = where


ROOTS: Final = 16  # in one message; a screen further behind comes to the rest at its next welcome
Spoken = Annotated[int, between(OLDEST, PROTOCOL)]


# ---------------------------------------------------------------- from the server


@dataclass(frozen=True, slots=True)
class Challenge:
    """First frame of every connection: what the screen must sign now, so that no recorded hello works again."""

    T: ClassVar[str] = "challenge"
    nonce: Nonce
    at: Ms
    protocol: Spoken = PROTOCOL


@dataclass(frozen=True, slots=True)
class Pairing:
    """The code an operator types on the desk, good until `expires_at`."""

    T: ClassVar[str] = "pairing"
    code: PairingCode
    expires_at: Ms


@dataclass(frozen=True, slots=True)
class Paired:
    """The server pinned the key of this connection to the screen."""

    T: ClassVar[str] = "paired"
    screen: Uuid


@dataclass(frozen=True, slots=True)
class Retry:
    """After a lost connection: wait a uniformly random time between the two (ms) before the first try."""

    min: Ms
    max: Ms


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who the screen is; sent after hello or pairing and again whenever its facts or its audience change.

    `screen` is null until a guard has signed the facts, `audience` until something was published for the screen.
    """

    T: ClassVar[str] = "welcome"
    at: Ms
    screen: Signed | None
    audience: Code | None
    media: Annotated[str, size(0, 400)]
    retry: Retry
    beat: Annotated[int, between(1_000, 3_600_000)]


@dataclass(frozen=True, slots=True)
class FileRef:
    """A signed object too large or too well known to travel inline: the file `/a/{file}` holds its wire form."""

    file: Hash


Part: TypeAlias = Signed | FileRef


@dataclass(frozen=True, slots=True)
class StateFrame:
    """The newest state of an audience; a part is absent when the screen has it already."""

    T: ClassVar[str] = "state"
    PARTS: ClassVar[tuple[str, ...]] = ("root", "delegations", "recalls", "manifest")
    OPTIONAL: ClassVar[frozenset[str]] = frozenset(PARTS)
    beacon: Signed
    root: Part | None = None
    delegations: Part | None = None
    recalls: Part | None = None
    manifest: Part | None = None


@dataclass(frozen=True, slots=True)
class Bye:
    """The last frame: why the server closes, and how long to wait (ms) before coming back."""

    T: ClassVar[str] = "bye"
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"why"})
    code: Annotated[str, among(BYE_CODES)]
    retry: Ms
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Unproved:
    """A row of proof of play that was not counted; `code` is one of `screens.proof.REFUSED`."""

    seq: Count
    code: Why


@dataclass(frozen=True, slots=True)
class Proved:
    """Rows of the chain up to `upto` are kept for good and may be forgotten; 0: the chain does not hold, begin another.

    `refused` names those of them that were not counted.
    """

    T: ClassVar[str] = "proved"
    SINCE: ClassVar[int] = 2
    chain: Chain
    upto: Ms
    refused: Annotated[tuple[Unproved, ...], size(0, MAX_ROWS)]


@dataclass(frozen=True, slots=True)
class Pulse:
    """The server is there and has nothing new to say: a page sees no pings, and a cut link says nothing at all."""

    T: ClassVar[str] = "pulse"
    SINCE: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Roots:
    """Every root after the one a screen said to have, in order: a screen takes no root whose forerunner it missed."""

    T: ClassVar[str] = "roots"
    SINCE: ClassVar[int] = 2
    roots: Annotated[tuple[Signed, ...], size(1, ROOTS)]


@dataclass(frozen=True, slots=True)
class OrderFrame:
    """A signed order (`cms.hands.order`); the screen answers with `Done`, also to one that comes again."""

    T: ClassVar[str] = "order"
    SINCE: ClassVar[int] = 2
    order: Signed


@dataclass(frozen=True, slots=True)
class Line:
    """How the line of this place may be used for media; after every welcome that it differs from, and at changes."""

    T: ClassVar[str] = "line"
    SINCE: ClassVar[int] = 2
    policy: Policy


@dataclass(frozen=True, slots=True)
class Feeds:
    """The newest signed values of feeds that the line-up has cards of (`cms.signals.feed`); after the state."""

    T: ClassVar[str] = "feeds"
    SINCE: ClassVar[int] = 2
    feeds: Annotated[tuple[Signed, ...], size(1, MOST_FEEDS)]


@dataclass(frozen=True, slots=True)
class Tock:
    """The answer to a `Tick`: its `sent` again, and the server's clock when it came and when this left (µs)."""

    T: ClassVar[str] = "tock"
    SINCE: ClassVar[int] = 2
    sent: Ms
    got: Ms
    left: Ms


# ---------------------------------------------------------------- from the screen


@dataclass(frozen=True, slots=True)
class Remembered:
    """The recall set a screen holds, said when a server under a new epoch knows less than the screen does."""

    T: ClassVar[str] = "remembered"
    SINCE: ClassVar[int] = 2
    recalls: Signed


@dataclass(frozen=True, slots=True)
class Have:
    """The versions a screen holds; 0 where it holds none."""

    epoch: Ms = 0
    version: Ms = 0
    recalls: Ms = 0
    root: Ms = 0
    delegations: Ms = 0


@dataclass(frozen=True, slots=True)
class Hello:
    """A paired screen proves that it holds the pinned key; `sig` is over `protocol.hello_bytes`."""

    T: ClassVar[str] = "hello"
    screen: Uuid
    key: Public
    have: Have
    sig: Proof
    player: PlayerVersion
    caps: Caps = field(default_factory=dict)
    protocol: Spoken = PROTOCOL


@dataclass(frozen=True, slots=True)
class Pair:
    """A screen nobody knows yet asks for a code; `sig` is over `protocol.pair_bytes`."""

    T: ClassVar[str] = "pair"
    key: Public
    sig: Proof
    player: PlayerVersion
    caps: Caps = field(default_factory=dict)
    protocol: Spoken = PROTOCOL


@dataclass(frozen=True, slots=True)
class Ack:
    """How far a version got on the screen; `code` says why it was refused, `epoch` of which epoch the version is."""

    T: ClassVar[str] = "ack"
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"code", "epoch"})
    LATER: ClassVar[Mapping[str, int]] = {"epoch": 2}
    version: Count
    state: Annotated[str, among(ACK_STATES)]
    at: Ms
    code: Why | None = None
    epoch: Count | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """The facts of health that only the screen knows; `clock` is its error against the trusted time in ms."""

    T: ClassVar[str] = "beat"
    at: Ms
    painted_at: Ms | None
    version: Ms
    showing: Hash | None
    clock: Annotated[int, between(-MAX_INTEGER)]
    stale: bool
    mem: Annotated[int, between(0, 2**20)]


@dataclass(frozen=True, slots=True)
class Done:
    """How far an order came; `code` says why it was refused or failed, `value` is what the box read back."""

    T: ClassVar[str] = "done"
    SINCE: ClassVar[int] = 2
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"code", "value"})
    order: Uuid
    state: Annotated[str, among(ORDER_STATES)]
    at: Ms
    code: Why | None = None
    value: Ms | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A screen in step with others asks for the time; `sent` is its own monotonic clock in µs."""

    T: ClassVar[str] = "tick"
    SINCE: ClassVar[int] = 2
    sent: Ms


@dataclass(frozen=True, slots=True)
class Vitals:
    """What only some boxes know of themselves: room for files and what is free of it (MB), tenths of a degree."""

    T: ClassVar[str] = "vitals"
    SINCE: ClassVar[int] = 2
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"storage", "free", "temperature"})
    at: Ms
    storage: Annotated[int, between(0, 2**31 - 1)] | None = None
    free: Annotated[int, between(0, 2**31 - 1)] | None = None
    temperature: Annotated[int, between(-1_000, 2_000)] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows of proof of play, numbered from `first`: [place in `releases`, when it began, how long it stood] (ms).

    `prev` is the hash of the row before the first, `head` that of the last (`screens.proof.next_hash`).
    """

    T: ClassVar[str] = "proof"
    SINCE: ClassVar[int] = 2
    chain: Chain
    first: Count
    prev: Hash
    head: Hash
    releases: Annotated[tuple[Hash, ...], size(1, 100), distinct]
    rows: Annotated[tuple[ProofRow, ...], size(1, MAX_ROWS)]


_Ever: TypeAlias = Challenge | Pairing | Paired | Welcome | StateFrame | Bye
FromServer: TypeAlias = _Ever | OrderFrame | Line | Roots | Feeds | Tock | Proved | Pulse
FromScreen: TypeAlias = Hello | Pair | Ack | Beat | Done | Remembered | Tick | Vitals | Shown
_SERVER: Final[tuple[type[Any], ...]] = (
    *(Challenge, Pairing, Paired, Welcome, StateFrame, Bye),
    *(OrderFrame, Line, Roots, Feeds, Tock, Proved, Pulse),
)
_SCREEN: Final[tuple[type[Any], ...]] = (Hello, Pair, Ack, Beat, Done, Remembered, Tick, Vitals, Shown)
_FROM_SERVER: Final[Mapping[str, type[Any]]] = {kind.T: kind for kind in _SERVER}
_FROM_SCREEN: Final[Mapping[str, type[Any]]] = {kind.T: kind for kind in _SCREEN}


# ---------------------------------------------------------------- writing


def encode(message: FromServer | FromScreen) -> str:
    """The text of a message; optional fields that are None are left out, nullable ones are written."""
    kind: Any = type(message)
    head, named = _fields(kind)
    parts = [head]
    for name, label, is_optional in named:
        part = getattr(message, name)
        if part is not None or not is_optional:
            parts.append(label + _TEXTS.get(type(part), _text)(part))
    return ",".join(parts) + "}"


@cache
def _fields(kind: Any) -> tuple[str, tuple[tuple[str, str, bool], ...]]:
    """How a message begins; its fields in their order, how they are named in the text, and which may be left out."""
    optional: frozenset[str] = getattr(kind, "OPTIONAL", frozenset())
    return f'{{"t":"{kind.T}"', tuple((item.name, f'"{item.name}":', item.name in optional) for item in fields(kind))


def signed_text(part: Signed) -> str:
    """The JSON of a signed object inside a message; spelt out, for it runs at every welcome and every beacon."""
    said = [
        f'{{"key":{_quoted(one.key)},"alg":{_quoted(one.alg)},"signature":{_quoted(one.signature)}}}'
        for one in part.signatures
    ]
    return f'{{"text":{_quoted(part.text)},"signatures":[{",".join(said)}]}}'


def _retry_text(part: Retry) -> str:
    return f'{{"min":{part.min},"max":{part.max}}}'


def _text(part: object) -> str:
    return _written(_plain(part))


def _plain(part: object) -> object:
    if isinstance(part, Signed):
        signatures = [{"key": one.key, "alg": one.alg, "signature": one.signature} for one in part.signatures]
        return {"text": part.text, "signatures": signatures}
    if isinstance(part, Retry | FileRef | Have | Unproved):
        return {item.name: getattr(part, item.name) for item in fields(part)}
    if isinstance(part, tuple):
        return [_plain(one) for one in part]
    if isinstance(part, Policy):
        return plain(part)
    return part


# ---------------------------------------------------------------- reading


def read_screen(text: str | bytes, protocol: int = PROTOCOL) -> FromScreen:
    """What a screen said in this version. Raises MessageFault."""
    return cast("FromScreen", _read(text, _FROM_SCREEN, protocol))


def read_server(text: str | bytes, protocol: int = PROTOCOL) -> FromServer:
    """What a server said in this version. Raises MessageFault."""
    return cast("FromServer", _read(text, _FROM_SERVER, protocol))


def _read(text: str | bytes, kinds: Mapping[str, type[Any]], protocol: int) -> object:
    value = _value(text)
    name = value.pop("t", None)
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None or getattr(kind, "SINCE", OLDEST) > protocol:
        raise MessageFault("type", "t")
    later: Mapping[str, int] = getattr(kind, "LATER", {})
    early = [name for name in value if later.get(name, OLDEST) > protocol]
    if early:
        raise MessageFault("schema", f"{kind.T}.{early[0]}")  # a field of a later version
    try:
        message = _shaped(kind, value)
    except TrustError as fault:
        raise MessageFault("schema", str(fault.params.get("field", ""))) from fault
    if getattr(message, "protocol", protocol) != protocol:
        raise MessageFault("schema", f"{kind.T}.protocol")  # what was agreed in the handshake is what is spoken
    return message


def _shaped(kind: type[Any], value: dict[str, object]) -> object:
    """`value` as a message; a field that may be absent must not be null instead."""
    optional: frozenset[str] = getattr(kind, "OPTIONAL", frozenset())
    for name in optional & value.keys():
        if value[name] is None:
            raise MessageFault("schema", f"{kind.T}.{name}")
    parts = {name: _part(value.pop(name), name) for name in getattr(kind, "PARTS", ()) if name in value}
    made = read(kind, dict.fromkeys(optional) | value, kind.T)
    return replace(made, **parts) if parts else made


def _part(value: object, path: str) -> Part:
    is_file = isinstance(value, dict) and "file" in value
    return read(FileRef, value, path) if is_file else Signed.of(value)


def _value(text: str | bytes) -> dict[str, object]:
    if not isinstance(text, str):
        raise MessageFault("json")
    # Characters first: no text is smaller in bytes than in characters.
    if len(text) > MAX_FRAME or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME:
        raise MessageFault("size")
    try:
        value = _parsed(text)
    except (ValueError, RecursionError) as fault:
        raise MessageFault("json") from fault
    if not isinstance(value, dict):
        raise MessageFault("schema")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MessageFault("schema", "twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise MessageFault("schema", text[:32])


# Made once: json.dumps and json.loads make theirs anew for each call that is not plain.
_written: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted: Final = json.encoder.encode_basestring
# Parts of a welcome and of a challenge, which ten thousand screens ask for in one moment.
_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: _quoted,
    int: str,
    Signed: signed_text,
    Retry: _retry_text,
    type(None): lambda _: "null",
}
_parsed: Final = json.JSONDecoder(object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number).decode
