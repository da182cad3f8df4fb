"""The approval 审签: one person's signature over a release, and the bundle that carries both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cms.trust.canonical import decode, encode
from cms.trust.fields import BASE64, KEY_ID, UUID, Fields
from cms.trust.keys import ALGORITHMS, ED25519, SigningKey, sha256
from cms.trust.limits import MAX_APPROVALS, MAX_TEXT, MAX_TEXT_OF
from cms.trust.release import Release
from cms.trust.signed import digest, plain, signed_bytes

MAX_BUNDLE: Final = 2 * MAX_TEXT_OF[Release.TYPE]


@dataclass(frozen=True, slots=True)
class Approval:
    """`person` signed the release with `key`; `at` (ms) is information, the signature does not cover it."""

    person: str
    key: str
    alg: str
    signature: str
    at: int
    webauthn: None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A release's text with its approvals: what a player downloads; nothing in it is checked yet."""

    text: str
    approvals: tuple[Approval, ...]

    @classmethod
    def read(cls, wire: str | bytes) -> "Bundle":
        """Raises TrustError `trust.canonical`, `trust.size`, `trust.schema`."""
        top = Fields(decode(wire, limit=min(MAX_BUNDLE, MAX_TEXT)), "bundle")
        bundle = cls(
            top.text("text", limit=MAX_BUNDLE),
            tuple(read_approval(item) for item in top.each("approvals", most=MAX_APPROVALS)),
        )
        top.done()
        return bundle

    def wire(self) -> str:
        """The canonical JSON that is stored, itself an asset."""
        return encode(plain(self))

    @property
    def file(self) -> str:
        """The sha256 of `wire()`, by which a manifest names it."""
        return sha256(self.wire().encode())

    @property
    def release(self) -> str:
        """The release's digest."""
        return release_digest(self.text)


def release_digest(text: str) -> str:
    """The hash of a release: what approvals cover, manifests list and recalls name."""
    return digest(Release.TYPE, text)


def approve(text: str, *, person: str, key: SigningKey, at: int) -> Approval:
    """`person`'s signature; whether they may is for the verifier to say."""
    signature = key.sign(signed_bytes(Release.TYPE, text))
    return Approval(person, key.public.id, ED25519, signature, at)


def bundle(text: str, approvals: Sequence[Approval]) -> Bundle:
    return Bundle(text, tuple(approvals))


def read_approval(part: Fields) -> Approval:
    approval = Approval(
        person=part.text("person", UUID),
        key=part.text("key", KEY_ID),
        alg=part.one_of("alg", ALGORITHMS),
        signature=part.text("signature", BASE64),
        at=part.integer("at"),
    )
    if part.raw("webauthn") is not None:
        part.refuse("webauthn")
    part.done()
    return approval
