"""WeChat's signatures and its AES envelope, written from the vendor's description and proven by its vectors."""

import base64
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadEnvelope(Exception):
    """Not encrypted for this account."""


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def _cipher(key: str) -> Cipher[modes.CBC]:
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16]))


def encrypt(message: bytes, *, key: str, appid: str, salt: bytes) -> str:
    """`salt` is 16 random bytes."""
    plain = salt + struct.pack(">I", len(message)) + message + appid.encode()
    fill = BLOCK - len(plain) % BLOCK
    worker = _cipher(key).encryptor()
    return base64.b64encode(worker.update(plain + bytes([fill]) * fill) + worker.finalize()).decode()


def decrypt(text: str, *, key: str, appid: str) -> tuple[bytes, bytes]:
    """The salt and the message."""
    worker = _cipher(key).decryptor()
    plain = worker.update(base64.b64decode(text)) + worker.finalize()
    plain = plain[: -plain[-1]]
    length = struct.unpack(">I", plain[16:20])[0]
    if plain[20 + length :] != appid.encode():
        raise BadEnvelope("another account")
    return plain[:16], plain[20 : 20 + length]
