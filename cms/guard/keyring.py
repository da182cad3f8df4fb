"""Private keys on disk: the installation's own, and each person's sealed by their password and the guard's pepper.

A person's seed is sealed by AES-256-GCM under HMAC(pepper, argon2id(password, salt)): the file alone is useless
without the pepper, the pepper without the password. The directory is 0700, every file 0600.
"""

import hashlib
import hmac
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cms.guard.durable import private_directory, sync_directory, write_atomic
from cms.guard.errors import GuardRefused
from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey, SigningKey, alg_of, b64, key_id, unb64
from cms.trust.shape import Base64, Uuid, between, read

OWN = ("root", "delegations", "guard")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of a password costs: argon2id passes and KiB."""

    passes: int = 3
    memory: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Sealed:
    person: Uuid
    public: Base64
    passes: Annotated[int, between(1, 100)]
    memory: Annotated[int, between(8, 4 * 2**20)]
    salt: Base64
    nonce: Base64
    box: Base64


class Keyring:
    """The directory `keys/`. Opening a seal takes the cost of one guess: call it from a thread."""

    def __init__(self, directory: Path, *, cost: Cost) -> None:
        self._own = private_directory(directory)
        self._people = private_directory(directory / "people")
        self._cost = cost
        self._pepper = self._secret("pepper")

    def own(self, role: str) -> SigningKey:
        """The installation's key of a role, made when first asked for."""
        return SigningKey(self._secret(f"{role}.key"))

    def coming(self, role: str) -> SigningKey:
        """The key that is to follow the present one, made when first asked for; a root decides whether it does."""
        return SigningKey(self._secret(f"{role}.next.key"))

    def fitting(self, role: str, wanted: Collection[str]) -> SigningKey | None:
        """The installation's key of a role whose id is among `wanted`: the present one, or the one to follow."""
        for name in (f"{role}.key", f"{role}.next.key"):
            if (self._own / name).exists() and (key := SigningKey(self._secret(name))).public.id in wanted:
                return key
        return None

    def settle(self, role: str, wanted: Collection[str]) -> None:
        """After a root: the key that follows takes the file of the one before; one no root names is destroyed."""
        own, new = self._own / f"{role}.key", self._own / f"{role}.next.key"
        if new.exists() and SigningKey(new.read_bytes()).public.id in wanted:
            new.replace(own)
        elif own.exists() and SigningKey(own.read_bytes()).public.id not in wanted:
            own.unlink()
        sync_directory(self._own)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, of the pepper."""
        return HKDF(SHA256(), 32, salt=None, info=f"yunping/{purpose}/1".encode()).derive(self._pepper)

    def enrol(self, person: str, password: str) -> PublicKey:
        """A new key of a person, sealed; on disk when this returns."""
        key = SigningKey.generate()
        self._seal(person, key, password)
        return key.public

    def open(self, person: str, public: str, password: str) -> SigningKey | None:
        """The key, or None for a wrong password.

        Raises:
            GuardRefused: `guard.key_missing` when this guard does not hold the key.
        """
        sealed = self._sealed(person, public)
        nonce, box = unb64(sealed.nonce, size=12), unb64(sealed.box, size=48)
        try:
            return SigningKey(AESGCM(self._password_key(password, sealed)).decrypt(nonce, box, _bound(sealed)))
        except InvalidTag:
            return None

    def reseal(self, person: str, public: str, *, old: str, new: str) -> bool:
        """Seals under a new password; False for a wrong old one."""
        key = self.open(person, public, old)
        if key is not None:
            self._seal(person, key, new)
        return key is not None

    def destroy(self, public: str) -> None:
        """A replaced key signs no more; its public half lives on in the delegations."""
        self._path(public).unlink(missing_ok=True)
        sync_directory(self._people)

    def holds(self, public: str) -> bool:
        return self._path(public).exists()

    def _seal(self, person: str, key: SigningKey, password: str) -> None:
        salt, nonce = os.urandom(16), os.urandom(12)
        blank = _Sealed(person, key.public.text, self._cost.passes, self._cost.memory, b64(salt), b64(nonce), "")
        box = AESGCM(self._password_key(password, blank)).encrypt(nonce, key.seed, _bound(blank))
        write_atomic(self._path(key.public.text), encode({**asdict(blank), "box": b64(box)}).encode())

    def _sealed(self, person: str, public: str) -> _Sealed:
        try:
            sealed = read(_Sealed, decode(self._path(public).read_bytes()), "sealed")
        except (OSError, TrustError) as error:
            raise GuardRefused("guard.key_missing", person=person) from error
        if (sealed.person, sealed.public) != (person, public):
            raise GuardRefused("guard.key_missing", person=person)
        return sealed

    def _password_key(self, password: str, sealed: _Sealed) -> bytes:
        salt = unb64(sealed.salt, size=16)
        slow = hash_secret_raw(password.encode(), salt, sealed.passes, sealed.memory, 1, 32, Type.ID)
        return hmac.new(self._pepper, slow, hashlib.sha256).digest()

    def _path(self, public: str) -> Path:
        return self._people / f"{key_id(alg_of(public), public)}.json"

    def _secret(self, name: str) -> bytes:
        path = self._own / name
        if not path.exists():
            write_atomic(path, os.urandom(32))
        return path.read_bytes()


def _bound(sealed: _Sealed) -> bytes:
    """What the box is bound to: it does not open in the place of another person's."""
    return f"{sealed.person} {sealed.public}".encode()
