"""What the library holds: for the desk's picker, and the files a release lists."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound
from cms.kernel.text import search_text
from cms.library.models import AUDIO, VIDEO, Asset, EncodeJob, PastRendition, Rendition, Upload
from cms.library.states import ENCODE, UploadState, VideoState
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can

PAGE = 60


@dataclass(frozen=True, slots=True)
class AssetWithFiles:
    """An asset and its renditions by name; of a video also the job that makes them."""

    asset: Asset
    files: Mapping[str, Rendition]
    job: EncodeJob | None = None


async def newest(
    session: AsyncSession, actor: Actor, *, kind: str = "", words: str = "", limit: int = PAGE
) -> Sequence[AssetWithFiles]:
    """Assets in the actor's reach, newest first, of this kind or of all, whose name, tags or subtitles hold `words`."""
    paths = reach(actor, Action.LIBRARY_READ)
    if not paths:
        return ()
    within = or_(*(Asset.unit_path.startswith(path, autoescape=True) for path in paths))
    query = select(Asset).where(within, Asset.deleted_at.is_(None))
    if kind:
        query = query.where(Asset.kind == kind)
    if searched := search_text(words.lower()):
        query = query.where(Asset.search_text.contains(searched, autoescape=True))
    rows = (await session.scalars(query.order_by(Asset.created_at.desc(), Asset.id.desc()).limit(limit))).all()
    return await with_files(session, rows)


async def videos(session: AsyncSession, actor: Actor, ids: Collection[uuid.UUID]) -> Sequence[AssetWithFiles]:
    """Those of these videos and recordings that the actor may see, for whoever watches their progress."""
    paths = reach(actor, Action.LIBRARY_READ)
    if not paths or not ids:
        return ()
    query = select(Asset).where(Asset.id.in_(ids), Asset.kind.in_([VIDEO, AUDIO]))
    within = or_(*(Asset.unit_path.startswith(path, autoescape=True) for path in paths))
    return await with_files(session, (await session.scalars(query.where(within))).all())


async def file_of(session: AsyncSession, actor: Actor, sha256: str) -> Rendition | PastRendition:
    """A rendition by its hash, of whichever asset the actor may see: two units may hold the same file.

    Also one that its asset has no longer: what was signed with it still shows it.

    Raises NotFound `library.asset_unknown`.
    """
    paths = reach(actor, Action.LIBRARY_READ)
    within = or_(*(Asset.unit_path.startswith(path, autoescape=True) for path in paths))
    if not paths:
        raise NotFound("library.asset_unknown")
    now = select(Rendition).join(Asset, Asset.id == Rendition.asset_id).where(Rendition.sha256 == sha256, within)
    if (found := (await session.scalars(now.order_by(Rendition.id).limit(1))).first()) is not None:
        return found
    before = select(PastRendition).join(Asset, Asset.id == PastRendition.asset_id)
    before = before.where(PastRendition.sha256 == sha256, within).order_by(PastRendition.id).limit(1)
    if (past := (await session.scalars(before)).first()) is None:
        raise NotFound("library.asset_unknown")
    return past


async def file_named(session: AsyncSession, sha256: str) -> Rendition:
    """A rendition by its hash, for whoever was shown its name by a piece they may see.

    Raises NotFound `library.asset_unknown`.
    """
    query = select(Rendition).where(Rendition.sha256 == sha256).order_by(Rendition.id).limit(1)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFound("library.asset_unknown")
    return found


async def encodes_waiting(session: AsyncSession) -> int:
    """Videos that nobody is encoding yet, for the gauge."""
    query = select(func.count()).select_from(EncodeJob).where(EncodeJob.state.in_(sorted(ENCODE.ready)))
    return await session.scalar(query) or 0


async def uploads_open(session: AsyncSession) -> int:
    """Uploads that are not complete, for the gauge."""
    query = select(func.count()).select_from(Upload).where(Upload.state == UploadState.OPEN.value)
    return await session.scalar(query) or 0


async def asset_for(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> AssetWithFiles:
    """One asset the actor may see. Raises NotFound or Denied."""
    row = await session.get(Asset, asset)
    if row is None:
        raise NotFound("library.asset_unknown")
    [found] = await with_files(session, [row])
    require_can(actor, Action.LIBRARY_READ, Subject(found.asset.unit_path, frozenset({found.asset.created_by})))
    return found


async def assets(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, AssetWithFiles]:
    """Assets and their files by id, whoever asks: for submitting and previews; those in the trash are missing too."""
    if not ids:
        return {}
    rows = (await session.scalars(select(Asset).where(Asset.id.in_(ids), Asset.deleted_at.is_(None)))).all()
    return {found.asset.id: found for found in await with_files(session, rows)}


async def with_files(session: AsyncSession, rows: Sequence[Asset]) -> Sequence[AssetWithFiles]:
    """Rows with their files, and videos and recordings that are not ready with their jobs."""
    files = await _files(session, [row.id for row in rows])
    jobs = await _jobs(
        session, [row.id for row in rows if row.kind in {VIDEO, AUDIO} and row.state != VideoState.READY]
    )
    return [AssetWithFiles(row, files.get(row.id, {}), jobs.get(row.id)) for row in rows]


async def _jobs(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, EncodeJob]:
    if not ids:
        return {}
    rows = await session.scalars(select(EncodeJob).where(EncodeJob.asset_id.in_(ids)))
    return {row.asset_id: row for row in rows}


async def _files(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Rendition]]:
    found: dict[uuid.UUID, dict[str, Rendition]] = {}
    for row in await session.scalars(select(Rendition).where(Rendition.asset_id.in_(ids))):
        found.setdefault(row.asset_id, {})[row.name] = row
    return found
