"""Shelves of the library: each belongs to a unit and is seen by whose reach holds it; dropping one loses no file."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.library.models import Asset, Folder
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can

NAME_LENGTH: Final = 60
MAX_DEPTH: Final = 6
MAX_FOLDERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder in its place of the tree; `count` are the files that lie in it itself."""

    id: uuid.UUID
    parent: uuid.UUID | None
    name: str
    unit: str
    depth: int
    count: int


async def shelves(session: AsyncSession, actor: Actor) -> Sequence[Shelf]:
    """The folders in the actor's reach, in tree order; one whose parent is out of reach stands at the top."""
    paths = reach(actor, Action.LIBRARY_READ)
    if not paths:
        return ()
    within = or_(*(Folder.unit_path.startswith(path, autoescape=True) for path in paths))
    rows = (await session.scalars(select(Folder).where(within).limit(MAX_FOLDERS))).all()
    counted = (
        select(Asset.folder_id, func.count())
        .where(Asset.folder_id.in_([row.id for row in rows]), Asset.deleted_at.is_(None))
        .group_by(Asset.folder_id)
    )
    counts = {key: number for key, number in (await session.execute(counted)).all() if key} if rows else {}
    return tuple(in_tree(rows, counts))


def in_tree(rows: Collection[Folder], counts: Mapping[uuid.UUID, int]) -> Iterator[Shelf]:
    """Parents before their children, siblings by name; pure."""
    known = {row.id for row in rows}
    children: dict[uuid.UUID | None, list[Folder]] = {}
    for row in sorted(rows, key=lambda row: (row.unit_path, row.name, row.id)):
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    waiting = [(row, 0) for row in reversed(children.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        yield Shelf(row.id, row.parent_id, row.name, row.unit_path, depth, counts.get(row.id, 0))
        waiting += [(child, depth + 1) for child in reversed(children.get(row.id, []))]


async def add_folder(
    session: AsyncSession, actor: Actor, name: str, *, parent: uuid.UUID | None = None, now: dt.datetime
) -> Folder:
    """A new folder, in the actor's unit or in that of its parent.

    Raises Denied; Invalid `library.folder_name`; Refused `library.folder_taken`, `library.folder_depth`.
    """
    above = await _folder(session, parent) if parent is not None else None
    unit = above.unit_path if above is not None else actor.unit
    require_can(actor, Action.LIBRARY_EDIT, Subject(unit, frozenset({actor.person})))
    if above is not None and len(await _ancestors(session, above)) + 2 > MAX_DEPTH:
        raise Refused("library.folder_depth", most=MAX_DEPTH)
    named = await _free_name(session, name, unit=unit, parent=parent)
    row = Folder(id=uuid7(now), parent_id=parent, unit_path=unit, name=named, created_by=actor.person, created_at=now)
    session.add(row)
    await session.flush()
    await _note(session, actor, "library.folder_add", row, details={"name": row.name}, now=now)
    return row


async def rename_folder(
    session: AsyncSession, actor: Actor, folder: uuid.UUID, name: str, *, now: dt.datetime
) -> Folder:
    """Raises NotFound, Denied, Invalid `library.folder_name`, Refused `library.folder_taken`."""
    row = await _folder(session, folder)
    require_can(actor, Action.LIBRARY_EDIT, Subject(row.unit_path, frozenset({row.created_by})))
    before = row.name
    row.name = await _free_name(session, name, unit=row.unit_path, parent=row.parent_id, but=row.id)
    await session.flush()
    await _note(session, actor, "library.folder_rename", row, details={"from": before, "to": row.name}, now=now)
    return row


async def drop_folder(session: AsyncSession, actor: Actor, folder: uuid.UUID, *, now: dt.datetime) -> Folder:
    """Takes a folder away; what lies in it moves to the folder above, so that nothing is lost with it.

    Raises NotFound, Denied, Refused `library.folder_taken` when a folder of that name is above already.
    """
    row = await _folder(session, folder)
    require_can(actor, Action.LIBRARY_EDIT, Subject(row.unit_path, frozenset({row.created_by})))
    children = (await session.scalars(select(Folder).where(Folder.parent_id == row.id))).all()
    for child in children:
        await _free_name(session, child.name, unit=row.unit_path, parent=row.parent_id, but=row.id)
        child.parent_id = row.parent_id
    await session.flush()
    await session.execute(update(Asset).where(Asset.folder_id == row.id).values(folder_id=row.parent_id))
    await session.delete(row)
    await session.flush()
    await _note(session, actor, "library.folder_drop", row, details={"name": row.name}, now=now)
    return row


async def folder_for(session: AsyncSession, actor: Actor, folder: uuid.UUID | None) -> Folder | None:
    """The folder somebody puts things into; None stays None. Raises NotFound, Denied."""
    if folder is None:
        return None
    row = await _folder(session, folder)
    require_can(actor, Action.LIBRARY_EDIT, Subject(row.unit_path, frozenset({row.created_by})))
    return row


async def below(session: AsyncSession, folder: uuid.UUID) -> set[uuid.UUID]:
    """A folder and every one below it."""
    found, waiting = {folder}, [folder]
    while waiting:
        rows = await session.scalars(select(Folder.id).where(Folder.parent_id.in_(waiting)))
        waiting = [one for one in rows if one not in found]
        found.update(waiting)
    return found


async def _folder(session: AsyncSession, folder: uuid.UUID) -> Folder:
    row = await session.get(Folder, folder)
    if row is None:
        raise NotFound("library.folder_unknown")
    return row


async def _ancestors(session: AsyncSession, row: Folder) -> list[Folder]:
    found: list[Folder] = []
    while row.parent_id is not None and len(found) < MAX_DEPTH:
        row = await _folder(session, row.parent_id)
        found.append(row)
    return found


async def _free_name(
    session: AsyncSession, name: str, *, unit: str, parent: uuid.UUID | None, but: uuid.UUID | None = None
) -> str:
    named = one_line(name)
    if not 0 < len(named) <= NAME_LENGTH:
        raise Invalid("library.folder_name", fields={"name": "library.folder_name"}, limit=NAME_LENGTH)
    taken = select(Folder.id).where(Folder.unit_path == unit, Folder.parent_id == parent, Folder.name == named)
    if (await session.execute(taken.where(Folder.id != but) if but else taken)).first() is not None:
        raise Refused("library.folder_taken", name=named)
    return named


async def _note(
    session: AsyncSession, actor: Actor, action: str, row: Folder, *, details: dict[str, str], now: dt.datetime
) -> None:
    await record(session, actor, action, of=("folder", str(row.id)), unit=row.unit_path, details=details, now=now)
