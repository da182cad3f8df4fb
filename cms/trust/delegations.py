"""The delegations: which person may sign what, with which keys, for which part of the unit tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from cms.trust.errors import TrustError
from cms.trust.keys import key_id
from cms.trust.limits import MAX_FEEDS, MAX_KEYS, MAX_PEOPLE
from cms.trust.release import CLASSES
from cms.trust.shape import Base64, Code, Count, Domain, KeyId, Ms, Unit, Uuid, among, at_most, distinct, size
from cms.trust.signed import Algorithm, read_body
from cms.trust.webauthn import Passkeys

RIGHTS: Final = ("approve", "recall", "delegate")


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key of a person, good for verifying from `not_before` until `not_after` (None: no end)."""

    key: KeyId
    alg: Algorithm
    public: Base64
    not_before: Ms
    not_after: Ms | None


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person with their scope: the subtree of `unit`, the classes they may approve, their rights."""

    person: Uuid
    name: Annotated[str, size(1, 100)]
    keys: Annotated[tuple[PersonKey, ...], size(0, MAX_KEYS)]
    unit: Unit
    classes: Annotated[tuple[str, ...], among(CLASSES), distinct]
    rights: Annotated[tuple[str, ...], among(RIGHTS), distinct]


@dataclass(frozen=True, slots=True)
class FeedKeys:
    """Who may sign the values of a feed; of these people's releases no key signs a word."""

    feed: Code
    keys: Annotated[tuple[PersonKey, ...], size(1, MAX_KEYS)]


@dataclass(frozen=True, slots=True)
class Delegations:
    TYPE: ClassVar[str] = "delegations"
    LATER: ClassVar[Mapping[str, int]] = {"feeds": 2, "passkeys": 2}

    domain: Domain
    epoch: Count
    version: Count
    issued_at: Ms
    expires_at: Ms
    people: Annotated[tuple[Delegate, ...], size(0, MAX_PEOPLE)]
    feeds: Annotated[tuple[FeedKeys, ...] | None, at_most(MAX_FEEDS)] = None
    passkeys: Passkeys | None = None

    def delegate(self, person: str) -> Delegate | None:
        return next((one for one in self.people if one.person == person), None)


def read_delegations(text: str) -> Delegations:
    """One entry a person, one person a key: a key of two people would count as two signers.

    Raises TrustError as `read_body`, and `trust.person_twice`, `trust.key_shared`.
    """
    granted = read_body(Delegations, text)
    if not distinct(tuple(one.person for one in granted.people)):
        raise TrustError("trust.person_twice")
    feeds = granted.feeds or ()
    if not distinct(tuple(one.feed for one in feeds)):
        raise TrustError("trust.schema", field="delegations.feeds")
    keys = tuple(key for one in granted.people for key in one.keys)
    machines = tuple(key for one in feeds for key in one.keys)
    if not distinct(tuple(key.key for key in keys)) or {key.key for key in keys} & {key.key for key in machines}:
        raise TrustError("trust.key_shared")
    if any(key_id(key.alg, key.public) not in {key.key, None} for key in (*keys, *machines)):
        raise TrustError("trust.schema", field="delegations.people.keys")
    return granted
