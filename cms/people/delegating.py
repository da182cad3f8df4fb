"""What the trust core must know of people: keys, scope and rights, for the guard to sign as delegations."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.clock import to_ms
from cms.people.models import Membership, Person, PersonKey, Unit
from cms.people.permissions import outermost
from cms.people.roles import RIGHTS, Role
from cms.trust.delegations import RIGHTS as ALL_RIGHTS, Delegate, PersonKey as DelegatedKey
from cms.trust.release import CLASSES

# What goes out in an emergency, past the steps of its plan, is signed by editors in chief alone.
_URGENT: Final = "urgent"
_CLASSES: Final = tuple(name for name in CLASSES if name != _URGENT)


async def delegates(session: AsyncSession) -> tuple[Delegate, ...]:
    """Everybody who can sign or ever could, in order of person; the same rows give the same delegations.

    A role that ended still verifies what was signed under it: otherwise the street would go dark when a reviewer
    leaves. New signatures need a live role (`can`) and a password. A key that must not be believed any longer ends
    with `PersonKey.not_after`.
    """
    keys: dict[uuid.UUID, list[DelegatedKey]] = {}
    for row in (await session.execute(select(PersonKey).order_by(PersonKey.not_before, PersonKey.key))).scalars():
        keys.setdefault(row.person_id, []).append(
            DelegatedKey(row.key, row.alg, row.public, to_ms(row.not_before), _ms(row.not_after))
        )
    query = select(Membership.person_id, Membership.role, Membership.ended_at, Unit.path, Person.name, Person.active)
    query = query.join(Unit, Unit.id == Membership.unit_id).join(Person, Person.id == Membership.person_id)
    held: dict[uuid.UUID, list[tuple[Role, str, bool]]] = {}
    names: dict[uuid.UUID, str] = {}
    for one in (await session.execute(query)).all():
        names[one.person_id] = one.name
        held.setdefault(one.person_id, []).append((Role(one.role), one.path, one.active and one.ended_at is None))
    made = (_delegate(person, names[person], keys.get(person, []), roles) for person, roles in sorted(held.items()))
    return tuple(one for one in made if one is not None)


def _delegate(
    person: uuid.UUID, name: str, keys: Sequence[DelegatedKey], roles: Sequence[tuple[Role, str, bool]]
) -> Delegate | None:
    rights = rights_of(roles)
    if not rights or not keys:
        return None
    signing = [path for role, path, _ in roles if RIGHTS[role]]
    classes = CLASSES if any(role is Role.CHIEF for role, _, _ in roles) else _CLASSES
    return Delegate(
        person=str(person), name=name, keys=tuple(keys), unit=widest(signing), classes=classes, rights=rights
    )


def rights_of(roles: Sequence[tuple[Role, str, bool]]) -> tuple[str, ...]:
    """The rights of roles (role, unit, still held): approvals outlive the role, recalling and delegating do not."""
    rights = {right for role, _, held in roles for right in RIGHTS[role] if held or right == "approve"}
    return tuple(right for right in ALL_RIGHTS if right in rights)


def widest(paths: Sequence[str]) -> str:
    """The one subtree a delegation can name: the outermost, of several the shortest path, then the first."""
    return min(outermost(paths), key=lambda path: (path.count("/"), path))


def _ms(at: dt.datetime | None) -> int | None:
    return None if at is None else to_ms(at)
