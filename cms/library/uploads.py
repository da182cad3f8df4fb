"""Uploads that go on where they broke off: who may begin one, how much of it is here, and when it is over.

The row says whose it is and what it will become; how many bytes are here is the length of its file (`media.parts`).
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.errors import Invalid, NotFound, Refused, TooMany
from cms.kernel.ids import uuid7
from cms.library.folders import folder_for
from cms.library.models import Asset, Upload
from cms.library.states import UploadState
from cms.library.upload import Workshop, asset_name
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.errors import MediaRefused
from media.parts import Checksum, Parts

_OPEN: Final = (UploadState.OPEN.value, UploadState.WAITING.value, UploadState.CHECKING.value)
_OVER: Final = (UploadState.OPEN.value, UploadState.DONE.value, UploadState.TWIN.value, UploadState.FAILED.value)
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to upload: its length in bytes, its name, and what it is for."""

    size: int
    name: str
    folder: uuid.UUID | None = None
    replaces: uuid.UUID | None = None
    keep_twin: bool = False


def parts_of(workshop: Workshop) -> Parts:
    return Parts(workshop.uploads_folder, workshop.video_limits.min_free_bytes)


def part_name(upload: uuid.UUID) -> str:
    return upload.hex


async def begin(db: Database, workshop: Workshop, actor: Actor, wish: Wish, *, now: dt.datetime) -> Upload:
    """A place for a file.

    Raises Denied; Invalid `library.upload_size`; TooMany `library.uploads_many`; MediaRefused `media.too_large`,
    `media.disk_full`; for a replacement as `replaceable`, for a folder as `folder_for`.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    limit = workshop.video_limits.file_bytes
    if wish.size < 1:
        raise Invalid("library.upload_size")
    if wish.size > limit:
        raise MediaRefused("media.too_large", limit=limit >> 20)
    room, parts = workshop.uploads, parts_of(workshop)
    async with db.read() as session:
        promised = await _promised(session, parts)
    row = Upload(
        id=uuid7(now),
        state=UploadState.OPEN.value,
        person_id=actor.person,
        unit_path=actor.unit,
        name=asset_name(wish.name),
        size=wish.size,
        folder_id=wish.folder,
        replaces=wish.replaces,
        keep_twin=wish.keep_twin,
        not_before=now,
        created_at=now,
        expires_at=now + room.lasts,
    )
    # The file first: a row without its file would be an upload that can never go on.
    await parts.begin(part_name(row.id), size=wish.size, promised=promised)
    try:
        async with db.write() as session:
            await _admit(session, actor, wish, room.each)
            session.add(row)
            await session.flush()
    except BaseException:
        await parts.remove(part_name(row.id))
        raise
    return row


async def _admit(session: AsyncSession, actor: Actor, wish: Wish, most: int) -> None:
    open_ = select(func.count()).select_from(Upload)
    open_ = open_.where(Upload.person_id == actor.person, Upload.state.in_(_OPEN))
    if (await session.scalar(open_) or 0) >= most:
        raise TooMany("library.uploads_many", most=most, seconds=60)
    await folder_for(session, actor, wish.folder)
    if wish.replaces is not None:
        await replaceable(session, actor, wish.replaces)


async def upload_for(session: AsyncSession, actor: Actor, upload: uuid.UUID, *, now: dt.datetime) -> Upload:
    """One's own upload, asked anew at every request.

    Raises NotFound `library.upload_unknown` also for another person's, Denied when the right is gone meanwhile,
    Refused `library.upload_over` when it ran out.
    """
    row = await session.get(Upload, upload)
    if row is None or row.person_id != actor.person:
        raise NotFound("library.upload_unknown")
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(row.unit_path, frozenset({row.person_id})))
    if row.state == UploadState.OPEN and row.expires_at <= now:
        raise Refused("library.upload_over")
    return row


async def offset(workshop: Workshop, row: Upload) -> int:
    """How many bytes are here; all, once it is being looked into."""
    if row.state != UploadState.OPEN:
        return row.size
    return await parts_of(workshop).length(part_name(row.id))


async def append(
    db: Database,
    workshop: Workshop,
    row: Upload,
    source: AsyncIterator[bytes],
    *,
    at: int,
    checksum: Checksum | None = None,
    now: dt.datetime,
) -> int:
    """Takes the next piece; how many bytes are here now. With the last one the upload waits to be looked into.

    Raises Refused `library.upload_over` when it is complete already, MediaRefused as `media.parts.Parts.append`.
    """
    if row.state != UploadState.OPEN:
        raise Refused("library.upload_over")
    length = await parts_of(workshop).append(part_name(row.id), source, at=at, most=row.size, checksum=checksum)
    values: dict[str, object] = {"expires_at": now + workshop.uploads.lasts}
    if length == row.size:
        values |= {"state": UploadState.WAITING.value, "not_before": now}
    async with db.write() as session:
        mine = (Upload.id == row.id, Upload.state == UploadState.OPEN.value)
        await session.execute(update(Upload).where(*mine).values(**values))
    return length


async def keep_twin(session: AsyncSession, actor: Actor, upload: uuid.UUID, *, now: dt.datetime) -> Upload:
    """Wants the file although the library has it. Raises as `upload_for`; Refused `library.upload_over`."""
    row = await upload_for(session, actor, upload, now=now)
    if row.state != UploadState.TWIN:
        raise Refused("library.upload_over")
    row.keep_twin, row.state, row.not_before = True, UploadState.WAITING.value, now
    await session.flush()
    return row


async def terminate(db: Database, workshop: Workshop, actor: Actor, upload: uuid.UUID, *, now: dt.datetime) -> None:
    """Gives an upload up with all that is here of it. Raises NotFound, Denied, Refused `library.upload_busy`."""
    async with db.write() as session:
        row = await session.get(Upload, upload, with_for_update=True)
        if row is None or row.person_id != actor.person:
            raise NotFound("library.upload_unknown")
        require_can(actor, Action.LIBRARY_UPLOAD, Subject(row.unit_path, frozenset({row.person_id})))
        if row.state == UploadState.CHECKING and row.lease_until is not None and row.lease_until > now:
            raise Refused("library.upload_busy")
        await session.delete(row)
    await parts_of(workshop).remove(part_name(upload))


async def mine(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[Upload]:
    """The actor's uploads that are not over, oldest first."""
    states = (*_OPEN, UploadState.TWIN.value, UploadState.FAILED.value)
    where = (Upload.person_id == actor.person, Upload.state.in_(states), Upload.expires_at > now)
    return (await session.scalars(select(Upload).where(*where).order_by(Upload.id).limit(_BATCH))).all()


