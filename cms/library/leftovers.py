"""Files that only served while a video was made: their rows go with the work, the bytes once nobody else has them."""

import uuid
from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.library.models import Asset, EncodePart, PastRendition, Rendition
from media.house import FIRST_LOOK
from media.store import Store


async def drop_parts(session: AsyncSession, asset: uuid.UUID) -> set[str]:
    """Ends the rows of an asset's finished parts and of its first look; returns the hashes they had."""
    look = (Rendition.asset_id == asset) & (Rendition.name == FIRST_LOOK)
    found = set((await session.scalars(select(EncodePart.sha256).where(EncodePart.asset_id == asset))).all())
    found |= set((await session.scalars(select(Rendition.sha256).where(look))).all())
    for statement in (delete(EncodePart).where(EncodePart.asset_id == asset), delete(Rendition).where(look)):
        await session.execute(statement.execution_options(synchronize_session=False))
    return found


async def remove_files(db: Database, store: Store, hashes: Collection[str]) -> None:
    """Removes the files of these that no row names. One that is left over when this is killed is harmless."""
    async with db.read() as session:
        orphans = [one for one in sorted(hashes) if not await is_held(session, one)]
    for sha256 in orphans:
        await store.delete(sha256)


async def is_held(session: AsyncSession, sha256: str) -> bool:
    """Whether any row of the library names a file."""
    for table in (Asset, Rendition, PastRendition, EncodePart):
        if (await session.execute(select(table.id).where(table.sha256 == sha256).limit(1))).first() is not None:
            return True
    return False
