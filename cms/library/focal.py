"""Moving the point of a picture that crops keep in sight: the crops that follow it are cut anew, all else stays."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import NotFound
from cms.library.models import PICTURE, Asset, Rendition
from cms.library.shapes import changed, crops_of
from cms.library.upload import Workshop, rendition_row
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.crop import Crop, Focal
from media.images import RENDITIONS, RenditionFile, make_renditions
from media.store import StoredFile


async def move_focal(
    db: Database, workshop: Workshop, actor: Actor, asset: uuid.UUID, focal: Focal, *, now: datetime
) -> Asset:
    """The picture with its crops around `focal`, but for shapes whose cut a person chose; what was signed stays.

    Raises:
        NotFound: `library.asset_unknown`.
        Denied: it is not the actor's to change.
        MediaRefused: the master cannot be read; nothing changed.
    """
    async with db.read() as session:
        found = await _picture(session, actor, asset)
    if (found.focal_x, found.focal_y) == (focal.x, focal.y):
        return found
    crops = crops_of(found.crops)
    names = changed((Focal(found.focal_x, found.focal_y), crops), (focal, crops))
    kept = await _cut(workshop, found.sha256, focal, crops, names) if names else []
    async with db.write() as session:
        row = await _picture(session, actor, asset)
        row.focal_x, row.focal_y = focal.x, focal.y
        await _retire(session, asset, names)
        session.add_all(rendition_row(asset, file.name, file, stored, now) for file, stored in kept)
        details = {"name": row.name, "x": focal.x, "y": focal.y}
        of = ("asset", str(asset))
        await record(session, actor, "library.focal", of=of, unit=row.unit_path, details=details, now=now)
    return row


async def _cut(
    workshop: Workshop, master: str, focal: Focal, crops: Mapping[str, Crop], names: Collection[str]
) -> list[tuple[RenditionFile, StoredFile]]:
    """The sizes of these names, in the store."""
    wanted = [one for one in RENDITIONS if one.name in names]
    async with (
        workshop.store.as_path(master) as path,
        make_renditions(
            path,
            sandbox=workshop.sandbox,
            work=workshop.work,
            focal=focal,
            crops=crops,
            wanted=wanted,
            limits=workshop.limits,
        ) as files,
    ):
        return [(file, await workshop.store.put(file.path, media_type=file.media_type)) for file in files]


async def _picture(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> Asset:
    found = await session.get(Asset, asset)
    if found is None or found.kind != PICTURE or found.deleted_at is not None:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_EDIT, Subject(found.unit_path, frozenset({found.created_by})))
    return found


async def _retire(session: AsyncSession, asset: uuid.UUID, names: Collection[str]) -> None:
    """Earlier crops are found by their hash alone from now on: previews of what was submitted show them."""
    rows = await session.scalars(select(Rendition).where(Rendition.asset_id == asset, Rendition.name.in_(names)))
    for row in rows.all():
        name = f"{row.name}~{row.sha256[:12]}"
        await session.execute(delete(Rendition).where(Rendition.asset_id == asset, Rendition.name == name))
        row.name = name
    await session.flush()
