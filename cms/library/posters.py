"""The picture that stands for a video: a moment of it, or a picture of the library or the disk."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import NotFound, Refused
from cms.kernel.wake import ring
from cms.library.details import editable
from cms.library.models import PICTURE, VIDEO, Asset, Rendition
from cms.library.queries import asset_for
from cms.library.retiring import swap
from cms.library.shapes import crops_of
from cms.library.states import VideoState
from cms.library.upload import NewPicture, Owner, Workshop, prepare_picture, rendition_row
from cms.people.actor import Actor
from media.crop import Focal, Mode
from media.house import PLAY, POSTER
from media.images import Rendition as Size, make_renditions
from media.kinds import JPEG
from media.sources import Source

# As the encoder makes it, from whichever picture was chosen.
_SIZE = Size(POSTER, Mode.cover, 1280, 720, JPEG.media_type, 86, "16x9")


async def poster_from_frame(
    db: Database, workshop: Workshop, actor: Actor, video: uuid.UUID, at_ms: int, *, now: dt.datetime
) -> Asset:
    """Takes the picture at this moment as the poster; returns its asset.

    Raises NotFound, Denied, Refused `library.video_unready`, MediaRefused `media.no_frame` and as decoding.
    """
    async with db.read() as session:
        found = await asset_for(session, actor, video)
        await _video(session, actor, video, lock=False)
    film = found.files.get(PLAY)
    if film is None:
        raise Refused("library.video_unready")
    owner = Owner(found.asset.unit_path, actor.person)
    limits = workshop.video_limits
    async with (
        workshop.store.as_path(film.sha256) as path,
        workshop.tools.frame(
            path, max(0, at_ms), sandbox=workshop.sandbox, work=workshop.work, limits=limits
        ) as picture,
    ):
        made = await prepare_picture(workshop, picture, owner, name=found.asset.name, now=now)
    return await _hang(db, workshop, actor, video, picture=made.asset, made=made, now=now)


async def poster_from_upload(
    db: Database, workshop: Workshop, actor: Actor, video: uuid.UUID, source: Source, *, name: str, now: dt.datetime
) -> Asset:
    """Takes an uploaded picture as the poster. Raises as `poster_from_frame`."""
    async with db.read() as session:
        row = await _video(session, actor, video, lock=False)
    made = await prepare_picture(workshop, source, Owner(row.unit_path, actor.person), name=name, now=now)
    return await _hang(db, workshop, actor, video, picture=made.asset, made=made, now=now)


async def poster_from_library(
    db: Database, workshop: Workshop, actor: Actor, video: uuid.UUID, picture: uuid.UUID, *, now: dt.datetime
) -> Asset:
    """Takes a picture of the library as the poster. Raises as `poster_from_frame`."""
    async with db.read() as session:
        await _video(session, actor, video, lock=False)
        chosen = (await asset_for(session, actor, picture)).asset
    if chosen.kind != PICTURE or chosen.deleted_at is not None:
        raise NotFound("library.asset_unknown")
    return await _hang(db, workshop, actor, video, picture=chosen, made=None, now=now)


async def _video(session: AsyncSession, actor: Actor, video: uuid.UUID, *, lock: bool = True) -> Asset:
    row = await editable(session, actor, video, lock=lock)
    if row.kind != VIDEO:
        raise NotFound("library.video_unknown")
    if row.state != VideoState.READY:
        raise Refused("library.video_unready")
    return row


async def _hang(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    video: uuid.UUID,
    *,
    picture: Asset,
    made: NewPicture | None,
    now: dt.datetime,
) -> Asset:
    """Cuts the picture to the poster's shape, then shows it everywhere at once."""
    async with workshop.store.as_path(picture.sha256) as master:
        making = make_renditions(
            master,
            sandbox=workshop.sandbox,
            work=workshop.work,
            focal=Focal(picture.focal_x, picture.focal_y),
            crops=crops_of(picture.crops or {}),
            wanted=(_SIZE,),
            limits=workshop.limits,
        )
        async with making as (file,):
            kept = await workshop.store.put(file.path, media_type=file.media_type)
    fresh = rendition_row(video, POSTER, file, kept, now)
    async with db.write() as session:
        row = await _video(session, actor, video)
        if made is not None:
            await made.add(session)
        await swap(session, video, [fresh], names=[POSTER], now=now)
        row.poster_id, row.poster_chosen = picture.id, True
        await session.flush()
        await ring(session, "library")
        details = {"name": row.name, "sha256": kept.sha256}
        of = ("asset", str(video))
        await record(session, actor, "library.poster", of=of, unit=row.unit_path, details=details, now=now)
    return picture


async def poster_hash(session: AsyncSession, video: uuid.UUID) -> str:
    """The file that stands for a video now; empty without one."""
    query = select(Rendition.sha256).where(Rendition.asset_id == video, Rendition.name == POSTER)
    return (await session.execute(query)).scalar_one_or_none() or ""
