"""The approval 审签: one person's signature over a release, and the bundle that carries both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cms.trust.canonical import decode, encode
from cms.trust.keys import ED25519, SigningKey, sha256
from cms.trust.limits import MAX_APPROVALS, MAX_TEXT_OF
from cms.trust.release import Release
from cms.trust.shape import Base64, KeyId, Ms, Uuid, read, size
from cms.trust.signed import Algorithm, digest, plain, signed_bytes
from cms.trust.webauthn import Assertion

MAX_BUNDLE: Final = 2 * MAX_TEXT_OF[Release.TYPE]  # a text inside a text doubles its quotes


@dataclass(frozen=True, slots=True)
class Approval:
    """`person` signed the release with `key`; `at` is information, the signature does not cover it.

    `webauthn` comes with a passkey and with nothing else; the signature is then over it.
    """

    person: Uuid
    key: KeyId
    alg: Algorithm
    signature: Base64
    at: Ms
    webauthn: Assertion | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A release's text with its approvals: what a player downloads; nothing in it is checked yet."""

    text: str
    approvals: Annotated[tuple[Approval, ...], size(0, MAX_APPROVALS)]

    @classmethod
    def read(cls, wire: str | bytes) -> "Bundle":
        """Raises TrustError `trust.canonical`, `trust.size`, `trust.schema`."""
        return read(cls, decode(wire, limit=MAX_BUNDLE), "bundle")

    def wire(self) -> str:
        """The canonical JSON that is stored, itself an asset."""
        return encode(plain(self))

    @property
    def file(self) -> str:
        """The sha256 of `wire()`, by which a manifest names it."""
        return sha256(self.wire().encode())

    @property
    def release(self) -> str:
        return release_digest(self.text)


def release_digest(text: str) -> str:
    """The hash of a release: what approvals cover, manifests list and recalls name."""
    return digest(Release.TYPE, text)


def approve(text: str, *, person: str, key: SigningKey, at: int) -> Approval:
    """`person`'s signature; whether they may is for the verifier to say."""
    return Approval(person, key.public.id, ED25519, key.sign(signed_bytes(Release.TYPE, text)), at)


def bundle(text: str, approvals: Sequence[Approval]) -> Bundle:
    return Bundle(text, tuple(approvals))
