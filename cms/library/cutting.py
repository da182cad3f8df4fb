"""A new film cut out of finished ones on their grid: asked for here, put together by a worker, undone by the trash.

The films it comes from stay as they are, so nothing that is signed or on air changes.
"""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import search_text
from cms.kernel.wake import ring
from cms.library.models import VIDEO, Asset, EncodeJob
from cms.library.queries import asset_for
from cms.library.states import VideoState
from cms.library.upload import Workshop, asset_name
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.cutting import Piece, checked, length_of
from media.ladder import segments_of

MEDIA_TYPE: Final = "application/json"
CHAPTERS: Final = 200
_TITLE: Final = 80


async def cut_video(
    db: Database, workshop: Workshop, actor: Actor, pieces: Sequence[Piece], *, name: str, now: dt.datetime
) -> Asset:
    """Asks for a film of these pieces; returns its row, which is waiting.

    Raises Denied; NotFound; Refused `library.video_unready`; MediaRefused `media.cut_range`, `media.cut_same`,
    `media.cut_houses`, `media.video_too_long`.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    films = await _films(db, actor, pieces)
    first = films[pieces[0].of]
    lengths = {of: one.duration_ms or 0 for of, one in films.items()}
    segments = {of: segments_of(length) for of, length in lengths.items()}
    checked(pieces, segments, most_ms=workshop.video_limits.duration_ms)
    recipe = [[one.of, one.first, one.end] for one in pieces]
    told = [{"film": films[one.of].sha256, "first": one.first, "end": one.end} for one in pieces]
    stored = await workshop.store.put(json.dumps({"pieces": told}, sort_keys=True).encode(), media_type=MEDIA_TYPE)
    shown = asset_name(name) or first.name
    asset = Asset(
        id=uuid7(now),
        kind=VIDEO,
        name=shown,
        sha256=stored.sha256,
        source_sha256=stored.sha256,
        search_text=search_text(shown.lower()),
        size=stored.size,
        media_type=MEDIA_TYPE,
        width=first.width,
        height=first.height,
        dominant=first.dominant,
        placeholder=b"",
        state=VideoState.WAITING.value,
        duration_ms=length_of(pieces, lengths),
        cut_of=recipe,
        folder_id=first.folder_id if first.unit_path == actor.unit else None,
        owner=first.owner,
        licence=first.licence,
        valid_until=min((one.valid_until for one in films.values() if one.valid_until), default=None),
        unit_path=actor.unit,
        created_by=actor.person,
        created_at=now,
    )
    async with db.write() as session:
        session.add(asset)
        await session.flush()
        session.add(EncodeJob(id=uuid7(now), asset_id=asset.id, not_before=now, created_at=now, looked_at=now))
        await session.flush()
        await ring(session, "library")
        details = {"name": shown, "from": "、".join(sorted({one.name for one in films.values()}))[:300]}
        of = ("asset", str(asset.id))
        await record(session, actor, "library.cut", of=of, unit=asset.unit_path, details=details, now=now)
    return asset


async def joinable(session: AsyncSession, actor: Actor, asset: Asset, *, most: int) -> Sequence[Asset]:
    """The newest finished films of the actor's own unit that may stand behind this one."""
    require_can(actor, Action.LIBRARY_READ, Subject(asset.unit_path, frozenset({asset.created_by})))
    query = select(Asset).where(
        Asset.kind == VIDEO,
        Asset.state == VideoState.READY.value,
        Asset.deleted_at.is_(None),
        Asset.unit_path == actor.unit,
        Asset.id != asset.id,
    )
    return (await session.scalars(query.order_by(Asset.created_at.desc()).limit(most))).all()


async def set_chapters(
    session: AsyncSession, actor: Actor, asset: Asset, marks: Sequence[tuple[int, str]], *, now: dt.datetime
) -> None:
    """Writes the chapter marks of a film down. Raises Invalid `library.chapters`."""
    ordered = sorted(set(marks))
    if len(ordered) > CHAPTERS or any(len(title) > _TITLE or at >= (asset.duration_ms or 0) for at, title in ordered):
        raise Invalid("library.chapters", most=CHAPTERS, limit=_TITLE)
    asset.chapters = [list(one) for one in ordered]
    await session.flush()
    details = {"name": asset.name, "count": len(ordered)}
    of = ("asset", str(asset.id))
    await record(session, actor, "library.chapters", of=of, unit=asset.unit_path, details=details, now=now)


async def _films(db: Database, actor: Actor, pieces: Sequence[Piece]) -> Mapping[str, Asset]:
    films: dict[str, Asset] = {}
    async with db.read() as session:
        for of in dict.fromkeys(piece.of for piece in pieces):
            try:
                key = uuid.UUID(of)
            except ValueError as error:
                raise NotFound("library.asset_unknown") from error
            found = (await asset_for(session, actor, key)).asset
            if found.kind != VIDEO or found.deleted_at is not None:
                raise NotFound("library.video_unknown")
            if found.state != VideoState.READY:
                raise Refused("library.video_unready")
            films[of] = found
    return films
