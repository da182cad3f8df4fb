"""The root: which keys may speak for the district, in chained versions (docs/formats.md §2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from cms.trust.errors import TrustError
from cms.trust.keys import ED25519, PublicKey
from cms.trust.limits import MAX_KEYS
from cms.trust.shape import Base64, Count, Domain, KeyId, Ms, among, distinct, size
from cms.trust.signed import read_body


@dataclass(frozen=True, slots=True)
class RootKey:
    alg: Annotated[str, among({ED25519})]
    public: Base64


@dataclass(frozen=True, slots=True)
class Role:
    """The keys of a role and how many of them must sign."""

    keys: Annotated[tuple[KeyId, ...], size(1, MAX_KEYS), distinct]
    threshold: Count


@dataclass(frozen=True, slots=True)
class Roles:
    root: Role
    delegations: Role
    guard: Role


@dataclass(frozen=True, slots=True)
class Root:
    """Signed by its own root role and, from version 2 on, by the root role of the version before.

    `player` (format 2): who releases the player's own software; None: nobody, and screens are updated by hand.
    """

    TYPE: ClassVar[str] = "root"
    LATER: ClassVar[Mapping[str, int]] = {"player": 2}

    domain: Domain
    epoch: Count
    version: Count
    issued_at: Ms
    expires_at: Ms
    keys: Annotated[Mapping[str, RootKey], size(1, MAX_KEYS)]
    roles: Roles
    player: Role | None = None

    def role(self, name: str) -> Role | None:
        found: Role | None = self.player if name == "player" else getattr(self.roles, name)
        return found


def read_root(text: str) -> Root:
    """Raises TrustError as `read_body`: also `trust.schema` for an id that is not its key's, or a role nobody fills."""
    root = read_body(Root, text)
    if any(PublicKey.read(key.public).id != key_id for key_id, key in root.keys.items()):
        raise TrustError("trust.schema", field="root.keys")
    for role in filter(None, map(root.role, ("root", "delegations", "guard", "player"))):
        if not set(role.keys) <= root.keys.keys() or role.threshold > len(role.keys):
            raise TrustError("trust.schema", field="root.roles")
    return root
