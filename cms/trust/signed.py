"""A signed object as it travels: its text as a string, so nobody re-serialises what was signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar, Final, Generic, Protocol, TypeVar

from cms.trust.canonical import Value, decode, encode
from cms.trust.errors import TrustError
from cms.trust.fields import BASE64, DOMAIN, KEY_ID, Fields
from cms.trust.keys import ALGORITHMS, ED25519, SigningKey, sha256
from cms.trust.limits import MAX_SIGNATURES, MAX_TEXT, MAX_TEXT_OF

FORMAT: Final = 1


class Body(Protocol):
    """Anything that can be signed: a dataclass with a TYPE, a domain and an epoch."""

    TYPE: ClassVar[str]

    @property
    def domain(self) -> str: ...
    @property
    def epoch(self) -> int: ...


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_PROOF = object()


def signed_bytes(type_: str, text: str) -> bytes:
    """What a signature covers: the type keeps a signature of one kind from passing as another."""
    return f"yunping/{type_}/1\n{text}".encode()


def digest(type_: str, text: str) -> str:
    """The hash by which a release, a manifest, … is called."""
    return sha256(signed_bytes(type_, text))


@dataclass(frozen=True, slots=True)
class Signature:
    """One key's signature over a signed object."""

    key: str
    alg: str
    signature: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A text with signatures nobody has checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, wire: str | bytes) -> "Signed":
        """From the canonical JSON of `{"text","signatures"}`, as in a file `/a/{sha256}`."""
        return cls.of(decode(wire, limit=MAX_TEXT))

    @classmethod
    def of(cls, value: Value) -> "Signed":
        """From the decoded object, as inside a message of the screen protocol."""
        top = Fields(value, "signed")
        text = top.text("text", limit=MAX_TEXT)
        signatures: list[Signature] = []
        for item in top.each("signatures", most=MAX_SIGNATURES):
            alg = item.one_of("alg", ALGORITHMS)
            signatures.append(Signature(item.text("key", KEY_ID), alg, item.text("signature", BASE64)))
            item.done()
        top.done()
        return cls(text, tuple(signatures))

    def value(self) -> dict[str, Value]:
        """The object for a message."""
        return {
            "text": self.text,
            "signatures": [{"key": item.key, "alg": item.alg, "signature": item.signature} for item in self.signatures],
        }

    def wire(self) -> str:
        """The canonical JSON to store and send."""
        return encode(self.value())

    @property
    def file(self) -> str:
        """The sha256 of `wire()`: the name of the file `/a/{sha256}`."""
        return sha256(self.wire().encode())

    def digest(self, type_: str) -> str:
        return digest(type_, self.text)


@dataclass(frozen=True, slots=True, init=False)
class Verified(Generic[T_co]):
    """A value whose signatures and rules were checked; only this package's checks can make one.

    A function that draws, stores or sends takes `Verified[Release]`, so that mypy refuses a caller
    with nothing but a parsed text in hand.
    """

    value: T_co
    text: str
    digest: str

    def __init__(self, value: T_co, text: str, digest: str, *, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("only cms.trust makes Verified values")
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "digest", digest)


def verified(value: T, text: str, digest: str) -> Verified[T]:
    """For the checks of this package alone (an architecture test looks for other callers)."""
    return Verified(value, text, digest, proof=_PROOF)


def opened(text: str, type_: str) -> tuple[Fields, str, int]:
    """The fields of a signed object's text, its domain and its epoch; the rest is the caller's to read.

    Raises:
        TrustError: `trust.canonical`, `trust.size`, `trust.schema`, `trust.type`, `trust.format`.
    """
    top = Fields(decode(text, limit=MAX_TEXT_OF[type_]), type_)
    if top.text("type") != type_:
        raise TrustError("trust.type", wanted=type_)
    if top.integer("format") != FORMAT:
        raise TrustError("trust.format", known=FORMAT)
    return top, top.text("domain", DOMAIN), top.integer("epoch", least=1)


def plain(value: object) -> object:
    """Dataclasses as the dicts of docs/formats.md: `class_` and `from_` lose the underscore."""
    if is_dataclass(value) and not isinstance(value, type):
        made = {item.name.rstrip("_"): plain(getattr(value, item.name)) for item in fields(value)}
        type_ = getattr(value, "TYPE", None)
        return made if type_ is None else {"type": type_, "format": FORMAT, **made}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def text_of(body: Body) -> str:
    """The canonical text of a root, release, manifest, …: what gets signed."""
    return encode(plain(body))


def sign(body: Body, keys: Sequence[SigningKey]) -> Signed:
    """The object signed by each of `keys`."""
    return sign_text(body.TYPE, text_of(body), keys)


def sign_text(type_: str, text: str, keys: Sequence[SigningKey]) -> Signed:
    data = signed_bytes(type_, text)
    signatures = (Signature(key.public.id, ED25519, key.sign(data)) for key in keys)
    return Signed(text, tuple(signatures))
