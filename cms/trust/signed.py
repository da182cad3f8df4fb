"""A signed object as it travels: its text as a string, so nobody re-serialises what was signed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, ClassVar, Final, Generic, Protocol, TypeVar

from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import ALGORITHMS, ED25519, SigningKey, sha256
from cms.trust.limits import MAX_SIGNATURES, MAX_TEXT, MAX_TEXT_OF
from cms.trust.shape import Base64, KeyId, among, read, size

FORMAT: Final = 1  # of every object that holds nothing a later format brought
Algorithm = Annotated[str, among(ALGORITHMS)]


class Body(Protocol):
    """Anything that can be signed: a dataclass with a TYPE, a domain and an epoch.

    Its `LATER` says which fields came with which later format: a text of an earlier one has no such field (None here),
    and one that needs none of them is written in the earliest, which every player in the field can read.
    """

    TYPE: ClassVar[str]

    @property
    def domain(self) -> str: ...
    @property
    def epoch(self) -> int: ...


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
B = TypeVar("B", bound=Body)


def signed_bytes(type_: str, text: str) -> bytes:
    """What a signature covers: the type keeps a signature of one kind from passing as another."""
    return f"yunping/{type_}/1\n{text}".encode()


def digest(type_: str, text: str) -> str:
    """The hash by which a release, a manifest, … is called."""
    return sha256(signed_bytes(type_, text))


@dataclass(frozen=True, slots=True)
class Signature:
    """One key's signature over a signed object."""

    key: KeyId
    alg: Algorithm
    signature: Base64


@dataclass(frozen=True, slots=True)
class Signed:
    """A text with signatures nobody has checked yet."""

    text: str
    signatures: Annotated[tuple[Signature, ...], size(0, MAX_SIGNATURES)]

    @classmethod
    def read(cls, wire: str | bytes) -> "Signed":
        """From the canonical JSON of `{"text","signatures"}`, as in a file `/a/{sha256}`."""
        return cls.of(decode(wire, limit=MAX_TEXT))

    @classmethod
    def of(cls, value: object) -> "Signed":
        """From the decoded object, as inside a message of the screen protocol."""
        return read(cls, value, "signed")

    @classmethod
    def kept(cls, wire: str) -> "Signed":
        """From a row that `wire()` was written into: not looked through again, as what a stranger sends is.

        A tenth of what `read` costs; who draws by it checks it in any case. Raises TrustError `trust.schema`.
        """
        try:
            found = json.loads(wire)
            signatures = tuple(Signature(one["key"], one["alg"], one["signature"]) for one in found["signatures"])
            return cls(str(found["text"]), signatures)
        except (ValueError, KeyError, TypeError) as problem:
            raise TrustError("trust.schema", field="signed") from problem

    def value(self) -> object:
        return plain(self)

    def wire(self) -> str:
        """The canonical JSON to store and send."""
        return encode(plain(self))

    @property
    def file(self) -> str:
        """The sha256 of `wire()`: the name of the file `/a/{sha256}`."""
        return sha256(self.wire().encode())

    def digest(self, type_: str) -> str:
        return digest(type_, self.text)


_PROOF: Final = object()


@dataclass(frozen=True, slots=True, init=False)
class Verified(Generic[T_co]):
    """A value whose signatures and rules were checked; only this package's checks can make one.

    What draws, stores or sends takes `Verified[Release]`, so mypy refuses a caller with a mere parsed text.
    """

    value: T_co
    text: str
    digest: str

    def __init__(self, value: T_co, text: str, digest: str, *, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("only cms.trust makes Verified values")
        for name, part in (("value", value), ("text", text), ("digest", digest)):
            object.__setattr__(self, name, part)


def verified(value: T, text: str, digest: str) -> Verified[T]:
    """For the checks of this package alone."""
    return Verified(value, text, digest, proof=_PROOF)


def read_body(shape: type[B], text: str) -> B:
    """A signed object's text as its dataclass.

    Raises TrustError `trust.canonical`, `trust.size`, `trust.type`, `trust.format`, `trust.schema`.
    """
    top = decode(text, limit=MAX_TEXT_OF[shape.TYPE])
    if not isinstance(top, dict) or top.pop("type", None) != shape.TYPE:
        raise TrustError("trust.type", wanted=shape.TYPE)
    format_, later = top.pop("format", None), _later(shape)
    if type(format_) is not int or format_ not in {FORMAT, *later.values()}:
        raise TrustError("trust.format", known=max([FORMAT, *later.values()]))
    for name in (name for name, since in later.items() if since > format_):
        if name in top:
            raise TrustError("trust.schema", field=f"{shape.TYPE}.{name}")
        top[name] = None
    return read(shape, top, shape.TYPE)


def _later(shape: object) -> Mapping[str, int]:
    found: Mapping[str, int] = getattr(shape, "LATER", {})
    return found


def plain(value: object) -> object:
    """Dataclasses as the objects of docs/formats.md: `class_` and `from_` lose the underscore."""
    if is_dataclass(value) and not isinstance(value, type):
        made = {item.name.rstrip("_"): plain(getattr(value, item.name)) for item in fields(value)}
        type_, later = getattr(value, "TYPE", None), _later(value)
        format_ = max((since for name, since in later.items() if made[name] is not None), default=FORMAT)
        made = {name: item for name, item in made.items() if later.get(name, FORMAT) <= format_}
        return made if type_ is None else {"type": type_, "format": format_, **made}
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
    return Signed(text, tuple(Signature(key.public.id, ED25519, key.sign(data)) for key in keys))
