"""Roots made by people round a table: drafts of the next root, holders' sealed keys, one signature after another. Pure.

A draft is a signed object without enough signatures yet; it travels as a file from holder to holder. Nobody's key
leaves the file it is sealed in, and the guard takes the root only when the threshold of the one before has signed.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cms.guard.authority import DAY
from cms.guard.errors import GuardRefused
from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import ED25519, PublicKey, SigningKey, b64, unb64
from cms.trust.root import Role, Roles, Root, RootKey, read_root
from cms.trust.shape import Base64, between, read, size
from cms.trust.signed import Signed, sign_text, text_of

LONGEST: Final = 3 * 365  # days a root may be good for
ROLES: Final = ("root", "delegations", "guard", "player")


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one guess of a holder's passphrase costs; these files lie in drawers for years."""

    passes: int = 6
    memory: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A root key as its holder keeps it: sealed by a passphrase, good on any machine."""

    holder: Annotated[str, size(1, 100)]
    public: Base64
    passes: Annotated[int, between(1, 100)]
    memory: Annotated[int, between(8, 4 * 2**20)]
    salt: Base64
    nonce: Base64
    box: Base64

    @classmethod
    def read(cls, text: str | bytes) -> "HolderKey":
        """Raises GuardRefused `guard.holder_file`."""
        try:
            return read(cls, decode(text), "holder")
        except TrustError as error:
            raise GuardRefused("guard.holder_file") from error

    def wire(self) -> str:
        return encode(asdict(self))

    def open(self, passphrase: str) -> SigningKey:
        """Raises GuardRefused `guard.wrong_passphrase`. Slow: call it from a thread."""
        box = AESGCM(_slow(passphrase, self))
        try:
            return SigningKey(box.decrypt(unb64(self.nonce, size=12), unb64(self.box, size=48), self._bound))
        except InvalidTag as error:
            raise GuardRefused("guard.wrong_passphrase", holder=self.holder) from error

    @property
    def _bound(self) -> bytes:
        return f"yunping/holder/1 {self.holder} {self.public}".encode()


def new_holder(holder: str, passphrase: str, *, sealing: Sealing) -> HolderKey:
    """Raises GuardRefused `guard.passphrase_short`."""
    if len(passphrase) < _SHORTEST:
        raise GuardRefused("guard.passphrase_short", least=_SHORTEST)
    key, nonce = SigningKey.generate(), os.urandom(12)
    blank = HolderKey(holder, key.public.text, sealing.passes, sealing.memory, b64(os.urandom(16)), b64(nonce), "A")
    box = AESGCM(_slow(passphrase, blank)).encrypt(nonce, key.seed, blank._bound)  # noqa: SLF001 - its own module
    return replace(blank, box=b64(box))


_SHORTEST: Final = 12


def _slow(passphrase: str, sealed: HolderKey) -> bytes:
    salt = unb64(sealed.salt, size=16)
    return hash_secret_raw(passphrase.encode(), salt, sealed.passes, sealed.memory, 1, 32, Type.ID)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next root is to change: the public keys of a role and how many of them must sign. None: as it was.

    `raise_epoch` goes with every key that is taken out because somebody else may have it, and with a restore.
    """

    root: tuple[str, ...] | None = None
    root_threshold: int | None = None
    delegations: str | None = None
    guard: tuple[str, ...] | None = None
    player: tuple[str, ...] | None = None
    player_threshold: int | None = None
    raise_epoch: bool = False
    days: int = 365


def next_root(root: Root, wish: Wish, *, now: int) -> Root:
    """The root that follows, not signed yet.

    Raises:
        GuardRefused: `guard.root_days`; TrustError `trust.schema` for a threshold nobody can reach, `trust.base64`.
    """
    if not 1 <= wish.days <= LONGEST:
        raise GuardRefused("guard.root_days", most=LONGEST)
    roles = {
        "root": _role(root.roles.root, wish.root, wish.root_threshold),
        "delegations": _role(root.roles.delegations, wish.delegations and (wish.delegations,), None),
        "guard": _role(root.roles.guard, wish.guard, None),
    }
    player = _role(root.player, wish.player, wish.player_threshold) if root.player or wish.player else None
    held = {public.id: public for public in (PublicKey.read(key.public) for key in root.keys.values())}
    new = (*(wish.root or ()), *(wish.guard or ()), *(wish.player or ()), *filter(None, [wish.delegations]))
    held |= {public.id: public for public in map(PublicKey.read, new)}
    named = {key for role in (*roles.values(), player) if role for key in role.keys}
    made = replace(
        root,
        version=root.version + 1,
        epoch=root.epoch + wish.raise_epoch,
        issued_at=now,
        expires_at=now + wish.days * DAY,
        keys={key: RootKey(ED25519, held[key].text) for key in sorted(named)},
        roles=Roles(**roles),
        player=player,
    )
    return read_root(text_of(made))


def _role(before: Role | None, publics: Sequence[str] | None, threshold: int | None) -> Role:
    """A new set of keys keeps the threshold as far as it can be reached."""
    keys = tuple(PublicKey.read(text).id for text in publics) if publics else before.keys if before else ()
    wanted = threshold or (min(before.threshold, len(keys)) if before else 1)
    return Role(keys, wanted)


def add_signature(draft: Signed, type_: str, key: SigningKey) -> Signed:
    """The draft with this key's signature, once."""
    made = sign_text(type_, draft.text, [key]).signatures[0]
    return replace(draft, signatures=(*(one for one in draft.signatures if one.key != made.key), made))


@dataclass(frozen=True, slots=True)
class Missing:
    """Signatures of a role still to come: `who` could give them."""

    role: str
    count: int
    who: tuple[str, ...]


def missing(draft: Signed, before: Root) -> Iterator[Missing]:
    """What a root still lacks before a screen takes it: of the root before it, and of itself."""
    after = read_root(draft.text)
    given = {one.key for one in draft.signatures}
    for name, role in (("before", before.roles.root), ("after", after.roles.root)):
        left = role.threshold - len(given.intersection(role.keys))
        if left > 0:
            yield Missing(name, left, tuple(key for key in role.keys if key not in given))


def differences(before: Root, after: Root) -> Iterator[tuple[str, dict[str, object]]]:
    """What a holder is told before signing: (message, parameters), in the order of weight."""
    if after.epoch != before.epoch:
        yield "epoch", {"epoch": after.epoch}
    for name in ROLES:
        old, new = before.role(name), after.role(name)
        if old == new:
            continue
        for key in new.keys if new else ():
            if old is None or key not in old.keys:
                yield "key_in", {"role": name, "key_id": key}
        for key in old.keys if old else ():
            if new is None or key not in new.keys:
                yield "key_out", {"role": name, "key_id": key}
        if new is not None and (old is None or old.threshold != new.threshold):
            yield "threshold", {"role": name, "threshold": new.threshold, "keys": len(new.keys)}
    yield "until", {"expires_at": after.expires_at}
