"""What is said in the videos of a piece: the words of their subtitles, for the index of search, and their places."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.grams import Run, excerpt
from cms.content.models import RevisionAsset
from cms.kernel.folding import search_form
from cms.library.models import VIDEO, Asset, SubtitleTrack

# Of one language of one video, as the library's own search has it: four hours of speech and more.
_MOST: Final = 200_000
_CUES_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Spoken:
    """A passage of the subtitles of a video, and when it begins."""

    at_ms: int
    runs: list[Run]


async def hold_videos(session: AsyncSession, revision: uuid.UUID) -> None:
    """Keeps the subtitles of the videos a revision names as they are until the transaction ends.

    Whoever changes subtitles holds their video: without this a piece saved at the same moment would be found by words
    that were just taken out.
    """
    named = select(RevisionAsset.asset_id).where(RevisionAsset.revision_id == revision)
    videos = select(Asset.id).where(Asset.kind == VIDEO, Asset.id.in_(named)).order_by(Asset.id)
    (await session.execute(videos.with_for_update(read=True))).all()


async def said_in(session: AsyncSession, revisions: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """The words of the subtitles of the videos these revisions name, by revision; those without any are missing."""
    found: dict[uuid.UUID, list[str]] = {}
    for revision, cues in await _tracks(session, revisions):
        found.setdefault(revision, []).append("\n".join(text for _, _, text in cues)[:_MOST])
    return {revision: "\n".join(texts) for revision, texts in found.items()}


async def passages(
    session: AsyncSession, wanted: Mapping[uuid.UUID, Sequence[str]], words: Sequence[str]
) -> Mapping[uuid.UUID, Spoken]:
    """By revision the first passage that has one of the words `wanted` for it; all of `words` are marked there."""
    found: dict[uuid.UUID, Spoken] = {}
    for revision, cues in await _tracks(session, wanted):
        if revision not in found and (passage := _passage(cues, wanted[revision], words)):
            found[revision] = passage
    return found


def _passage(cues: Sequence[tuple[int, int, str]], wanted: Sequence[str], words: Sequence[str]) -> Spoken | None:
    for place, (start, _, text) in enumerate(cues):
        said = search_form(text)
        if any(word in said for word in wanted):
            shown = " ".join(one for _, _, one in cues[place : place + _CUES_SHOWN])
            return Spoken(start, excerpt(shown, words, before=0))
    return None


async def _tracks(
    session: AsyncSession, revisions: Collection[uuid.UUID]
) -> Sequence[tuple[uuid.UUID, Sequence[tuple[int, int, str]]]]:
    if not revisions:
        return ()
    query = (
        select(RevisionAsset.revision_id, SubtitleTrack.cues)
        .join(SubtitleTrack, SubtitleTrack.asset_id == RevisionAsset.asset_id)
        .where(RevisionAsset.revision_id.in_(revisions))
        .order_by(RevisionAsset.revision_id, RevisionAsset.asset_id, SubtitleTrack.language.desc())
    )
    return [(row.revision_id, row.cues) for row in await session.execute(query)]
