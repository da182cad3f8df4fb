"""Changing what each shape of screen shows of a picture; only the sizes that look different are made anew."""

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound
from cms.library.details import editable
from cms.library.models import PICTURE, Asset
from cms.library.remaking import remake
from cms.library.shapes import changed, crops_json, crops_of
from cms.people.actor import Actor
from media.crop import THOUSANDTHS, Crop, Focal


async def move_focal(session: AsyncSession, actor: Actor, asset: uuid.UUID, focal: Focal, *, now: dt.datetime) -> Asset:
    """The picture with its point here; shapes whose cut a person chose stay as they are, the others follow.

    Raises as `set_crops`.
    """
    row = await _picture(session, actor, asset)
    moved = (row.focal_x, row.focal_y) != focal
    await _cut(session, row, focal, crops_of(row.crops), now=now)
    if moved:
        details = {"name": row.name, "x": focal.x, "y": focal.y}
        of = ("asset", str(row.id))
        await record(session, actor, "library.focal", of=of, unit=row.unit_path, details=details, now=now)
    return row


async def set_crops(
    session: AsyncSession,
    actor: Actor,
    asset: uuid.UUID,
    *,
    focal: Focal,
    crops: Mapping[str, Crop],
    now: dt.datetime,
) -> tuple[str, ...]:
    """Keeps a focal point and the cuts that differ from it; returns the sizes that are made anew.

    Raises NotFound, Denied, Invalid `library.crop`.
    """
    row = await _picture(session, actor, asset)
    kept = {key: crop for key, crop in crops.items() if crop != Crop(*focal)}
    names = await _cut(session, row, focal, kept, now=now)
    if names:
        details = {"name": row.name, "count": len(names)}
        of = ("asset", str(row.id))
        await record(session, actor, "library.crop", of=of, unit=row.unit_path, details=details, now=now)
    return names


async def _picture(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> Asset:
    row = await editable(session, actor, asset)
    if row.kind != PICTURE:
        raise NotFound("library.asset_unknown")
    return row


async def _cut(
    session: AsyncSession, row: Asset, focal: Focal, crops: Mapping[str, Crop], *, now: dt.datetime
) -> tuple[str, ...]:
    """Writes the cuts down and asks for the sizes that look different; until they are made the old ones are shown."""
    if not (0 <= focal.x <= THOUSANDTHS and 0 <= focal.y <= THOUSANDTHS):
        raise Invalid("library.crop", shape="-")
    names = changed((Focal(row.focal_x, row.focal_y), crops_of(row.crops)), (focal, crops))
    row.focal_x, row.focal_y, row.crops = focal.x, focal.y, crops_json(crops)
    await session.flush()
    if names:
        await remake(session, row.id, names, now=now)
    return names