async def replaceable(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> Asset:
    """The asset whose file somebody exchanges: whoever may take a file away may also put another in its place.

    Raises NotFound, Denied.
    """
    row = await session.get(Asset, asset)
    if row is None or row.deleted_at is not None:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_DELETE, Subject(row.unit_path, frozenset({row.created_by})))
    return row


async def sweep(db: Database, workshop: Workshop, *, now: dt.datetime) -> int:
    """Ends uploads that ran out, and files no row knows; returns how many files went."""
    parts = parts_of(workshop)
    async with db.write() as session:
        over = (Upload.expires_at <= now, Upload.state.in_(_OVER))
        gone = (await session.scalars(select(Upload.id).where(*over).limit(_BATCH))).all()
        await session.execute(delete(Upload).where(Upload.id.in_(gone)))
    names = await parts.names()
    async with db.read() as session:
        ids = [uuid.UUID(name) for name in names]
        live = (UploadState.OPEN.value, UploadState.WAITING.value, UploadState.CHECKING.value, UploadState.TWIN.value)
        known = select(Upload.id).where(Upload.id.in_(ids), Upload.state.in_(live))
        kept = {part_name(one) for one in (await session.scalars(known)).all()}
    # An upload that begins at this moment has a file and no row yet: its id tells how old it is.
    fresh = {name for name in names if _age_of(uuid.UUID(name), now) < dt.timedelta(minutes=10)}
    stray = [name for name in names if name not in kept and name not in fresh]
    for name in stray:
        await parts.remove(name)
    return len(stray)


def _age_of(upload: uuid.UUID, now: dt.datetime) -> dt.timedelta:
    return now - dt.datetime.fromtimestamp((upload.int >> 80) / 1000, dt.UTC)


async def _promised(session: AsyncSession, parts: Parts) -> int:
    """Bytes that other open uploads will still bring."""
    rows = (await session.execute(select(Upload.id, Upload.size).where(Upload.state == UploadState.OPEN.value))).all()
    here = set(await parts.names())
    return sum([row.size - await parts.length(part_name(row.id)) for row in rows if part_name(row.id) in here])
