"""The unit tree as a page shows it: some branches open, what a search finds, and what a move would take along."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, Subject, require_can
from cms.people.units import in_tree_order

FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class Node:
    """A unit in the tree: how many hang directly below it, and how many active people are its own."""

    id: uuid.UUID
    parent: uuid.UUID | None
    name: str
    code: str
    level: str
    path: str
    children: int
    people: int


@dataclass(frozen=True, slots=True)
class Found:
    """A unit of a search, and the names of what it hangs below, outermost first."""

    id: uuid.UUID
    name: str
    code: str
    level: str
    path: str
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What hangs below a unit, itself not counted."""

    units: int
    people: int


async def branches(session: AsyncSession, *, within: Sequence[str], at: str = "") -> Sequence[Node]:
    """The tops of `within` and their children, and every branch on the way to the unit with the path `at`.

    In tree order. What is shut stays in the database, however many there are.
    """
    opened = set(within)
    names = at.strip("/").split("/") if at else []
    opened |= {path for depth in range(1, len(names) + 1) if _lies(path := _upto(names, depth), within)}
    parents = select(Unit.id).where(Unit.path.in_(opened))
    query = select(Unit).where(or_(Unit.path.in_(within), Unit.parent_id.in_(parents)))
    return await _nodes(session, in_tree_order((await session.execute(query)).scalars().all()))


async def children(session: AsyncSession, actor: Actor, unit: uuid.UUID) -> Sequence[Node]:
    """The units directly below one. Raises NotFound `people.no_unit`, Denied."""
    await managed(session, actor, unit)
    query = select(Unit).where(Unit.parent_id == unit).order_by(Unit.position, Unit.code)
    return await _nodes(session, (await session.execute(query)).scalars().all())


async def managed(session: AsyncSession, actor: Actor, unit: uuid.UUID) -> Unit:
    """A unit the actor manages. Raises NotFound `people.no_unit`, Denied."""
    found = await session.get(Unit, unit)
    if found is None:
        raise NotFound("people.no_unit")
    require_can(actor, Action.UNIT_MANAGE, Subject(found.path))
    return found


async def find(session: AsyncSession, *, within: Sequence[str], words: str, limit: int = FOUND) -> Sequence[Found]:
    """Units by a part of their name or the beginning of their code, those nearer to the top first."""
    wanted = one_line(words)
    if not wanted or not within:
        return []
    inside = or_(*(Unit.path.startswith(path, autoescape=True) for path in within))
    match = or_(
        Unit.name.contains(wanted, autoescape=True),
        Unit.code.startswith(wanted.lower(), autoescape=True),
        Unit.path.contains(wanted.lower() + "/", autoescape=True) if "/" in wanted else Unit.code == wanted.lower(),
    )
    query = select(Unit).where(inside, match).order_by(func.length(Unit.path), Unit.path).limit(limit)
    found = (await session.execute(query)).scalars().all()
    above = {path for one in found for path in _ancestors(one.path)}
    named = select(Unit.path, Unit.name).where(Unit.path.in_(above))
    names = {row.path: row.name for row in (await session.execute(named)).all()}
    return [
        Found(
            one.id,
            one.name,
            one.code,
            one.level,
            one.path,
            tuple(names[path] for path in _ancestors(one.path) if path in names and _lies(path, within)),
        )
        for one in found
    ]


async def below(session: AsyncSession, path: str) -> Reach:
    """How much a move of this unit would take along."""
    inside = Unit.path.startswith(path, autoescape=True)
    units = await session.scalar(select(func.count()).select_from(Unit).where(inside)) or 1
    people = select(func.count()).select_from(Person).join(Unit, Unit.id == Person.unit_id)
    return Reach(units - 1, await session.scalar(people.where(inside, Person.active)) or 0)


async def _nodes(session: AsyncSession, found: Sequence[Unit]) -> Sequence[Node]:
    keys = [one.id for one in found]
    under = select(Unit.parent_id, func.count()).where(Unit.parent_id.in_(keys)).group_by(Unit.parent_id)
    children_of = {row[0]: row[1] for row in (await session.execute(under)).all()}
    counted = select(Person.unit_id, func.count()).where(Person.unit_id.in_(keys), Person.active)
    people = {row[0]: row[1] for row in (await session.execute(counted.group_by(Person.unit_id))).all()}
    return [
        Node(
            one.id,
            one.parent_id,
            one.name,
            one.code,
            one.level,
            one.path,
            children_of.get(one.id, 0),
            people.get(one.id, 0),
        )
        for one in found
    ]


def _ancestors(path: str) -> list[str]:
    names = path.strip("/").split("/")
    return [_upto(names, depth) for depth in range(1, len(names))]


def _upto(names: Sequence[str], depth: int) -> str:
    return "/" + "/".join(names[:depth]) + "/"


def _lies(path: str, within: Sequence[str]) -> bool:
    return any(path.startswith(one) for one in within)
