"""The unit tree: reading, adding, renaming, moving. Paths are materialised and change together in one transaction."""

import datetime as dt
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can

CODE: Final = re.compile(r"[a-z0-9_-]{1,40}")
# docs/formats.md: a path in a release has at most ten names.
MAX_DEPTH: Final = 10

Follower = Callable[[AsyncSession, Actor, str, str, dt.datetime], Awaitable[None]]
"""Called in the transaction of a move with the old and the new path: what keeps paths follows its unit."""
FOLLOWERS: Final[dict[str, Follower]] = {}
"""By name; `deploy` puts in what upper packages bring."""


def path_of(parent: str | None, code: str) -> str:
    """The path of a unit below `parent` (None: the root)."""
    return f"{parent or '/'}{code}/"


async def add_unit(
    session: AsyncSession,
    actor: Actor,
    parent: uuid.UUID,
    *,
    code: str,
    name: str,
    level: str,
    position: int = 0,
    now: dt.datetime,
) -> Unit:
    """Adds a unit below `parent`. Raises Invalid `people.unit_form`, Refused `.unit_code_taken`, `.unit_depth`."""
    above = await _locked(session, parent)
    require_can(actor, Action.UNIT_MANAGE, Subject(above.path))
    _check(code, name, level)
    if above.path.count("/") - 1 >= MAX_DEPTH:
        raise Refused("people.unit_depth", most=MAX_DEPTH)
    await _code_is_free(session, above.id, code)
    unit = Unit(
        id=uuid7(now),
        parent_id=above.id,
        code=code,
        name=one_line(name),
        level=level,
        path=path_of(above.path, code),
        position=position,
        created_at=now,
    )
    session.add(unit)
    await session.flush()
    details = {"name": unit.name, "path": unit.path}
    await record(session, actor, "unit.add", of=("unit", str(unit.id)), unit=unit.path, details=details, now=now)
    return unit


async def rename_unit(session: AsyncSession, actor: Actor, unit: uuid.UUID, *, name: str, now: dt.datetime) -> Unit:
    """Changes the name; the code and with it the path stay. Raises Invalid `people.unit_form`."""
    row = await _locked(session, unit)
    require_can(actor, Action.UNIT_MANAGE, Subject(row.path))
    _check(row.code, name, row.level)
    details = {"from": row.name, "to": one_line(name)}
    row.name = one_line(name)
    await session.flush()
    await record(session, actor, "unit.rename", of=("unit", str(unit)), unit=row.path, details=details, now=now)
    return row


async def move_unit(session: AsyncSession, actor: Actor, unit: uuid.UUID, *, to: uuid.UUID, now: dt.datetime) -> Unit:
    """Hangs a unit with everything below it under another parent.

    What was signed for the old path keeps naming it: such releases show nothing on screens of the new place.
    Raises Refused `people.unit_cycle`, `.unit_root`, `.unit_code_taken`, `.unit_depth`.
    """
    row, above = await _locked(session, unit), await _locked(session, to)
    require_can(actor, Action.UNIT_MANAGE, Subject(row.path))
    require_can(actor, Action.UNIT_MANAGE, Subject(above.path))
    if row.parent_id is None:
        raise Refused("people.unit_root")
    if above.path.startswith(row.path):
        raise Refused("people.unit_cycle")
    old, new = row.path, path_of(above.path, row.code)
    if old == new:
        return row
    await _code_is_free(session, above.id, row.code)
    query = select(Unit).where(Unit.path.startswith(old, autoescape=True)).with_for_update()
    below = (await session.execute(query.execution_options(populate_existing=True))).scalars().all()
    if max(path.path.count("/") for path in below) - old.count("/") + new.count("/") - 1 > MAX_DEPTH:
        raise Refused("people.unit_depth", most=MAX_DEPTH)
    row.parent_id = above.id
    for one in below:
        one.path = new + one.path.removeprefix(old)
    await session.flush()
    for follower in FOLLOWERS.values():
        await follower(session, actor, old, new, now)
    details = {"from": old, "to": new, "units": len(below)}
    await record(session, actor, "unit.move", of=("unit", str(unit)), unit=new, details=details, now=now)
    return row


async def units(session: AsyncSession, *, within: Sequence[str]) -> Sequence[Unit]:
    """The units below the paths in `within`, in tree order."""
    inside = or_(*(Unit.path.startswith(path, autoescape=True) for path in within))
    if not within:
        return []
    found = (await session.execute(select(Unit).where(inside))).scalars().all()
    return in_tree_order(found)


class _InTree(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def code(self) -> str: ...


Placed = TypeVar("Placed", bound=_InTree)


def in_tree_order(found: Sequence[Placed]) -> list[Placed]:
    """Parents before children, siblings by position, then code; pure."""
    own = {unit.path: (unit.position, unit.code) for unit in found}

    def place(unit: Placed) -> tuple[tuple[int, str], ...]:
        names = unit.path.strip("/").split("/")
        paths = ["/" + "/".join(names[:depth]) + "/" for depth in range(1, len(names) + 1)]
        return tuple(own.get(path, (0, name)) for path, name in zip(paths, names, strict=True))

    return sorted(found, key=place)


async def unit_at(session: AsyncSession, path: str) -> Unit:
    """Raises NotFound `people.no_unit`."""
    found = (await session.execute(select(Unit).where(Unit.path == path))).scalar_one_or_none()
    if found is None:
        raise NotFound("people.no_unit")
    return found


async def _locked(session: AsyncSession, unit: uuid.UUID) -> Unit:
    found = await session.get(Unit, unit, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("people.no_unit")
    return found


async def _code_is_free(session: AsyncSession, parent: uuid.UUID, code: str) -> None:
    taken = select(Unit.id).where(Unit.parent_id == parent, Unit.code == code)
    if (await session.execute(taken)).first() is not None:
        raise Refused("people.unit_code_taken", unit_code=code)


def _check(code: str, name: str, level: str) -> None:
    fields = {
        field: "people.unit_form"
        for field, good in (
            ("code", CODE.fullmatch(code)),
            ("name", 0 < len(one_line(name)) <= 100),
            ("level", CODE.fullmatch(level)),
        )
        if not good
    }
    if fields:
        raise Invalid("people.unit_form", fields=fields)
