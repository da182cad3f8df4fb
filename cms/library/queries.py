"""What the library holds: for the desk's picker, and the files a release lists."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import NotFound
from cms.library.models import Asset, Rendition
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can

PAGE = 60


@dataclass(frozen=True, slots=True)
class AssetWithFiles:
    """An asset and its renditions by name."""

    asset: Asset
    files: Mapping[str, Rendition]


async def newest(
    session: AsyncSession, actor: Actor, *, words: str = "", limit: int = PAGE
) -> Sequence[AssetWithFiles]:
    """Pictures in the actor's reach, newest first, whose name contains `words`."""
    paths = reach(actor, Action.LIBRARY_READ)
    if not paths:
        return ()
    query = select(Asset).where(or_(*(Asset.unit_path.startswith(path, autoescape=True) for path in paths)))
    if words:
        query = query.where(Asset.name.contains(words, autoescape=True))
    rows = (await session.scalars(query.order_by(Asset.created_at.desc(), Asset.id.desc()).limit(limit))).all()
    files = await _files(session, [row.id for row in rows])
    return [AssetWithFiles(row, files.get(row.id, {})) for row in rows]


async def asset_for(session: AsyncSession, actor: Actor, asset: uuid.UUID) -> AssetWithFiles:
    """One asset the actor may see. Raises NotFound or Denied."""
    found = (await assets(session, [asset])).get(asset)
    if found is None:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_READ, Subject(found.asset.unit_path, frozenset({found.asset.created_by})))
    return found


async def assets(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, AssetWithFiles]:
    """Assets and their files by id, whoever asks: for submitting and for previews; unknown ids are missing."""
    if not ids:
        return {}
    rows = (await session.scalars(select(Asset).where(Asset.id.in_(ids)))).all()
    files = await _files(session, [row.id for row in rows])
    return {row.id: AssetWithFiles(row, files.get(row.id, {})) for row in rows}


async def _files(session: AsyncSession, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Rendition]]:
    found: dict[uuid.UUID, dict[str, Rendition]] = {}
    for row in await session.scalars(select(Rendition).where(Rendition.asset_id.in_(ids))):
        found.setdefault(row.asset_id, {})[row.name] = row
    return found
