"""Changing the files of an asset: those that go are remembered, because what was signed goes on naming them."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.library.models import PastRendition, Rendition
from media.house import OPTIONAL


async def swap(
    session: AsyncSession,
    asset: uuid.UUID,
    fresh: Sequence[Rendition],
    *,
    names: Collection[str] | None = None,
    now: dt.datetime,
) -> None:
    """Puts `fresh` in the place of the renditions of these names; None: of all that an encoder makes."""
    where = [Rendition.asset_id == asset]
    where.append(Rendition.name.not_in(OPTIONAL) if names is None else Rendition.name.in_(names))
    kept = {row.sha256 for row in fresh}
    for row in (await session.scalars(select(Rendition).where(*where))).all():
        if row.sha256 not in kept:
            session.add(_past(row, now))
    await session.execute(delete(Rendition).where(*where).execution_options(synchronize_session=False))
    session.add_all(fresh)
    await session.flush()


def _past(row: Rendition, now: dt.datetime) -> PastRendition:
    return PastRendition(
        id=uuid7(now),
        asset_id=row.asset_id,
        name=row.name,
        sha256=row.sha256,
        size=row.size,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        retired_at=now,
    )
