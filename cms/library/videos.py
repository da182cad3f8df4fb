"""Taking a video into the library: streamed to disk, examined, stored, and a job that will make it ready."""

import contextlib
import datetime as dt
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import search_text
from cms.kernel.wake import ring
from cms.library.early_look import EarlyLook, early_look, look_row
from cms.library.examined import keep_facts, tell_facts
from cms.library.folders import folder_for
from cms.library.models import VIDEO, Asset, EncodeJob
from cms.library.queueing import others_wait
from cms.library.states import VideoState
from cms.library.upload import Workshop, asset_name
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.sources import Source
from media.store import Adopted, Adopting, Store, StoredFile
from media.video import VideoFacts
from media.workspace import caught, private_folder

_DARK = "#1f2328"  # what stands where the poster will be


async def upload_video(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    *,
    name: str,
    folder: uuid.UUID | None = None,
    now: dt.datetime,
) -> Asset:
    """Checks and keeps a video and asks for its encoding; returns its row, which is waiting.

    The upload is streamed to a private file and is never in memory. What is refused or breaks off leaves nothing.

    Raises:
        Denied: the actor may not upload in their unit.
        MediaRefused: the reason, with its code.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    limits = workshop.video_limits
    async with private_folder(workshop.work) as temporary:
        upload, hasher = temporary / "upload", hashlib.sha256()
        await caught(source, upload, limit=limits.file_bytes, reserve=limits.min_free_bytes, hasher=hasher)
        kept = await keep_video(workshop, upload, sha256=hasher.hexdigest())
    async with db.write() as session:
        return await add_video(session, actor, kept, name=name, folder=folder, now=now)


async def take_video(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    path: Path,
    *,
    name: str,
    now: dt.datetime,
) -> Asset:
    """As `upload_video` for a finished file in a private folder of ours: nobody writes into it, nothing is copied."""
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    kept = await keep_video(workshop, path)
    async with db.write() as session:
        return await add_video(session, actor, kept, name=name, now=now)


@dataclass(frozen=True, slots=True)
class KeptVideo:
    """A video whose file is stored and whose rows are not.

    `told` is the file that says what it is, `look` its begin where that can be watched already.
    """

    stored: Adopted
    facts: VideoFacts
    told: str
    look: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """A video that was accepted and hashed and is not stored."""

    known_by: Adopted
    facts: VideoFacts
    _store: Store
    _adopting: Adopting
    _look: EarlyLook

    async def keep(self) -> KeptVideo:
        """Stores it. Raises MediaRefused."""
        told = await keep_facts(self._store, self.facts)
        stored = await self._adopting.publish(media_type=self.facts.form.media_type)
        return KeptVideo(stored, self.facts, told, await self._look.kept(self.facts))


@contextlib.asynccontextmanager
async def found_video(
    workshop: Workshop, path: Path, *, sha256: str | Awaitable[str] = ""
) -> AsyncIterator[FoundVideo]:
    """Looks into a finished private file, which is synced and looked at meanwhile, and hashed where nobody else does.

    `sha256` is its hash, or will be. Raises MediaRefused.
    """
    async with workshop.store.adopting(path, sha256=sha256) as adopting, early_look(workshop, path) as look:

        def claimed(facts: VideoFacts) -> None:
            look.begin(facts)
            adopting.begin()

        sandbox, work, limits = workshop.sandbox, workshop.work, workshop.video_limits
        facts = await workshop.tools.examine(path, sandbox=sandbox, work=work, limits=limits, claimed=claimed)
        yield FoundVideo(await adopting.hashed(), facts, workshop.store, adopting, look)


async def keep_video(workshop: Workshop, path: Path, *, sha256: str = "") -> KeptVideo:
    """Looks into a finished private file and stores it. Raises MediaRefused."""
    async with found_video(workshop, path, sha256=sha256) as found:
        return await found.keep()


async def add_video(
    session: AsyncSession,
    actor: Actor,
    kept: KeptVideo,
    *,
    name: str,
    folder: uuid.UUID | None = None,
    now: dt.datetime,
) -> Asset:
    """The rows of a video, with the job that will make it ready. Raises as `folder_for`."""
    await folder_for(session, actor, folder)
    asset = _asset(actor, kept, name=name, now=now)
    asset.folder_id = folder
    session.add(asset)
    await session.flush()
    job = EncodeJob(id=uuid7(now), asset_id=asset.id, not_before=now, created_at=now)
    session.add(job)
    await tell_facts(session, asset, kept.told, now=now)
    if kept.look is not None:
        session.add(look_row(asset.id, kept.look, now=now))
        # Behind another film a longer look is wanted, which is the worker's.
        job.looked_at = None if await others_wait(session, job.id) else now
    await session.flush()
    await ring(session, "library")
    await _note(session, actor, "library.upload_video", asset, now)
    return asset


async def retry_encode(session: AsyncSession, actor: Actor, asset: uuid.UUID, *, now: dt.datetime) -> Asset:
    """Asks for another try of a video that was rejected.

    Raises:
        NotFound: `library.video_unknown`.
        Denied: no right to upload there.
        Refused: `library.not_rejected`.
    """
    job = await session.scalar(select(EncodeJob).where(EncodeJob.asset_id == asset).with_for_update())
    found = await session.get(Asset, asset)
    if job is None or found is None:
        raise NotFound("library.video_unknown")
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(found.unit_path, frozenset({found.created_by})))
    if job.state != VideoState.REJECTED:
        raise Refused("library.not_rejected")
    begin_again(job, now=now)
    found.state = VideoState.WAITING.value
    await session.flush()
    await ring(session, "library")
    await _note(session, actor, "library.retry_video", found, now)
    return found


def begin_again(job: EncodeJob, *, now: dt.datetime) -> None:
    """Has a video encoded anew; whoever is at it drops what comes of it."""
    job.state, job.not_before, job.attempt, job.lost = VideoState.WAITING.value, now, 0, 0
    job.fence, job.lease_owner, job.lease_until = job.fence + 1, None, None
    job.stage, job.percent, job.eta_seconds, job.looked_at, job.small_at = "", 0, None, None, None
    job.error_code, job.error_params, job.finished_at = None, {}, None


async def follow_jobs(session: AsyncSession) -> None:
    """Videos say what their jobs say: after a claim, which may also have taken jobs from the dead."""
    said = select(EncodeJob.state).where(EncodeJob.asset_id == Asset.id).scalar_subquery()
    differ = (
        select(EncodeJob.asset_id).join(Asset, Asset.id == EncodeJob.asset_id).where(Asset.state != EncodeJob.state)
    )
    statement = update(Asset).where(Asset.id.in_(differ)).values(state=said)
    await session.execute(statement.execution_options(synchronize_session=False))


def _asset(actor: Actor, kept: KeptVideo, *, name: str, now: dt.datetime) -> Asset:
    stored, facts = kept.stored, kept.facts
    return Asset(
        id=uuid7(now),
        kind=VIDEO,
        name=asset_name(name),
        sha256=stored.sha256,
        source_sha256=stored.sha256,
        search_text=search_text(asset_name(name).lower()),
        size=stored.size,
        media_type=facts.form.media_type,
        width=facts.width,
        height=facts.height,
        dominant=_DARK,
        placeholder=b"",
        state=VideoState.WAITING.value,
        duration_ms=facts.duration_ms,
        unit_path=actor.unit,
        created_by=actor.person,
        created_at=now,
    )


async def _note(session: AsyncSession, actor: Actor, action: str, asset: Asset, now: dt.datetime) -> None:
    details = {"name": asset.name, "sha256": asset.sha256}
    await record(session, actor, action, of=("asset", str(asset.id)), unit=asset.unit_path, details=details, now=now)
