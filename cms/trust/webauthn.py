"""Passkeys: what an authenticator signs when a person approves with it, read without a parser.

The assertion's challenge is the digest of the release. The browser writes the client data in one order (Web
Authentication §5.8.1.2, the limited verification algorithm), so its beginning is compared as text, the same in both
ports; what follows is signed too and means nothing here.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from cms.trust.errors import TrustError
from cms.trust.keys import SIZES, WEBAUTHN, b64, sha256, unb64
from cms.trust.limits import MAX_ORIGINS
from cms.trust.shape import distinct, matches, size

_PRESENT: Final = 1  # flag: somebody touched the authenticator
_VERIFIED: Final = 4  # flag: it knew the person, by PIN, finger or face


Credential = Annotated[str, matches("[A-Za-z0-9_-]{1,1400}")]
Origin = Annotated[str, matches(r"(https://[a-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?")]


@dataclass(frozen=True, slots=True)
class Assertion:
    """`authenticator`: its data, base64url; `client`: the browser's text. The signature stands in the approval."""

    authenticator: Annotated[str, matches("[A-Za-z0-9_-]{50,1400}")]
    client: Annotated[str, size(1, 2_000)]


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Where passkeys were made and are used: an assertion from any other place counts for nothing."""

    rp: Annotated[str, matches("[a-z0-9.-]{1,253}")]
    origins: Annotated[tuple[Origin, ...], size(1, MAX_ORIGINS), distinct]


def check_assertion(assertion: Assertion, signature: str, public: str, *, digest: str, place: Passkeys | None) -> None:
    """Is it this key's, over the release of this digest, at this place, by a person it knew?

    Raises TrustError `trust.passkey` with the field that is wrong, `trust.signature`.
    """
    if place is None:
        raise TrustError("trust.passkey", field="place")
    told = [_client(digest, origin) for origin in place.origins]
    if not any(assertion.client == f"{one}}}" or assertion.client.startswith(f"{one},") for one in told):
        raise TrustError("trust.passkey", field="client")
    data = _raw(assertion.authenticator)
    if data[:32].hex() != sha256(place.rp.encode()):
        raise TrustError("trust.passkey", field="rp")
    if not (data[32] & _PRESENT and data[32] & _VERIFIED):
        raise TrustError("trust.passkey", field="verified")
    if not _verifies(public, signature, data + bytes.fromhex(sha256(assertion.client.encode()))):
        raise TrustError("trust.signature")


def raw_signature(der: bytes) -> str:
    """An authenticator's DER signature as the 64 raw bytes that travel. Raises TrustError `trust.passkey`."""
    try:
        r, s = decode_dss_signature(der)
        return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    except (ValueError, OverflowError) as error:
        raise TrustError("trust.passkey", field="signature") from error


def _client(digest: str, origin: str) -> str:
    challenge = b64(bytes.fromhex(digest))
    return f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}","crossOrigin":false'


def _raw(text: str) -> bytes:
    return unb64(text, size=len(text) * 3 // 4)


def _verifies(public: str, signature: str, data: bytes) -> bool:
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), unb64(public, size=SIZES[WEBAUTHN]))
        raw = unb64(signature, size=64)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(der, data, ECDSA(SHA256()))
    except (InvalidSignature, ValueError, TrustError):
        return False
    return True
