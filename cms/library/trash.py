"""Taking assets out of the library: only what nothing uses, into a trash from which it comes back for a month."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import NotFound, Refused
from cms.library.leftovers import is_held
from cms.library.models import Asset, EncodeJob, EncodePart, PastRendition, Rendition
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.store import Store

KEPT: Final = dt.timedelta(days=30)
_BATCH: Final = 20

Uses = Callable[[AsyncSession, Collection[uuid.UUID]], Awaitable[Mapping[uuid.UUID, int]]]
"""How many pieces use each of these assets; the core of content knows, and the library never looks up to it."""


async def trash(
    session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], *, uses: Uses, now: dt.datetime
) -> list[Asset]:
    """Puts assets into the trash, all or none.

    Raises NotFound; Denied; Refused `library.in_use` with the first that is used and by how many pieces.
    """
    query = select(Asset).where(Asset.id.in_(ids), Asset.deleted_at.is_(None)).order_by(Asset.id).with_for_update()
    rows = list((await session.scalars(query)).all())
    if len(rows) != len(set(ids)):
        raise NotFound("library.asset_unknown")
    for row in rows:
        require_can(actor, Action.LIBRARY_DELETE, _subject(row))
    used = await uses(session, [row.id for row in rows])
    posters = select(Asset.poster_id).where(Asset.poster_id.in_(ids), Asset.id.not_in(ids), Asset.deleted_at.is_(None))
    stands_for_video = {one for one in await session.scalars(posters) if one is not None}
    for row in rows:
        count = used.get(row.id, 0) + (row.id in stands_for_video)
        if count:
            raise Refused("library.in_use", name=row.name, count=count, asset=str(row.id))
    for row in rows:
        row.deleted_at, row.deleted_by = now, actor.person
        await _note(session, actor, "library.trash", row, now=now)
    await session.flush()
    return rows


async def restore(session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID], *, now: dt.datetime) -> list[Asset]:
    """Takes assets out of the trash again; those that are not in it are left alone. Raises NotFound, Denied."""
    rows = list((await session.scalars(select(Asset).where(Asset.id.in_(ids)).with_for_update())).all())
    if len(rows) != len(set(ids)):
        raise NotFound("library.asset_unknown")
    for row in rows:
        require_can(actor, Action.LIBRARY_DELETE, _subject(row))
        if row.deleted_at is not None:
            row.deleted_at, row.deleted_by = None, None
            await _note(session, actor, "library.restore", row, now=now)
    await session.flush()
    return rows


async def purge(db: Database, store: Store, *, named: Uses, now: dt.datetime) -> int:
    """Ends what lay in the trash for a month and no revision ever named: rows first, then files nothing else has.

    `named` counts every revision, also old ones. A file that is left over when this is killed is harmless; a row
    without its file would not be.
    """
    async with db.write() as session:
        query = select(Asset).where(Asset.deleted_at < now - KEPT).order_by(Asset.deleted_at).limit(_BATCH)
        rows = list((await session.scalars(query.with_for_update(skip_locked=True))).all())
        known = await named(session, [row.id for row in rows])
        gone = [row for row in rows if not known.get(row.id)]
        files = {row.sha256 for row in gone}
        for row in gone:
            for table in (Rendition, PastRendition, EncodePart):
                files |= set((await session.scalars(select(table.sha256).where(table.asset_id == row.id))).all())
                await session.execute(delete(table).where(table.asset_id == row.id))
            await session.execute(delete(EncodeJob).where(EncodeJob.asset_id == row.id))
            await session.delete(row)
            await _note(session, None, "library.purge", row, now=now)
        await session.flush()
        orphans = [one for one in sorted(files) if not await is_held(session, one)]
    for sha256 in orphans:
        await store.delete(sha256)
    return len(gone)


def _subject(row: Asset) -> Subject:
    return Subject(row.unit_path, frozenset({row.created_by}))


async def _note(session: AsyncSession, actor: Actor | None, action: str, row: Asset, *, now: dt.datetime) -> None:
    details = {"name": row.name, "sha256": row.sha256}
    await record(session, actor, action, of=("asset", str(row.id)), unit=row.unit_path, details=details, now=now)
