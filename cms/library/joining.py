"""The worker's side of a cut: the films' files from the store, put together, with their words and marks moved along."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from cms.library.models import Asset, Rendition, SubtitleTrack
from cms.library.room import EncodeRoom
from media.cutting import Piece, moved_cues, moved_marks, moved_spans, read_pieces
from media.encode import EncodedVideo
from media.errors import MediaRefused
from media.findings import Findings
from media.house import INDEX, SUBTITLES, TRACKS, read_index, rendition
from media.joining import Film
from media.runner import Report
from media.subtitles import Cue

_Marks = tuple[tuple[int, str], ...]


@contextlib.asynccontextmanager
async def joined(room: EncodeRoom, asset: Asset, progress: Report) -> AsyncIterator[EncodedVideo]:
    """The film of an asset that was cut out of others. Raises MediaRefused; `media.not_found` when one is gone."""
    shop, pieces = room.workshop, read_pieces(asset.cut_of)
    async with contextlib.AsyncExitStack() as stack:
        films = {of: await _film(room, of, stack) for of in dict.fromkeys(piece.of for piece in pieces)}
        joining = shop.tools.join(
            pieces, films, sandbox=shop.sandbox, work=shop.work, limits=shop.video_limits, progress=progress
        )
        film = await stack.enter_async_context(joining)
        texts, chapters = await _carried(room, pieces)
        findings = await _remembered(room, pieces, film.findings)
        yield replace(film, subtitles=texts, chapters=chapters, findings=findings)


async def _film(room: EncodeRoom, of: str, stack: contextlib.AsyncExitStack) -> Film:
    store = room.workshop.store
    async with room.database.read() as session:
        query = select(Rendition.name, Rendition.sha256).where(Rendition.asset_id == uuid.UUID(of))
        files = {row.name: row.sha256 for row in (await session.execute(query)).all()}
    wanted = {track: files.get(rendition(track)) for track in TRACKS}
    if INDEX not in files or not all(wanted.values()):
        raise MediaRefused("media.not_found")
    index = read_index(await store.get(files[INDEX]))
    paths = {track: await stack.enter_async_context(store.as_path(sha256 or "")) for track, sha256 in wanted.items()}
    return Film(index, paths)


async def _remembered(room: EncodeRoom, pieces: Sequence[Piece], seen: Findings) -> Findings:
    """With what the finished picture does not show: what the sources had lost, and what nobody could check of them."""
    ids = [uuid.UUID(of) for of in {piece.of for piece in pieces}]
    async with room.database.read() as session:
        rows = (await session.execute(select(Asset.id, Asset.findings).where(Asset.id.in_(ids)))).all()
    lost = {str(row.id): [(start, end) for start, end in row.findings.get("missing", ())] for row in rows}
    unchecked = next((str(row.findings["unchecked"]) for row in rows if row.findings.get("unchecked")), "")
    return replace(seen, missing=moved_spans(pieces, lost), unchecked=unchecked)


async def _carried(room: EncodeRoom, pieces: Sequence[Piece]) -> tuple[Mapping[str, Sequence[Cue]], _Marks]:
    ids = [uuid.UUID(of) for of in {piece.of for piece in pieces}]
    async with room.database.read() as session:
        tracks = (await session.scalars(select(SubtitleTrack).where(SubtitleTrack.asset_id.in_(ids)))).all()
        marks = (await session.execute(select(Asset.id, Asset.chapters).where(Asset.id.in_(ids)))).all()
    texts = {}
    for language in SUBTITLES:
        said = {str(one.asset_id): [Cue(*cue) for cue in one.cues] for one in tracks if one.language == language}
        if found := moved_cues(pieces, said):
            texts[language] = found
    chapters = {str(row.id): [(at, title) for at, title in row.chapters] for row in marks}
    return texts, moved_marks(pieces, chapters)
