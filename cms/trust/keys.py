"""Keys: Ed25519 pairs, key ids and the one base64url spelling of raw bytes."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cms.trust.errors import TrustError

ED25519 = "ed25519"
WEBAUTHN = "webauthn-es256"
ALGORITHMS = frozenset({ED25519, WEBAUTHN, "sm2"})  # the last is a reserved name
SIZES = {ED25519: 32, WEBAUTHN: 65}  # bytes of a public key
_STANDARD = bytes.maketrans(b"-_", b"+/")


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64(text: str, *, size: int) -> bytes:
    """Exactly `size` bytes from their only base64url spelling (no padding, no stray bits)."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        raw = binascii.a2b_base64(padded.translate(_STANDARD), strict_mode=True)
    except ValueError as error:
        raise TrustError("trust.base64") from error
    if len(raw) != size or b64(raw) != text:
        raise TrustError("trust.base64")
    return raw


def sha256(data: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def alg_of(public: str) -> str:
    """What kind of key this base64url text is, by its length."""
    return WEBAUTHN if len(public) == 87 else ED25519


def key_id(alg: str, public: str) -> str | None:
    """The first 32 hex digits of sha256 of the raw public key; None for an algorithm whose keys are not known yet."""
    return sha256(unb64(public, size=SIZES[alg]))[:32] if alg in SIZES else None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A raw Ed25519 public key; `text` is its base64url spelling in every object."""

    raw: bytes

    @classmethod
    def read(cls, text: str) -> "PublicKey":
        return cls(unb64(text, size=32))

    @property
    def text(self) -> str:
        return b64(self.raw)

    @property
    def id(self) -> str:
        """The key id: the first 32 hex digits of sha256 of the raw bytes."""
        return sha256(self.raw)[:32]

    def verifies(self, signature: str, data: bytes) -> bool:
        """Whether `signature` (base64url) is this key's over `data`; never raises for bad input."""
        try:
            key = Ed25519PublicKey.from_public_bytes(self.raw)
            key.verify(unb64(signature, size=64), data)
        except (InvalidSignature, ValueError, TrustError):
            return False
        return True


class SigningKey:
    """An Ed25519 private key; never printed, never compared, written only by the guard's keyring."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def seed(self) -> bytes:
        return self._key.private_bytes_raw()

    def sign(self, data: bytes) -> str:
        return b64(self._key.sign(data))
