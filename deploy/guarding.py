"""The guard as the other rooms know it: adapters from its client to the interfaces of people and screens."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from cms.guard.asks import SignFeed
from cms.guard.authority import Grant
from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.ordering import Command, Wanted
from cms.guard.tombstones import Tombstones
from cms.hands.signing import Wish
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import Denied, DomainError, Refused, TooMany, Unavailable
from cms.people.delegating import delegates
from cms.trust.approval import Approval
from cms.trust.delegations import Delegate, Delegations, read_delegations
from cms.trust.manifest import Manifest, Named
from cms.trust.recalls import read_recalls
from cms.trust.root import Root, read_root
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed, Verified
from cms.trust.verify import verify_delegations, verify_root
from screens.signer import BeaconBody, Trust

# Between two looks at the guard's own state when nothing says that it changed.
TRUST_SECONDS: Final = 1.0
_DOWN: Final = frozenset({"guard.unreachable", "guard.unanswered", "guard.failed", "guard.disk_full"})
_PASSWORD: Final = frozenset({"guard.wrong_password", "guard.key_not_delegated", "guard.may_not_delegate"})


@contextmanager
def refusals() -> Iterator[None]:
    """Says what the guard refused as the kernel's refusals, with the guard's own code."""
    try:
        yield
    except GuardRefused as refused:
        raise as_domain_error(refused) from refused


def as_domain_error(refused: GuardRefused) -> DomainError:
    """The kind of refusal decides the HTTP status and whether a delivery is tried again."""
    params = dict(refused.params)
    if refused.code in _DOWN:
        return Unavailable(refused.code, **params)
    if refused.code == "guard.backoff":
        return TooMany(refused.code, **params)
    return (Denied if refused.code in _PASSWORD else Refused)(refused.code, **params)


class GuardedKeys:
    """`cms.people.signing.Signer` over the guard."""

    def __init__(self, client: GuardClient) -> None:
        self._client = client

    async def enrol(self, person: uuid.UUID, password: str) -> str:
        with refusals():
            return await self._client.enrol(str(person), password)

    async def enrol_passkey(self, person: uuid.UUID, public: str) -> None:
        with refusals():
            await self._client.enrol_passkey(str(person), public)

    async def witness(self, approval: Approval, text: str) -> Approval:
        with refusals():
            return await self._client.witness(approval, text)

    async def reseal(self, person: uuid.UUID, old: str, new: str) -> None:
        with refusals():
            await self._client.reseal(str(person), old, new)

    async def approve(self, person: uuid.UUID, password: str, text: str) -> Approval:
        with refusals():
            return await self._client.approve(str(person), password, text)

    async def delegations(self) -> Verified[Delegations]:
        """Who may sign now, verified up from the root: what an approval is checked against before it is kept."""
        with refusals():
            state = await self._client.state()
        root: Verified[Root] | None = None
        for one in state["roots"]:
            root = verify_root(Signed.of(one), root)
        if root is None:
            raise Unavailable("guard.unreachable")
        return verify_delegations(Signed.of(state["delegations"]), root)

    async def epoch(self) -> int:
        with refusals():
            return int((await self._client.state())["epoch"])

    async def delegate(
        self, db: Database, *, by: uuid.UUID | None = None, password: str | None = None, secret: str | None = None
    ) -> None:
        """Brings the guard's delegations to what the rows say, by an administrator's password or the first-run secret.

        Does nothing when they agree. Raises the guard's refusals.
        """
        async with db.read() as session:
            wanted = await delegates(session)
        with refusals():
            state = await self._client.state()
            standing = read_delegations(Signed.of(state["delegations"]).text).people
            grants = changed_grants(wanted, standing)
            removed = [one.person for one in standing if one.person not in {each.person for each in wanted}]
            if not grants and not removed and by is not None:
                return
            signer = str(by) if by is not None else None
            await self._client.delegate(grants, removed=removed, by=signer, password=password, secret=secret)


def changed_grants(wanted: Sequence[Delegate], standing: Sequence[Delegate]) -> list[Grant]:
    """What the guard has to be told so that it says of people what the rows say. Pure."""
    held = {one.person: one for one in standing}
    return [grant for one in wanted if (grant := _grant(one, held.get(one.person))) is not None]


def _grant(one: Delegate, held: Delegate | None) -> Grant | None:
    known = {key.key: key for key in held.keys} if held else {}
    new = tuple(key.public for key in one.keys if key.key not in known)
    ended = {
        key.key: key.not_after
        for key in one.keys
        if key.not_after is not None and key.key in known and known[key.key].not_after != key.not_after
    }
    same = held is not None and (held.name, held.unit, held.classes, held.rights) == (
        one.name,
        one.unit,
        one.classes,
        one.rights,
    )
    if same and not new and not ended:
        return None
    # Of several new keys the last one is in use: each password that was set made one.
    return Grant(one.person, one.name, one.unit, one.classes, one.rights, new[-1:], ended)


class GuardedHands:
    """`cms.hands.signing.OrderSigner` over the guard."""

    def __init__(self, client: GuardClient) -> None:
        self._client = client

    async def sign_orders(
        self,
        person: uuid.UUID,
        action: str,
        wishes: Sequence[Wish],
        *,
        not_before: dt.datetime,
        expires_at: dt.datetime,
    ) -> Sequence[Signed]:
        wanted = tuple(Wanted(str(one.order), str(one.screen), one.params) for one in wishes)
        command = Command(str(person), action, wanted, to_ms(not_before), to_ms(expires_at))
        with refusals():
            return await self._client.sign_orders(command)


class GuardedFeeds:
    """`cms.datafeeds.signing.FeedSigner` over the guard."""

    def __init__(self, client: GuardClient) -> None:
        self._client = client

    async def sign_feed(self, feed: str, schema: str, values: Mapping[str, object], *, lasts_ms: int) -> Signed:
        with refusals():
            return await self._client.sign_feed(SignFeed(feed, schema, values, lasts_ms))


class GuardedScreens:
    """`screens.signer.Signer` over the guard; `trust` answers from memory as long as nothing changed."""

    def __init__(self, client: GuardClient, tombstones: Tombstones) -> None:
        self._client = client
        self._trust: Trust | None = None
        self._until = 0.0
        tombstones.on_change.append(self._forget)

    async def sign_beacons(self, bodies: Sequence[BeaconBody]) -> Mapping[str, str]:
        with refusals():
            return await self._client.beacons([body.audience for body in bodies])

    async def sign_screen(self, body: ScreenFacts) -> Signed:
        with refusals():
            return await self._client.sign_screen(body.screen, key=body.key, unit=body.unit, tags=body.tags)

    async def sign_manifest(self, body: Manifest) -> Signed:
        """Manifests are signed where they are made, by `deploy.manifests`: a gateway never asks for one."""
        raise Refused("guard.message", audience=body.audience)

    async def remembered(self, recalls: Signed) -> None:
        with refusals():
            await self._client.union_recalls([recalls])

    async def trust(self) -> Trust:
        now = asyncio.get_running_loop().time()
        if self._trust is None or now >= self._until:
            with refusals():
                state = await self._client.state()
            self._trust, self._until = _trust(state), now + TRUST_SECONDS
        return self._trust

    def _forget(self) -> None:
        self._until = 0.0


def _trust(state: dict[str, Any]) -> Trust:
    root, delegations, recalls = (Signed.of(state[name]) for name in ("root", "delegations", "recalls"))
    return Trust(
        root=root,
        delegations=delegations,
        recalls=recalls,
        domain=state["domain"],
        epoch=state["epoch"],
        root_version=read_root(root.text).version,
        delegations_named=Named(read_delegations(delegations.text).version, delegations.file),
        recalls_named=Named(read_recalls(recalls.text).version, recalls.file),
        roots=tuple(map(Signed.of, state["roots"])),
    )
