"""One action on many assets, and its undoing: what each was before is written down beside the action."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.library.browse import tags_of
from cms.library.details import MAX_TAGS, editable, set_tags
from cms.library.folders import folder_for
from cms.library.models import Asset, Folder, LibraryBatch
from cms.library.trash import Uses, restore, trash
from cms.people.actor import Actor

MOST: Final = 200
UNDO_FOR: Final = dt.timedelta(minutes=30)


class Bulk(StrEnum):
    """What can be done to many assets at once."""

    MOVE = "move"
    TAG = "tag"
    UNTAG = "untag"
    TRASH = "trash"


async def move(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], folder: uuid.UUID | None, *, now: dt.datetime
) -> LibraryBatch:
    """Puts assets into a folder, or out of any. Raises NotFound, Denied, Invalid `library.bulk`."""
    await folder_for(session, actor, folder)
    rows = await _rows(session, actor, ids)
    before = {str(row.id): str(row.folder_id) if row.folder_id else None for row in rows}
    for row in rows:
        row.folder_id = folder
    return await _written(session, actor, Bulk.MOVE, before, now=now)


async def tag(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], tags: Collection[str], *, now: dt.datetime
) -> LibraryBatch:
    """Adds tags. Raises as `move`; Invalid `library.tags` where one would have too many."""
    return await _retag(session, actor, ids, Bulk.TAG, lambda old: {*old, *tags}, now=now)


async def untag(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], tags: Collection[str], *, now: dt.datetime
) -> LibraryBatch:
    """Takes tags off. Raises as `move`."""
    return await _retag(session, actor, ids, Bulk.UNTAG, lambda old: {*old} - {*tags}, now=now)


async def trash_all(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], *, uses: Uses, now: dt.datetime
) -> LibraryBatch:
    """Puts assets into the trash, all or none. Raises as `cms.library.trash.trash`, and Invalid `library.bulk`."""
    _bounded(ids)
    rows = await trash(session, actor, ids, uses=uses, now=now)
    return await _written(session, actor, Bulk.TRASH, {str(row.id): None for row in rows}, now=now)


async def undo(session: AsyncSession, actor: Actor, batch: uuid.UUID, *, now: dt.datetime) -> LibraryBatch:
    """Makes the assets of a batch what they were; those that are gone meanwhile are left out.

    Raises NotFound; Refused `library.undone` when it was undone already or is too long ago.
    """
    found = await session.get(LibraryBatch, batch, with_for_update=True)
    if found is None or found.person_id != actor.person:
        raise NotFound("library.batch_unknown")
    if found.undone_at is not None or now - found.created_at > UNDO_FOR:
        raise Refused("library.undone", minutes=UNDO_FOR // dt.timedelta(minutes=1))
    ids = [uuid.UUID(one) for one in found.before]
    there = set((await session.scalars(select(Asset.id).where(Asset.id.in_(ids)))).all())
    if found.action == Bulk.TRASH:
        await restore(session, actor, there, now=now)
    else:
        folders = set((await session.scalars(select(Folder.id))).all())
        for one in sorted(there):
            row = await editable(session, actor, one)
            before = found.before[str(one)]
            if found.action == Bulk.MOVE:
                folder = uuid.UUID(before) if before else None
                row.folder_id = folder if folder in folders else None
            else:
                await set_tags(session, row, before)
    found.undone_at = now
    await session.flush()
    await _note(session, actor, "library.undo", found.action, len(there), now=now)
    return found


async def _retag(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], action: Bulk, change: Any, *, now: dt.datetime
) -> LibraryBatch:
    rows = await _rows(session, actor, ids)
    old = await tags_of(session, [row.id for row in rows])
    for row in rows:
        wanted = change(old.get(row.id, ()))
        if len(wanted) > MAX_TAGS:
            raise Invalid("library.tags", fields={"tags": "library.tags"}, most=MAX_TAGS, limit=30)
        await set_tags(session, row, wanted)
    return await _written(session, actor, action, {str(row.id): list(old.get(row.id, ())) for row in rows}, now=now)


async def _rows(session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID]) -> list[Asset]:
    _bounded(ids)
    return [await editable(session, actor, one) for one in sorted(set(ids))]


def _bounded(ids: Collection[uuid.UUID]) -> None:
    if not 0 < len(set(ids)) <= MOST:
        raise Invalid("library.bulk", most=MOST)


async def _written(
    session: AsyncSession, actor: Actor, action: Bulk, before: Mapping[str, Any], *, now: dt.datetime
) -> LibraryBatch:
    row = LibraryBatch(id=uuid7(now), person_id=actor.person, action=action.value, before=dict(before), created_at=now)
    session.add(row)
    await session.flush()
    if action is not Bulk.TRASH:  # each file that goes has an entry of its own
        await _note(session, actor, f"library.{action.value}", action.value, len(before), now=now)
    return row


async def _note(session: AsyncSession, actor: Actor, action: str, what: str, number: int, *, now: dt.datetime) -> None:
    details = {"kind": what, "count": number}
    of = ("person", str(actor.person))
    await record(session, actor, action, of=of, unit=actor.unit, details=details, now=now)
