"""The subtitles of a video: kept as cues, shown as WebVTT among its renditions, so that releases list and sign them."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.library.details import editable
from cms.library.models import VIDEO, Asset, Rendition, SubtitleTrack
from cms.library.queries import asset_for
from cms.library.retiring import swap
from cms.library.searching import refresh
from cms.library.upload import Workshop
from cms.people.actor import Actor
from media.errors import MediaRefused
from media.house import SUBTITLES
from media.subtitles import (
    MAX_BYTES,
    MAX_CUES,
    MEDIA_TYPE,
    Cue,
    Subtitles,
    check_cues,
    clean_text,
    read_subtitles,
    read_time,
    write_vtt,
)

LANGUAGES = tuple(SUBTITLES)
# Whoever finds pieces by what their videos say hears of it in the transaction that holds the video.
Follow = Callable[[AsyncSession, uuid.UUID], Awaitable[object]]


class SubtitlesWrong(Invalid):
    """Cues that cannot be kept; `found` are the problems, each with its place."""


async def tracks_of(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[SubtitleTrack]]:
    """The subtitles of these videos, by language."""
    found: dict[uuid.UUID, list[SubtitleTrack]] = {}
    query = select(SubtitleTrack).where(SubtitleTrack.asset_id.in_(ids)).order_by(SubtitleTrack.language.desc())
    for row in (await session.scalars(query)) if ids else ():
        found.setdefault(row.asset_id, []).append(row)
    return found


async def track_for(
    session: AsyncSession, actor: Actor, video: uuid.UUID, language: str
) -> tuple[Asset, SubtitleTrack | None]:
    """A video somebody may see, and its subtitles in a language. Raises NotFound, Denied."""
    found = (await asset_for(session, actor, video)).asset
    if found.kind != VIDEO or language not in SUBTITLES:
        raise NotFound("library.video_unknown")
    query = select(SubtitleTrack).where(SubtitleTrack.asset_id == video, SubtitleTrack.language == language)
    return found, (await session.scalars(query)).one_or_none()


def cues_of(track: SubtitleTrack | None) -> tuple[Cue, ...]:
    return tuple(Cue(start, end, text) for start, end, text in track.cues) if track is not None else ()


def read_cues(value: object) -> tuple[Cue, ...]:
    """Cues as the page sends them: ``[[start, end, text], …]``, times as people write them; empty ones are left out.

    Raises Invalid `library.cues` for anything else, `library.cue_time` naming the cue.
    """
    if not isinstance(value, list) or len(value) > MAX_CUES:
        raise Invalid("library.cues", most=MAX_CUES)
    found = []
    for number, one in enumerate(value, start=1):
        if not isinstance(one, list) or len(one) != 3 or not all(isinstance(part, str) for part in one):
            raise Invalid("library.cues", most=MAX_CUES)
        start, end, text = one
        if not (start.strip() or end.strip() or text.strip()):
            continue
        try:
            found.append(Cue(read_time(start), read_time(end), clean_text(text)))
        except ValueError as error:
            raise Invalid("library.cue_time", number=number, text=f"{start} – {end}"[:40]) from error
    return tuple(found)


async def read_subtitle_file(
    db: Database, actor: Actor, video: uuid.UUID, language: str, blocks: AsyncIterator[bytes]
) -> Subtitles:
    """Reads a file for a video; nothing is kept until its cues are saved. Raises NotFound, Denied, MediaRefused."""
    async with db.read() as session:
        await editable(session, actor, video, lock=False)
        asset, _ = await track_for(session, actor, video, language)
    data = bytearray()
    async for block in blocks:
        data += block
        if len(data) > MAX_BYTES:
            raise MediaRefused("media.subtitles_size", limit=MAX_BYTES >> 20)
    return await asyncio.to_thread(read_subtitles, bytes(data), duration_ms=asset.duration_ms)


async def save_subtitles(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    video: uuid.UUID,
    *,
    language: str,
    cues: Sequence[Cue],
    version: int,
    follow: Follow,
    now: dt.datetime,
) -> SubtitleTrack:
    """Keeps subtitles; `version` is that of the track somebody began with, 0 where there was none.

    Raises NotFound; Denied; Invalid `library.subtitles_empty`; SubtitlesWrong `library.subtitles_wrong`; Conflict
    `library.subtitles_conflict` when a colleague saved meanwhile; MediaRefused.
    """
    async with db.read() as session:
        found, _ = await track_for(session, actor, video, language)
    problems = check_cues(cues, duration_ms=found.duration_ms)
    if not cues:
        raise Invalid("library.subtitles_empty")
    if problems:
        raise SubtitlesWrong("library.subtitles_wrong", count=len(problems), found=problems)
    stored = await workshop.store.put(write_vtt(cues), media_type=MEDIA_TYPE)
    name = SUBTITLES[language]
    async with db.write() as session:
        row = await editable(session, actor, video)
        _, track = await track_for(session, actor, video, language)
        if (track.version if track is not None else 0) != version:
            raise Conflict("library.subtitles_conflict", version=track.version if track is not None else 0)
        if track is None:
            track = SubtitleTrack(id=uuid7(now), asset_id=video, language=language, version=0)
            session.add(track)
        track.cues = [[cue.start, cue.end, cue.text] for cue in cues]
        track.version, track.updated_by, track.updated_at = version + 1, actor.person, now
        file = Rendition(
            id=uuid7(now),
            asset_id=video,
            name=name,
            sha256=stored.sha256,
            size=stored.size,
            media_type=MEDIA_TYPE,
            width=0,
            height=0,
            chunks=list(stored.chunks),
        )
        await swap(session, video, [file], names=[name], now=now)
        await _noted(session, actor, row, "library.subtitles", {"count": len(cues), "kind": language}, now=now)
        await follow(session, video)
    return track


async def drop_subtitles(
    session: AsyncSession, actor: Actor, video: uuid.UUID, language: str, *, follow: Follow, now: dt.datetime
) -> None:
    """Takes subtitles off a video; what is signed keeps them. Raises NotFound, Denied."""
    row = await editable(session, actor, video)
    _, track = await track_for(session, actor, video, language)
    if track is None:
        raise NotFound("library.subtitles_unknown")
    await session.delete(track)
    await swap(session, video, [], names=[SUBTITLES[language]], now=now)
    await _noted(session, actor, row, "library.subtitles_drop", {"kind": language}, now=now)
    await follow(session, video)


async def _noted(
    session: AsyncSession, actor: Actor, row: Asset, action: str, details: dict[str, object], *, now: dt.datetime
) -> None:
    await session.flush()
    await refresh(session, row)
    await ring(session, "library")
    of = ("asset", str(row.id))
    await record(session, actor, action, of=of, unit=row.unit_path, details={"name": row.name, **details}, now=now)
