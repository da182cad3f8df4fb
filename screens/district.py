"""A whole district's keys in memory: the `Signer` of simulations and tests, never the one of a real street."""

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cms.hands.order import Order
from cms.hands.signing import Wish
from cms.kernel.clock import Clock, to_ms
from cms.kernel.errors import Unavailable
from cms.trust.beacon import Beacon
from cms.trust.delegations import Delegations
from cms.trust.keys import ED25519, SigningKey
from cms.trust.manifest import Manifest, Named
from cms.trust.recalls import Recalled, Recalls
from cms.trust.root import Role, Roles, Root, RootKey, read_root
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed, sign
from screens.messages import signed_text
from screens.signer import BeaconBody, Trust

_YEAR = 365 * 86_400_000


def _key(seed: bytes | None, role: str) -> SigningKey:
    return SigningKey.generate() if seed is None else SigningKey(hashlib.sha256(seed + role.encode()).digest())


class District:
    """Signs like a guard; `is_away` makes it answer like one that is down.

    Two processes with the same `seed` stand for one guard; without one the keys are new.
    """

    def __init__(self, clock: Clock, *, domain: str = "district.example", seed: bytes | None = None) -> None:
        self.is_away = False
        self.signed = 0
        self._clock = clock
        self._domain = domain
        self._keys = {role: _key(seed, role) for role in ("root", "delegations", "guard")}
        self._seq = 0
        self._orders = 0
        now = to_ms(clock.now())
        self.root = self._root(now)
        self.roots: tuple[Signed, ...] = (self.root,)
        self.kept: list[Signed] = []
        self._recalls = Recalls(domain, 1, 1, now, ())
        delegations = Delegations(domain, 1, 1, now, now + _YEAR, ())
        self._delegations = sign(delegations, [self._keys["delegations"]])
        self._trust = self._trusted()

    async def remembered(self, recalls: Signed) -> None:
        """Kept, for whoever looks whether it came."""
        self.kept.append(recalls)

    def follow(self) -> Signed:
        """The next root, with the same keys."""
        held = read_root(self.root.text)
        self.root = sign(replace(held, version=held.version + 1), [self._keys["root"]])
        self.roots = (*self.roots, self.root)
        self._trust = self._trusted()
        return self.root

    async def trust(self) -> Trust:
        self._check()
        return self._trust

    async def sign_manifest(self, body: Manifest) -> Signed:
        return self._sign(body)

    async def sign_beacons(self, bodies: Sequence[BeaconBody]) -> Mapping[str, str]:
        await asyncio.sleep(0)
        return {body.audience: signed_text(self.beacon(body)) for body in bodies}

    def beacon(self, body: BeaconBody) -> Signed:
        """The next beacon of this guard."""
        self._seq += 1
        beacon = Beacon(
            domain=self._domain,
            epoch=1,
            audience=body.audience,
            guard=self._keys["guard"].public.id,
            seq=self._seq,
            at=to_ms(self._clock.now()),
            version=body.version,
            manifest=body.manifest,
            file=body.file,
            recalls=self._trust.recalls_named,
            root=self._trust.root_version,
        )
        return self._sign(beacon)

    async def sign_screen(self, body: ScreenFacts) -> Signed:
        return self._sign(body)

    async def sign_orders(
        self,
        person: uuid.UUID,
        action: str,
        wishes: Sequence[Wish],
        *,
        not_before: dt.datetime,
        expires_at: dt.datetime,
    ) -> Sequence[Signed]:
        return [self.order(person, action, one, not_before=not_before, expires_at=expires_at) for one in wishes]

    def order(
        self, person: uuid.UUID, action: str, wish: Wish, *, not_before: dt.datetime, expires_at: dt.datetime
    ) -> Signed:
        """The next order of this guard."""
        self._orders += 1
        made = Order(
            domain=self._domain,
            epoch=1,
            guard=self._keys["guard"].public.id,
            seq=self._orders,
            order=str(wish.order),
            screen=str(wish.screen),
            action=action,
            params=dict(wish.params),
            by=str(person),
            not_before=to_ms(not_before),
            expires_at=to_ms(expires_at),
        )
        return self._sign(made)

    def recall(self, item: Recalled) -> None:
        """As a guard does on its own, without any database."""
        old = self._recalls
        self._recalls = replace(old, version=old.version + 1, at=to_ms(self._clock.now()), items=(*old.items, item))
        self._trust = self._trusted()

    def _sign(self, body: Beacon | Manifest | Order | ScreenFacts) -> Signed:
        self._check()
        self.signed += 1
        return sign(body, [self._keys["guard"]])

    def _check(self) -> None:
        if self.is_away:
            raise Unavailable("screens.guard_away")

    def _root(self, now: int) -> Signed:
        public = {role: key.public for role, key in self._keys.items()}
        root = Root(
            domain=self._domain,
            epoch=1,
            version=1,
            issued_at=now,
            expires_at=now + _YEAR,
            keys={key.id: RootKey(ED25519, key.text) for key in public.values()},
            roles=Roles(**{role: Role((key.id,), 1) for role, key in public.items()}),
        )
        return sign(root, [self._keys["root"]])

    def _trusted(self) -> Trust:
        recalls = sign(self._recalls, [self._keys["guard"]])
        return Trust(
            root=self.root,
            delegations=self._delegations,
            recalls=recalls,
            domain=self._domain,
            epoch=1,
            root_version=read_root(self.root.text).version,
            delegations_named=Named(1, self._delegations.file),
            recalls_named=Named(self._recalls.version, recalls.file),
            roots=self.roots,
        )
