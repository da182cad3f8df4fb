"""The people of the demo world while it is loaded, and what each of them does with their own key."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from cms import contract
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.library.upload import Workshop
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.roles import Role
from cms.review.approve import prepare_approval, record_approval
from cms.review.release import Press
from deploy.demo import platforms
from deploy.guarding import GuardedKeys


@dataclass(frozen=True, slots=True)
class DemoParts:
    """What loading works with."""

    db: Database
    clock: Clock
    keys: GuardedKeys
    workshop: Workshop
    press: Press
    channels: Mapping[str, contract.Channel]
    keeper_file: Path
    """Holds the random password of the demo's administrator; only the owner may read it."""
    services: Callable[[contract.Target], contract.Services]
    credentials: platforms.Credentials


@dataclass(slots=True)
class People:
    """Who was made: actor and password of each, for the time of loading only."""

    actors: dict[str, Actor] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    def with_role(self, role: Role) -> Actor:
        return next(actor for actor in self.actors.values() if role in actor.roles)


async def unit_of(parts: DemoParts, actor: Actor) -> uuid.UUID:
    async with parts.db.read() as session:
        return (await session.scalars(select(Unit.id).where(Unit.path == actor.unit))).one()


async def approve(parts: DemoParts, people: People, actor: Actor, edition: uuid.UUID) -> None:
    login = next(login for login, one in people.actors.items() if one.person == actor.person)
    async with parts.db.read() as session:
        wanted = await prepare_approval(session, actor, edition)
    approval = await parts.keys.approve(actor.person, people.passwords[login], wanted.text)
    delegations = await parts.keys.delegations()
    async with parts.db.write() as session:
        await record_approval(
            session, actor, edition, approval, delegations=delegations, opinion="同意。", now=parts.clock.now()
        )
