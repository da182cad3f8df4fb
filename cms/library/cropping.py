"""Changing what each shape of screen shows of a picture; only the sizes that look different are made anew."""

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound
from cms.library.models import PICTURE, Asset
from cms.library.remaking import remake
from cms.library.shapes import changed, crops_json, crops_of
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.crop import THOUSANDTHS, Crop, Focal


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
    row = await session.get(Asset, asset, with_for_update=True)
    if row is None or row.kind != PICTURE or row.deleted_at is not None:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_EDIT, Subject(row.unit_path, frozenset({row.created_by})))
    if not (0 <= focal.x <= THOUSANDTHS and 0 <= focal.y <= THOUSANDTHS):
        raise Invalid("library.crop", shape="-")
    kept = {key: crop for key, crop in crops.items() if crop != Crop(*focal)}
    names = changed((Focal(row.focal_x, row.focal_y), crops_of(row.crops)), (focal, kept))
    row.focal_x, row.focal_y, row.crops = focal.x, focal.y, crops_json(kept)
    await session.flush()
    if names:
        await remake(session, row.id, names, now=now)
        details = {"name": row.name, "count": len(names)}
        of = ("asset", str(row.id))
        await record(session, actor, "library.crop", of=of, unit=row.unit_path, details=details, now=now)
    return names
