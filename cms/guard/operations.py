"""The operations as they travel: for each name the form of its arguments and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from cms.guard import asks, chain, machines, passkeys
from cms.guard.authority import Grant
from cms.guard.drafts import Draft
from cms.guard.errors import GuardRefused
from cms.guard.ordering import Command, Wanted
from cms.guard.recalling import Item
from cms.guard.service import Guard
from cms.trust.approval import Approval
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_PEOPLE, MAX_TAGS, MAX_TEXT
from cms.trust.shape import Base64, Code, Hash, Ms, Unit, Uuid, distinct, read, size
from cms.trust.signed import Signed, plain

T = TypeVar("T")
Password = Annotated[str, size(0, 1_000)]


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Enrol:
    person: Uuid
    password: Password


@dataclass(frozen=True, slots=True)
class Reseal:
    person: Uuid
    old: Password
    new: Password


@dataclass(frozen=True, slots=True)
class Delegate:
    grants: Annotated[tuple[Grant, ...], size(0, MAX_PEOPLE)]
    removed: Annotated[tuple[Uuid, ...], size(0, MAX_PEOPLE)]
    by: Uuid | None
    password: Password | None
    secret: Password | None


@dataclass(frozen=True, slots=True)
class Approve:
    person: Uuid
    password: Password
    text: Annotated[str, size(0, MAX_TEXT)]


@dataclass(frozen=True, slots=True)
class Recall:
    person: Uuid
    items: Annotated[tuple[Item, ...], size(1, 10_000)] | None
    reason: Annotated[str, size(0, 500)]
    second: Uuid | None


@dataclass(frozen=True, slots=True)
class Register:
    release: Hash
    document: Code
    places: Annotated[tuple[Annotated[str, size(1, 300)], ...], size(0, 100)]


@dataclass(frozen=True, slots=True)
class TakeBundles:
    bundles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SignManifests:
    drafts: Annotated[tuple[Draft, ...], size(1, 1_000)]


@dataclass(frozen=True, slots=True)
class SignBeacons:
    audiences: tuple[Code, ...] | None


@dataclass(frozen=True, slots=True)
class SignScreen:
    screen: Uuid
    key: Base64
    unit: Unit
    tags: Annotated[tuple[Code, ...], size(0, MAX_TAGS), distinct]


@dataclass(frozen=True, slots=True)
class SignOrders:
    person: Uuid
    action: Code
    wanted: Annotated[tuple[Wanted, ...], size(1, 1_000)]
    not_before: Ms
    expires_at: Ms


@dataclass(frozen=True, slots=True)
class RaiseEpoch:
    by: Uuid
    password: Password


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    form: type[T]
    do: Callable[[Guard, T], Awaitable[Any]]

    async def run(self, guard: Guard, arguments: object) -> object:
        """The answer as plain JSON. Raises GuardRefused, with the code of the trust core where that refused."""
        try:
            return plain(await self.do(guard, read(self.form, arguments, "arguments")))
        except TrustError as error:
            raise GuardRefused(error.code, **error.params) from error


@dataclass(frozen=True, slots=True)
class EnrolPasskey:
    person: Uuid
    public: Base64


@dataclass(frozen=True, slots=True)
class Witness:
    approval: Approval
    text: Annotated[str, size(0, MAX_TEXT)]


@dataclass(frozen=True, slots=True)
class ComingKeys:
    roles: Annotated[tuple[Code, ...], size(1, 10)]


@dataclass(frozen=True, slots=True)
class TakeRoot:
    root: Signed


@dataclass(frozen=True, slots=True)
class SignRoot:
    root: Signed
    by: Uuid
    password: Password


@dataclass(frozen=True, slots=True)
class UnionRecalls:
    sets: Annotated[tuple[Signed, ...], size(1, 100)]


async def _delegate(guard: Guard, a: Delegate) -> object:
    return await guard.delegate(a.grants, removed=a.removed, by=a.by, password=a.password, secret=a.secret)


async def _sign_orders(guard: Guard, a: SignOrders) -> object:
    return await guard.sign_orders(Command(a.person, a.action, a.wanted, a.not_before, a.expires_at))


async def _recall(guard: Guard, a: Recall) -> object:
    signed, places = await guard.recall(a.person, a.items, a.reason, second=a.second)
    return {"recalls": plain(signed), "receipts": places}


OPERATIONS: Mapping[str, Operation[Any]] = {
    "state": Operation(Nothing, lambda guard, _: guard.state()),
    "enrol": Operation(Enrol, lambda guard, a: guard.enrol(a.person, a.password)),
    "reseal": Operation(Reseal, lambda guard, a: guard.reseal(a.person, a.old, a.new)),
    "delegate": Operation(Delegate, _delegate),
    "approve": Operation(Approve, lambda guard, a: guard.approve(a.person, a.password, a.text)),
    "recall": Operation(Recall, _recall),
    "register": Operation(Register, lambda guard, a: guard.register(a.release, document=a.document, places=a.places)),
    "take_bundles": Operation(TakeBundles, lambda guard, a: guard.take_bundles(a.bundles)),
    "sign_manifests": Operation(SignManifests, lambda guard, a: guard.sign_manifests(a.drafts)),
    "sign_beacons": Operation(SignBeacons, lambda guard, a: guard.sign_beacons(a.audiences)),
    "sign_screen": Operation(
        SignScreen, lambda guard, a: guard.sign_screen(a.screen, key=a.key, unit=a.unit, tags=a.tags)
    ),
    "enrol_passkey": Operation(EnrolPasskey, lambda guard, a: passkeys.enrol_passkey(guard, a.person, a.public)),
    "witness": Operation(Witness, lambda guard, a: passkeys.witness(guard, a.approval, a.text)),
    "sign_orders": Operation(SignOrders, _sign_orders),
    "coming_keys": Operation(ComingKeys, lambda guard, a: chain.coming_keys(guard, a.roles)),
    "take_root": Operation(TakeRoot, lambda guard, a: chain.take_root(guard, a.root)),
    "sign_root": Operation(SignRoot, lambda guard, a: chain.sign_root(guard, a.root, by=a.by, password=a.password)),
    "union_recalls": Operation(UnionRecalls, lambda guard, a: chain.union_recalls(guard, a.sets)),
    "set_machines": Operation(asks.SetMachines, machines.set_machines),
    "sign_feed": Operation(asks.SignFeed, machines.sign_feed),
    "sign_software": Operation(asks.SignSoftware, machines.sign_software),
    "raise_epoch": Operation(RaiseEpoch, lambda guard, a: guard.raise_epoch(by=a.by, password=a.password)),
}
