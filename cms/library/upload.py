"""Taking a picture into the library: intake and renditions first, rows last, so that a failure leaves nothing."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line, search_text
from cms.library.browse import same_file
from cms.library.folders import folder_for
from cms.library.models import PICTURE, Asset, Rendition
from cms.library.tools import Tools
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.crop import CENTRE, Crop, Focal
from media.images import TABLE, make_renditions
from media.intake import PictureIntake, take_picture
from media.limits import PictureLimits, SoundLimits, VideoLimits
from media.sandbox import Sandbox
from media.sources import Source
from media.store import Store, StoredFile

NAME_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class UploadRoom:
    """Where files lie that come in piece by piece; every process that takes them must see the same folder.

    `folder` None is a folder beside `work`; `each` bounds the open uploads of one person, `lasts` how long one stands.
    """

    folder: Path | None = None
    each: int = 5
    lasts: dt.timedelta = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where uploads are taken in: the store, the sandbox and a private folder for temporary files.

    `looking` is where a film's begin is made watchable while the rest of it is still read (`cms.library.early_look`);
    None leaves that to the worker.
    """

    store: Store
    sandbox: Sandbox
    work: Path
    limits: PictureLimits = field(default_factory=PictureLimits)
    video_limits: VideoLimits = field(default_factory=VideoLimits)
    uploads: UploadRoom = field(default_factory=UploadRoom)
    tools: Tools = field(default_factory=Tools)
    sound_limits: SoundLimits = field(default_factory=SoundLimits)
    looking: Sandbox | None = None

    @property
    def uploads_folder(self) -> Path:
        return self.uploads.folder or self.work.parent / "uploads"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for an asset, and in which unit."""

    unit: str
    person: uuid.UUID


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture whose files are stored and whose rows are not: whoever adds them makes it visible."""

    asset: Asset
    renditions: tuple[Rendition, ...]

    async def add(self, session: AsyncSession) -> None:
        session.add(self.asset)
        await session.flush()
        session.add_all(self.renditions)
        await session.flush()


async def upload_picture(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    *,
    name: str,
    focal: Focal = CENTRE,
    folder: uuid.UUID | None = None,
    now: dt.datetime,
) -> Asset:
    """Checks, re-encodes and stores a picture with all its renditions, and returns its row.

    Files are content-addressed: when the last step fails they are unreferenced, never half visible.

    Raises:
        Denied: the actor may not upload in their unit.
        MediaRefused: the reason, with its code; nothing was kept.
    """
    made = await _prepared(workshop, actor, source, name=name, focal=focal, now=now)
    async with db.write() as session:
        return await add_picture(session, actor, made, folder, now)


async def upload_or_find(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    *,
    name: str,
    focal: Focal | None = None,
    folder: uuid.UUID | None = None,
    now: dt.datetime,
) -> tuple[Asset, bool]:
    """As `upload_picture`; the very same file again gives the asset that has it, and True: nothing new is kept.

    A focal point somebody chose that is not that of the known one makes an asset of its own, or the choice were lost.
    """
    made = await _prepared(workshop, actor, source, name=name, focal=focal or CENTRE, now=now)
    async with db.write() as session:
        known = await same_file(session, actor, made.asset.source_sha256, kind=PICTURE)
        if known is not None and focal in {None, Focal(known.focal_x, known.focal_y)}:
            return known, True
        return await add_picture(session, actor, made, folder, now), False


async def _prepared(
    workshop: Workshop, actor: Actor, source: Source, *, name: str, focal: Focal, now: dt.datetime
) -> NewPicture:
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    return await prepare_picture(workshop, source, Owner(actor.unit, actor.person), name=name, focal=focal, now=now)


async def add_picture(
    session: AsyncSession, actor: Actor, made: NewPicture, folder: uuid.UUID | None, now: dt.datetime
) -> Asset:
    """The rows of a prepared picture, with their record. Raises as `folder_for`."""
    asset = made.asset
    await folder_for(session, actor, folder)
    asset.folder_id = folder
    await made.add(session)
    details = {"name": asset.name, "sha256": asset.sha256}
    await record(
        session, actor, "library.upload", of=("asset", str(asset.id)), unit=actor.unit, details=details, now=now
    )
    return asset


async def prepare_picture(
    workshop: Workshop,
    source: Source,
    owner: Owner,
    *,
    name: str,
    focal: Focal = CENTRE,
    crops: Mapping[str, Crop] = MappingProxyType({}),
    now: dt.datetime,
) -> NewPicture:
    """Checks, re-encodes and stores a picture with all its renditions; no row is written.

    Raises:
        MediaRefused: the reason, with its code; nothing was kept.
    """
    async with take_picture(source, sandbox=workshop.sandbox, work=workshop.work, limits=workshop.limits) as picture:
        master = await workshop.store.put(picture.master, media_type=picture.media_type)
        async with make_renditions(
            picture.master,
            sandbox=workshop.sandbox,
            work=workshop.work,
            focal=focal,
            crops=crops,
            limits=workshop.limits,
        ) as files:
            stored = [(file, await workshop.store.put(file.path, media_type=file.media_type)) for file in files]
        asset = _asset(owner, picture, master, name=name, focal=focal, now=now)
    return NewPicture(asset, tuple(rendition_row(asset.id, file.name, file, kept, now) for file, kept in stored))


def _asset(
    owner: Owner, picture: PictureIntake, master: StoredFile, *, name: str, focal: Focal, now: dt.datetime
) -> Asset:
    return Asset(
        id=uuid7(now),
        kind=PICTURE,
        name=asset_name(name),
        sha256=master.sha256,
        source_sha256=picture.source_sha256,
        made_for=TABLE,
        search_text=search_text(asset_name(name).lower()),
        size=master.size,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        dominant=picture.dominant,
        placeholder=picture.placeholder,
        focal_x=focal.x,
        focal_y=focal.y,
        unit_path=owner.unit,
        created_by=owner.person,
        created_at=now,
    )


def asset_name(name: str) -> str:
    """A file's name as people see it: one line, not too long."""
    return one_line(name)[:NAME_LENGTH]


class Sized(Protocol):
    """What a rendition's row says of a file besides its bytes."""

    @property
    def media_type(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


def rendition_row(asset: uuid.UUID, name: str, file: Sized, stored: StoredFile, now: dt.datetime) -> Rendition:
    return Rendition(
        id=uuid7(now),
        asset_id=asset,
        name=name,
        sha256=stored.sha256,
        size=stored.size,
        media_type=file.media_type,
        width=file.width,
        height=file.height,
        chunks=list(stored.chunks),
    )
