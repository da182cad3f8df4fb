"""The sealed bundle: the guard's whole knowledge as one encrypted file, to be copied off the machine.

People and delegations, recalls, and where each release went: with it and the keys a new machine recalls while the
database is still being restored. It holds no private key.
"""

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cms.guard.durable import write_atomic
from cms.guard.errors import GuardRefused
from cms.guard.state import Json

_BOUND = b"yunping/guard-bundle/1"
_NONCE = 12


def write_bundle(path: Path, snapshot: Json, key: bytes) -> None:
    nonce = os.urandom(_NONCE)
    text = json.dumps(snapshot, ensure_ascii=False, separators=(",", ":")).encode()
    write_atomic(path, nonce + AESGCM(key).encrypt(nonce, text, _BOUND))


def read_bundle(path: Path, key: bytes) -> Json:
    """Raises GuardRefused `guard.bundle_damaged` for a changed file or another guard's keys."""
    raw = path.read_bytes()
    try:
        snapshot: Json = json.loads(AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], _BOUND))
    except (InvalidTag, ValueError) as error:
        raise GuardRefused("guard.bundle_damaged") from error
    return snapshot
