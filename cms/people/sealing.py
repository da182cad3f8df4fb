"""Seals small secrets that must be read again: AES-256-GCM under a key of the installation, bound to whose they are."""

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cms.kernel.errors import Unavailable

_NONCE: Final = 12


class Sealer:
    """`key` is the installation's, 32 bytes, and never stands in the database; a use of its own is derived from it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"yunping/people/seal/1\n" + key).digest())

    def seal(self, label: str, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, label.encode())

    def open(self, label: str, sealed: bytes) -> bytes:
        """Raises Unavailable `people.sealed` when it was sealed with another key or for another, or is damaged."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], label.encode())
        except InvalidTag as problem:
            raise Unavailable("people.sealed") from problem
