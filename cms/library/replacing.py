"""Another file for an asset that keeps its id: drafts show the new one, what is signed keeps the old by its hash."""

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Refused
from cms.kernel.wake import ring
from cms.library.examined import tell_facts
from cms.library.models import PICTURE, VIDEO, Asset, EncodeJob, RenditionJob, SubtitleTrack
from cms.library.retiring import swap
from cms.library.shapes import crops_of
from cms.library.states import RemakeState, VideoState
from cms.library.upload import NewPicture, Owner, Workshop, prepare_picture
from cms.library.uploads import replaceable
from cms.library.videos import KeptVideo, begin_again
from cms.people.actor import Actor
from media.crop import Focal
from media.sources import Source


async def replace_picture(
    db: Database, workshop: Workshop, actor: Actor, asset: uuid.UUID, source: Source, *, now: dt.datetime
) -> Asset:
    """Exchanges the file of a picture; its name, tags, cuts and rights stay.

    Raises NotFound; Denied; Refused `library.other_kind`; MediaRefused. Nothing changed then.
    """
    async with db.read() as session:
        row = await replaceable(session, actor, asset)
        if row.kind != PICTURE:
            raise Refused("library.other_kind")
    made = await prepare_picture(
        workshop,
        source,
        Owner(row.unit_path, row.created_by),
        name=row.name,
        focal=Focal(row.focal_x, row.focal_y),
        crops=crops_of(row.crops),
        now=now,
    )
    async with db.write() as session:
        return await put_picture(session, actor, asset, made, now=now)


async def put_picture(
    session: AsyncSession, actor: Actor, asset: uuid.UUID, made: NewPicture, *, now: dt.datetime
) -> Asset:
    """Puts a prepared picture in the place of an asset's. Raises as `replace_picture`."""
    await session.execute(select(Asset.id).where(Asset.id == asset).with_for_update())
    row = await replaceable(session, actor, asset)
    if row.kind != PICTURE:
        raise Refused("library.other_kind")
    before, fresh = row.sha256, made.asset
    for name in ("sha256", "source_sha256", "size", "media_type", "width", "height", "dominant", "placeholder"):
        setattr(row, name, getattr(fresh, name))
    row.made_for, row.version = fresh.made_for, row.version + 1
    for one in made.renditions:
        one.asset_id = row.id
    await swap(session, row.id, made.renditions, now=now)
    # A cut of the old file that is made at this moment must not land on the new one.
    stopped = {"state": RemakeState.DONE.value, "fence": RenditionJob.fence + 1, "lease_owner": None}
    job = update(RenditionJob).where(RenditionJob.asset_id == row.id).values(**stopped, lease_until=None)
    await session.execute(job.execution_options(synchronize_session=False))
    await _note(session, actor, row, before, now)
    return row


async def put_video(
    session: AsyncSession, actor: Actor, asset: uuid.UUID, kept: KeptVideo, *, now: dt.datetime
) -> Asset:
    """Puts a stored video in the place of an asset's and has it encoded. Raises NotFound, Denied, Refused."""
    await session.execute(select(Asset.id).where(Asset.id == asset).with_for_update())
    row = await replaceable(session, actor, asset)
    job = await session.scalar(select(EncodeJob).where(EncodeJob.asset_id == asset).with_for_update())
    if row.kind != VIDEO or job is None:
        raise Refused("library.other_kind")
    before = row.sha256
    row.sha256 = row.source_sha256 = kept.stored.sha256
    row.size, row.media_type = kept.stored.size, kept.facts.form.media_type
    row.width, row.height, row.duration_ms = kept.facts.width, kept.facts.height, kept.facts.duration_ms
    row.state, row.version, row.poster_chosen = VideoState.WAITING.value, row.version + 1, False
    row.findings, row.chapters, row.cut_of = {}, [], []
    begin_again(job, now=now)
    await tell_facts(session, row, kept.told, now=now)
    await session.flush()
    await _note(session, actor, row, before, now)
    return row


async def has_subtitles(session: AsyncSession, asset: uuid.UUID) -> bool:
    """Whether a replaced video has subtitles that somebody must look at: their times are those of the old film."""
    query = select(SubtitleTrack.id).where(SubtitleTrack.asset_id == asset).limit(1)
    return (await session.execute(query)).first() is not None


async def _note(session: AsyncSession, actor: Actor, row: Asset, before: str, now: dt.datetime) -> None:
    await session.flush()
    await ring(session, "library")
    details = {"name": row.name, "from": before, "to": row.sha256}
    of = ("asset", str(row.id))
    await record(session, actor, "library.replace", of=of, unit=row.unit_path, details=details, now=now)
