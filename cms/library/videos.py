"""Taking a video into the library: streamed to disk, examined, stored, and a job that will make it ready."""

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.library.models import VIDEO, Asset, EncodeJob
from cms.library.states import VideoState
from cms.library.upload import Workshop, asset_name
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.sources import Source
from media.store import StoredFile
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
    async with private_folder(workshop.work) as folder:
        upload = folder / "upload"
        await caught(source, upload, limit=limits.file_bytes, reserve=limits.min_free_bytes)
        facts = await workshop.tools.examine(upload, sandbox=workshop.sandbox, work=workshop.work, limits=limits)
        stored = await workshop.store.put(upload, media_type=facts.form.media_type)
    asset = _asset(actor, stored, facts, name=name, now=now)
    async with db.write() as session:
        session.add(asset)
        await session.flush()
        session.add(EncodeJob(id=uuid7(now), asset_id=asset.id, not_before=now, created_at=now))
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
    job.state, job.not_before, job.attempt, job.lost = VideoState.WAITING.value, now, 0, 0
    job.stage, job.percent, job.eta_seconds = "", 0, None
    job.error_code, job.error_params, job.finished_at = None, {}, None
    found.state = VideoState.WAITING.value
    await session.flush()
    await ring(session, "library")
    await _note(session, actor, "library.retry_video", found, now)
    return found


async def follow_jobs(session: AsyncSession) -> None:
    """Videos say what their jobs say: after a claim, which may also have taken jobs from the dead."""
    said = select(EncodeJob.state).where(EncodeJob.asset_id == Asset.id).scalar_subquery()
    differ = (
        select(EncodeJob.asset_id).join(Asset, Asset.id == EncodeJob.asset_id).where(Asset.state != EncodeJob.state)
    )
    statement = update(Asset).where(Asset.id.in_(differ)).values(state=said)
    await session.execute(statement.execution_options(synchronize_session=False))


def _asset(actor: Actor, stored: StoredFile, facts: VideoFacts, *, name: str, now: dt.datetime) -> Asset:
    return Asset(
        id=uuid7(now),
        kind=VIDEO,
        name=asset_name(name),
        sha256=stored.sha256,
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
