"""Signatures and encryption of callbacks, as the platform's documentation prescribes (facts §1.6).

SHA-1 and a fixed initialisation vector are the platform's choice; nothing of ours rests on them, as a callback only
hints.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK: Final = 32  # of the padding; AES itself has 16
_RANDOM: Final = 16
_KEY_LETTERS: Final = 43


class Unreadable(Exception):
    """It was not encrypted with this key for this account, or is damaged."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted message."""

    random: bytes
    message: bytes
    appid: str


def signature(*parts: str) -> str:
    """The platform's signature over its parts in any order."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def key_of(text: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises Unreadable when it is none."""
    try:
        key = base64.b64decode(text + "=", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Unreadable("key") from problem
    if len(text) != _KEY_LETTERS or len(key) != 32:
        raise Unreadable("key")
    return key


def decrypted(key: bytes, sealed: str) -> Opened:
    """What is in `sealed`. Raises Unreadable; the caller checks the appid."""
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Unreadable("base64") from problem
    if not data or len(data) % 16:
        raise Unreadable("length")
    opener = _cipher(key).decryptor()
    plain = opener.update(data) + opener.finalize()
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise Unreadable("padding")
    plain = plain[:-padding]
    length = int.from_bytes(plain[_RANDOM : _RANDOM + 4], "big")
    message = plain[_RANDOM + 4 : _RANDOM + 4 + length]
    if len(plain) < _RANDOM + 4 or len(message) != length:
        raise Unreadable("length")
    return Opened(plain[:_RANDOM], message, plain[_RANDOM + 4 + length :].decode("utf-8", "replace"))


def encrypted(key: bytes, random: bytes, message: bytes, appid: str) -> str:
    """The reverse, with the caller's 16 random bytes."""
    plain = random + len(message).to_bytes(4, "big") + message + appid.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    sealer = _cipher(key).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([padding]) * padding) + sealer.finalize()).decode()


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
