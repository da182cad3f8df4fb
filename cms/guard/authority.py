"""Who may speak for the district: the first root and delegations, their renewal, and changes of people. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from cms.guard.errors import GuardRefused
from cms.trust.delegations import RIGHTS, Delegate, Delegations, PersonKey
from cms.trust.envelope import inside
from cms.trust.keys import ED25519, PublicKey, alg_of, key_id
from cms.trust.limits import MAX_KEYS
from cms.trust.release import CLASSES
from cms.trust.root import Role, Roles, Root, RootKey
from cms.trust.shape import Base64, Ms, Unit, Uuid, among, distinct, size
from cms.trust.verify import key_valid

DAY: Final = 24 * 3_600_000
LIFE: Final = 365 * DAY
RENEW: Final = 90 * DAY  # a root or delegations that ends within this is issued anew at the next start or tick


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person is to hold.

    `keys` are enrolled public keys to add to the ones they have. `ended` maps key ids to the ms from which a key counts
    no more, also for what it signed before: for a key that must not be believed any longer.
    """

    person: Uuid
    name: Annotated[str, size(1, 100)]
    unit: Unit
    classes: Annotated[tuple[str, ...], among(CLASSES), distinct]
    rights: Annotated[tuple[str, ...], among(RIGHTS), distinct]
    keys: Annotated[tuple[Base64, ...], size(0, MAX_KEYS), distinct]
    ended: Mapping[str, Ms] = field(default_factory=dict)


def first_root(domain: str, keys: Mapping[str, PublicKey], *, now: int) -> Root:
    """One of one for every role; `keys` by role."""
    return Root(
        domain=domain,
        epoch=1,
        version=1,
        issued_at=now,
        expires_at=now + LIFE,
        keys={key.id: RootKey(ED25519, key.text) for key in keys.values()},
        roles=Roles(**{role: Role((key.id,), 1) for role, key in keys.items()}),
    )


def next_root(root: Root, *, now: int, epoch: int) -> Root:
    return replace(root, version=root.version + 1, epoch=epoch, issued_at=now, expires_at=now + LIFE)


def first_delegations(domain: str, *, now: int) -> Delegations:
    return Delegations(domain, 1, 1, now, now + LIFE, ())


def next_delegations(granted: Delegations, people: tuple[Delegate, ...], *, now: int, epoch: int) -> Delegations:
    """Under a new epoch versions begin again at one."""
    version = granted.version + 1 if granted.epoch == epoch else 1
    return replace(granted, epoch=epoch, version=version, issued_at=now, expires_at=now + LIFE, people=people)


def changed_people(
    granted: Delegations, grants: Sequence[Grant], removed: Sequence[str], *, by: Delegate | None, now: int
) -> tuple[Delegate, ...]:
    """The people after a change by an administrator (None: the first run).

    Raises:
        GuardRefused: `guard.delegate_scope` outside the administrator's subtree, `guard.last_delegate`
            when nobody could change anything afterwards.
    """
    people = {one.person: one for one in granted.people}
    touched = [people[person].unit for person in (*removed, *(g.person for g in grants)) if person in people]
    for unit in (*touched, *(grant.unit for grant in grants)):
        if by is not None and not inside(unit, by.unit):
            raise GuardRefused("guard.delegate_scope", unit=unit)
    for grant in grants:
        people[grant.person] = _granted(grant, people.get(grant.person), now=now)
    after = tuple(one for one in people.values() if one.person not in removed)
    if not any("delegate" in one.rights and any(key_valid(key, now=now) for key in one.keys) for one in after):
        raise GuardRefused("guard.last_delegate")
    return after


def _granted(grant: Grant, before: Delegate | None, *, now: int) -> Delegate:
    held = tuple(_ended(key, grant.ended.get(key.key)) for key in (before.keys if before else ()))
    known = {key.public for key in held}
    keys = (*held, *(_key(text, now) for text in grant.keys if text not in known))
    return Delegate(grant.person, grant.name, keys, grant.unit, grant.classes, grant.rights)


def _key(public: str, now: int) -> PersonKey:
    alg = alg_of(public)
    return PersonKey(key_id(alg, public) or "", alg, public, now, None)


def _ended(key: PersonKey, at: int | None) -> PersonKey:
    """An end once set moves only earlier."""
    if at is None or (key.not_after is not None and key.not_after <= at):
        return key
    return replace(key, not_after=at)
