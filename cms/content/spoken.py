"""What is said in the videos of a piece: the words of their subtitles, for the index of search, and their places."""

import bisect
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.grams import Run, excerpt
from cms.content.models import RevisionAsset
from cms.kernel.folding import fold
from cms.library.models import VIDEO, Asset, SubtitleTrack

# Of one language of one video, as the library's own search has it: four hours of speech and more.
_MOST: Final = 200_000
_CUES_SHOWN: Final = 4
Cue = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A passage of the subtitles of a video, and when it begins."""

    at_ms: int
    runs: list[Run]


async def hold_videos(session: AsyncSession, revisions: Collection[uuid.UUID]) -> None:
    """Keeps the subtitles of the videos these revisions name as they are until the transaction ends.

    Whoever changes subtitles holds their video: without this a piece saved at the same moment would be found by words
    that were just taken out.
    """
    named = select(RevisionAsset.asset_id).where(RevisionAsset.revision_id.in_(revisions))
    videos = select(Asset.id).where(Asset.kind == VIDEO, Asset.id.in_(named)).order_by(Asset.id)
    (await session.execute(videos.with_for_update(read=True))).all()


def flow(cues: Sequence[Cue]) -> tuple[str, list[int]]:
    """What is said without the breaks between cues and lines, and where each cue begins in it.

    Chinese has no blanks, so a word may begin in one cue and end in the next; words of letters are kept apart.
    """
    parts: list[str] = []
    begins: list[int] = []
    length, last = 0, ""
    for _, _, text in cues:
        for place, word in enumerate(text.split() or [""]):
            gap = " " if last.isascii() and word[:1].isascii() and last and word else ""
            if place == 0:
                begins.append(length + len(gap))
            parts += (gap, word)
            length += len(gap) + len(word)
            last = word[-1:] or last
    return "".join(parts), begins


async def said_in(session: AsyncSession, revisions: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """The words of the subtitles of the videos these revisions name, by revision; those without any are missing."""
    found: dict[uuid.UUID, list[str]] = {}
    for revision, cues in await _tracks(session, revisions):
        found.setdefault(revision, []).append(flow(cues)[0][:_MOST])
    return {revision: "\n".join(texts) for revision, texts in found.items()}


async def passages(
    session: AsyncSession, wanted: Mapping[uuid.UUID, Sequence[str]], words: Sequence[str]
) -> Mapping[uuid.UUID, Spoken]:
    """By revision the first passage that has one of the words `wanted` for it; all of `words` are marked there."""
    found: dict[uuid.UUID, Spoken] = {}
    for revision, cues in await _tracks(session, wanted):
        if revision not in found and (one := passage(cues, wanted[revision], words)):
            found[revision] = one
    return found


def passage(cues: Sequence[Cue], wanted: Sequence[str], words: Sequence[str]) -> Spoken | None:
    """The first passage with one of the words `wanted`, from the cue in which the word begins."""
    said, begins = flow(cues)
    folded = fold(said)
    places = [(place, place + len(word)) for word in wanted if (place := folded.text.find(word)) >= 0]
    if not places:
        return None
    start, end = folded.original(*min(places))
    # A cue without words begins where the next one does, and says nothing; the word is shown to its end.
    first, after = bisect.bisect_right(begins, start) - 1, bisect.bisect_left(begins, end)
    shown, _ = flow(cues[first : max(first + _CUES_SHOWN, after)])
    return Spoken(cues[first][0], excerpt(shown, words, before=0))


async def _tracks(session: AsyncSession, revisions: Collection[uuid.UUID]) -> Sequence[tuple[uuid.UUID, Sequence[Cue]]]:
    if not revisions:
        return ()
    query = (
        select(RevisionAsset.revision_id, SubtitleTrack.cues)
        .join(SubtitleTrack, SubtitleTrack.asset_id == RevisionAsset.asset_id)
        .where(RevisionAsset.revision_id.in_(revisions))
        .order_by(RevisionAsset.revision_id, RevisionAsset.asset_id, SubtitleTrack.language.desc())
    )
    return [(row.revision_id, row.cues) for row in await session.execute(query)]
