"""Taking a picture into the library: intake and renditions first, rows last, so that a failure leaves nothing."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.library.models import Asset, Rendition
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.crop import CENTRE, Focal
from media.images import RenditionFile, make_renditions
from media.intake import PictureIntake, take_picture
from media.limits import PictureLimits
from media.sandbox import Sandbox
from media.sources import Source
from media.store import Store, StoredFile

NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where pictures are taken in: the store, the sandbox and a private folder for temporary files."""

    store: Store
    sandbox: Sandbox
    work: Path
    limits: PictureLimits = field(default_factory=PictureLimits)


async def upload_picture(
    db: Database, workshop: Workshop, actor: Actor, source: Source, *, name: str, focal: Focal = CENTRE, now: datetime
) -> Asset:
    """Checks, re-encodes and stores a picture with all its renditions, and returns its row.

    Files are content-addressed: when the last step fails they are unreferenced, never half visible.

    Raises:
        Denied: the actor may not upload in their unit.
        MediaRefused: the reason, with its code; nothing was kept.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    async with take_picture(source, sandbox=workshop.sandbox, work=workshop.work, limits=workshop.limits) as picture:
        master = await workshop.store.put(picture.master, media_type=picture.media_type)
        async with make_renditions(
            picture.master, sandbox=workshop.sandbox, work=workshop.work, focal=focal, limits=workshop.limits
        ) as files:
            stored = [(file, await workshop.store.put(file.path, media_type=file.media_type)) for file in files]
        asset = _asset(actor, picture, master, name=name, focal=focal, now=now)
    async with db.write() as session:
        session.add(asset)
        await session.flush()
        session.add_all(_rendition(asset.id, file, kept, now) for file, kept in stored)
        await session.flush()
        details = {"name": asset.name, "sha256": asset.sha256}
        await record(
            session, actor, "library.upload", of=("asset", str(asset.id)), unit=actor.unit, details=details, now=now
        )
    return asset


def _asset(
    actor: Actor, picture: PictureIntake, master: StoredFile, *, name: str, focal: Focal, now: datetime
) -> Asset:
    return Asset(
        id=uuid7(now),
        kind="picture",
        name=one_line(name)[:NAME_LENGTH],
        sha256=master.sha256,
        size=master.size,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        dominant=picture.dominant,
        placeholder=picture.placeholder,
        focal_x=focal.x,
        focal_y=focal.y,
        unit_path=actor.unit,
        created_by=actor.person,
        created_at=now,
    )


def _rendition(asset: uuid.UUID, file: RenditionFile, stored: StoredFile, now: datetime) -> Rendition:
    return Rendition(
        id=uuid7(now),
        asset_id=asset,
        name=file.name,
        sha256=stored.sha256,
        size=stored.size,
        media_type=file.media_type,
        width=file.width,
        height=file.height,
        chunks=list(stored.chunks),
    )
