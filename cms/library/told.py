"""What an encode says of a video beside its files: what to look at, chapters, and subtitles that were inside."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.library.models import Asset, Rendition, SubtitleTrack
from cms.library.retiring import swap
from cms.library.searching import refresh
from media.chunks import StoredFile
from media.encode import EncodedVideo
from media.house import SUBTITLES
from media.store import Store
from media.subtitles import MEDIA_TYPE, Cue, write_vtt


@dataclass(frozen=True, slots=True)
class Told:
    """Columns of the asset, and subtitles with their stored files by language."""

    values: Mapping[str, Any] = field(default_factory=dict)
    subtitles: Mapping[str, tuple[Sequence[Cue], StoredFile]] = field(default_factory=dict)


async def told_of(store: Store, video: EncodedVideo, *, chapters: Sequence[Any]) -> Told:
    """What a video says; marks that people set are not replaced by those inside the file."""
    values: dict[str, Any] = {"findings": video.findings.told()}
    if not chapters:
        values["chapters"] = [list(one) for one in video.chapters]
    kept = {
        language: (cues, await store.put(write_vtt(cues), media_type=MEDIA_TYPE))
        for language, cues in video.subtitles.items()
    }
    return Told(values, kept)


async def add_carried(session: AsyncSession, asset: Asset, told: Told, *, now: dt.datetime) -> None:
    """Keeps subtitles that came inside the file in languages for which nobody made any."""
    query = select(SubtitleTrack.language).where(SubtitleTrack.asset_id == asset.id)
    there = set((await session.scalars(query)).all())
    for language, (cues, stored) in told.subtitles.items():
        if language in there:
            continue
        rows = [[cue.start, cue.end, cue.text] for cue in cues]
        session.add(
            SubtitleTrack(
                id=uuid7(now),
                asset_id=asset.id,
                language=language,
                cues=rows,
                version=1,
                updated_by=asset.created_by,
                updated_at=now,
            )
        )
        file = Rendition(
            id=uuid7(now),
            asset_id=asset.id,
            name=SUBTITLES[language],
            sha256=stored.sha256,
            size=stored.size,
            media_type=MEDIA_TYPE,
            width=0,
            height=0,
            chunks=list(stored.chunks),
        )
        await swap(session, asset.id, [file], names=[SUBTITLES[language]], now=now)
    if told.subtitles:
        await session.flush()
        await refresh(session, await session.get_one(Asset, asset.id))
