"""Whether a screen holds the key it names: what ten thousand screens that come back ask of a gateway in one moment.

libsodium answers in half of OpenSSL's time (40 µs instead of 84 here), and this is the dearest step of a handshake. The
objects that are drawn are checked by `cms.trust` alone, here as on the screen.
"""

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey, unb64


def holds(key: PublicKey, signature: str, data: bytes) -> bool:
    """Whether `signature` (base64url) is this key's over `data` (RFC 8032 §5.1.7); never raises for bad input."""
    try:
        crypto_sign_open(unb64(signature, size=64) + data, key.raw)
    except (BadSignatureError, TrustError):
        return False
    return True
