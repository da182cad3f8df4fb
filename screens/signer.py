"""What the screens' room asks of the guard, which alone holds the keys: an interface, so that nobody here can sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cms.trust.manifest import Manifest, Named
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed


@dataclass(frozen=True, slots=True)
class BeaconBody:
    """What a gateway knows of a beacon; the guard adds its key id, its sequence number, the time, domain and epoch.

    `manifest` is the digest and `file` the sha256 of the newest manifest's file.
    """

    audience: str
    version: int
    manifest: str
    file: str


@dataclass(frozen=True, slots=True)
class Trust:
    """The guard's present signed objects; every state frame and manifest names them."""

    root: Signed
    delegations: Signed
    recalls: Signed
    domain: str
    epoch: int
    root_version: int
    delegations_named: Named
    recalls_named: Named
    roots: tuple[Signed, ...] = ()
    """Every root from the first on, for screens that were away."""


class Signer(Protocol):
    """A guard. Every call may raise `cms.kernel.errors.Unavailable` when it does not answer."""

    async def sign_manifest(self, body: Manifest) -> Signed: ...

    async def sign_beacons(self, bodies: Sequence[BeaconBody]) -> Mapping[str, str]:
        """By audience, the JSON of a beacon over the guard's own present recalls and root: a recall needs no database.

        An audience the guard knows no manifest of is missing.
        """
        ...

    async def sign_screen(self, body: ScreenFacts) -> Signed: ...

    async def remembered(self, recalls: Signed) -> None:
        """A recall set that a screen kept from before: what this guard does not know of it is recalled anew."""
        ...

    async def trust(self) -> Trust:
        """Cheap: gateways ask several times a second, because a recall must reach the screens at once."""
        ...
