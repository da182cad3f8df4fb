"""Taking a recording into the library: heard to its end, stored, and a job that makes the one file that is played."""

import datetime as dt
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import search_text
from cms.kernel.wake import ring
from cms.library.folders import folder_for
from cms.library.models import AUDIO, Asset, EncodeJob
from cms.library.states import VideoState
from cms.library.upload import Workshop, asset_name
from cms.library.uploads import replaceable
from cms.library.videos import begin_again
from cms.people.actor import Actor
from media.sound import SoundFacts
from media.store import Adopted

_QUIET = "#1f2328"  # where other files have a colour of their picture


@dataclass(frozen=True, slots=True)
class KeptSound:
    """A recording whose file is stored and whose rows are not."""

    stored: Adopted
    facts: SoundFacts


async def keep_sound(workshop: Workshop, path: Path) -> KeptSound:
    """Hears a recording, which is hashed and synced meanwhile, and stores it. Raises MediaRefused."""
    limits = workshop.sound_limits
    async with workshop.store.adopting(path) as adopting:
        facts = await workshop.tools.hear(path, sandbox=workshop.sandbox, work=workshop.work, limits=limits)
        return KeptSound(await adopting.publish(media_type=facts.form.media_type), facts)


async def add_sound(
    session: AsyncSession,
    actor: Actor,
    kept: KeptSound,
    *,
    name: str,
    folder: uuid.UUID | None = None,
    now: dt.datetime,
) -> Asset:
    """The rows of a recording, with the job that will make it ready. Raises as `folder_for`."""
    await folder_for(session, actor, folder)
    asset = Asset(
        id=uuid7(now),
        kind=AUDIO,
        name=asset_name(name),
        sha256=kept.stored.sha256,
        source_sha256=kept.stored.sha256,
        search_text=search_text(asset_name(name).lower()),
        size=kept.stored.size,
        media_type=kept.facts.form.media_type,
        width=0,
        height=0,
        dominant=_QUIET,
        placeholder=b"",
        state=VideoState.WAITING.value,
        duration_ms=kept.facts.length_ms,
        folder_id=folder,
        unit_path=actor.unit,
        created_by=actor.person,
        created_at=now,
    )
    session.add(asset)
    await session.flush()
    session.add(EncodeJob(id=uuid7(now), asset_id=asset.id, not_before=now, created_at=now, looked_at=now))
    await session.flush()
    await ring(session, "library")
    details = {"name": asset.name, "sha256": asset.sha256}
    of = ("asset", str(asset.id))
    await record(session, actor, "library.upload_sound", of=of, unit=asset.unit_path, details=details, now=now)
    return asset


async def put_sound(
    session: AsyncSession, actor: Actor, asset: uuid.UUID, kept: KeptSound, *, now: dt.datetime
) -> Asset:
    """Puts a stored recording in the place of an asset's and has it made anew. Raises NotFound, Denied, Refused."""
    await session.execute(select(Asset.id).where(Asset.id == asset).with_for_update())
    row = await replaceable(session, actor, asset)
    job = await session.scalar(select(EncodeJob).where(EncodeJob.asset_id == asset).with_for_update())
    if row.kind != AUDIO or job is None:
        raise Refused("library.other_kind")
    before = row.sha256
    row.sha256 = row.source_sha256 = kept.stored.sha256
    row.size, row.media_type = kept.stored.size, kept.facts.form.media_type
    row.duration_ms, row.state, row.version = kept.facts.length_ms, VideoState.WAITING.value, row.version + 1
    begin_again(job, now=now)
    await session.flush()
    await ring(session, "library")
    details = {"name": row.name, "from": before, "to": row.sha256}
    of = ("asset", str(row.id))
    await record(session, actor, "library.replace", of=of, unit=row.unit_path, details=details, now=now)
    return row
