"""Commands as people follow them: what was ordered, how far it came on each screen, newest first; narrowed by reach."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.permissions import Action, require_reach
from screens.hands import states
from screens.hands.rollout_tables import ScreenRollout
from screens.hands.tables import ScreenCommand, ScreenFile, ScreenOrder
from screens.tables import Screen

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its command and its screen; `file` is the media type of what was handed in."""

    order: ScreenOrder
    command: ScreenCommand
    screen: str
    name: str
    file: str | None

    @property
    def is_open(self) -> bool:
        return self.order.state in states.OPEN


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command with how many of its screens stand where."""

    command: ScreenCommand
    counts: Mapping[str, int]

    @property
    def open(self) -> int:
        return sum(self.counts.get(state, 0) for state in states.OPEN)


async def of_screen(session: AsyncSession, screen: uuid.UUID, *, limit: int = 10) -> Sequence[OrderView]:
    """The newest orders of one screen; the caller has checked who may see it."""
    return await _orders(session, ScreenOrder.screen == screen, newest=True, limit=limit)


async def of_command(
    session: AsyncSession, command: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = PAGE
) -> Sequence[OrderView]:
    """The orders of one command, a page at a time; the caller has checked who may see it."""
    where = ScreenOrder.command == command
    where = where if after is None else where & (ScreenOrder.id > after)
    return await _orders(session, where, newest=False, limit=limit)


async def commands(
    session: AsyncSession, actor: Actor, *, before: uuid.UUID | None = None, limit: int = PAGE
) -> Sequence[CommandView]:
    """Commands to units in the person's reach, newest first, a page at a time. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    query = select(ScreenCommand).where(or_(*(ScreenCommand.unit.startswith(one, autoescape=True) for one in within)))
    if before is not None:
        query = query.where(ScreenCommand.id < before)
    found = (await session.scalars(query.order_by(ScreenCommand.id.desc()).limit(limit))).all()
    counts = await _counts(session, [one.id for one in found])
    return [CommandView(one, counts.get(one.id, {})) for one in found]


async def command(session: AsyncSession, actor: Actor, name: uuid.UUID) -> CommandView:
    """One command. Raises NotFound `hands.command`, also for one outside the person's reach, and Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    found = await session.get(ScreenCommand, name)
    if found is None or not found.unit.startswith(within):
        raise NotFound("hands.command")
    return CommandView(found, (await _counts(session, [name])).get(name, {}))


async def rollouts(session: AsyncSession, *, limit: int = 20) -> Sequence[ScreenRollout]:
    """Updates of the player, newest first."""
    return (await session.scalars(select(ScreenRollout).order_by(ScreenRollout.id.desc()).limit(limit))).all()


async def versions(session: AsyncSession, actor: Actor) -> Sequence[tuple[str, int]]:
    """Which players the screens in the person's reach said they run, and how many of each. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    mine = or_(*(Screen.unit.startswith(one, autoescape=True) for one in within))
    query = select(Screen.player, sa.func.count()).where(mine, Screen.revoked_at.is_(None)).group_by(Screen.player)
    found = [(player, count) for player, count in (await session.execute(query)).all()]
    return sorted(found, key=lambda one: (-one[1], one[0]))


async def _orders(
    session: AsyncSession, where: sa.ColumnElement[bool], *, newest: bool, limit: int
) -> Sequence[OrderView]:
    query = (
        select(ScreenOrder, ScreenCommand, Screen.public, Screen.name, ScreenFile.media_type)
        .join(ScreenCommand, ScreenCommand.id == ScreenOrder.command)
        .join(Screen, Screen.id == ScreenOrder.screen)
        .outerjoin(ScreenFile, ScreenFile.order == ScreenOrder.id)
        .where(where)
        .order_by(ScreenOrder.id.desc() if newest else ScreenOrder.id)
        .limit(limit)
    )
    return [OrderView(*row) for row in (await session.execute(query)).all()]


async def _counts(session: AsyncSession, names: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    query = select(ScreenOrder.command, ScreenOrder.state, sa.func.count()).where(ScreenOrder.command.in_(names))
    found: dict[uuid.UUID, dict[str, int]] = {}
    for name, state, count in (await session.execute(query.group_by(ScreenOrder.command, ScreenOrder.state))).all():
        found.setdefault(name, {})[state] = count
    return found
