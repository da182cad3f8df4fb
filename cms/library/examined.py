"""What the intake found in a video, kept for the worker: the same bytes are read to their end once."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.library.models import Asset, EncodePart
from cms.library.upload import Workshop
from media.errors import MediaRefused
from media.facts_file import MEDIA_TYPE, read_facts, write_facts
from media.stable import look
from media.store import Store
from media.threads import in_thread
from media.video import VideoFacts

# A part of the encode like its stretches, ended with them; of no house, as it is about the source.
_NAME: Final = "facts"
_HOUSE: Final = "source"


async def keep_facts(store: Store, facts: VideoFacts) -> str:
    """Stores what was found; the hash of the file. Raises MediaRefused."""
    return (await store.put(write_facts(facts), media_type=MEDIA_TYPE)).sha256


async def tell_facts(session: AsyncSession, asset: Asset, told: str, *, now: dt.datetime) -> None:
    """The row that leads from a video to what was found in it."""
    await session.execute(delete(EncodePart).where(*_of(asset.id), EncodePart.source_sha256 == asset.sha256))
    session.add(
        EncodePart(id=uuid7(now), asset_id=asset.id, source_sha256=asset.sha256, house=_HOUSE, name=_NAME, sha256=told)
    )


async def facts_of(db: Database, workshop: Workshop, asset: Asset, source: Path) -> VideoFacts:
    """What the stored bytes of a video are: as they were found to be, or looked into now. Raises MediaRefused."""
    async with db.read() as session:
        query = select(EncodePart.sha256).where(*_of(asset.id), EncodePart.source_sha256 == asset.sha256)
        told = await session.scalar(query)
    if told is not None:
        try:
            known = read_facts(await workshop.store.get(told), await in_thread(look, source))
        except MediaRefused:
            known = None  # it is gone or damaged: nothing that reading the video does not bring back
        if known is not None:
            return known
    limits = workshop.video_limits
    return await workshop.tools.examine(source, sandbox=workshop.sandbox, work=workshop.work, limits=limits)


def _of(asset: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return EncodePart.asset_id == asset, EncodePart.house == _HOUSE, EncodePart.name == _NAME
