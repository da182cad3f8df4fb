"""The videos of pieces: which of them a channel can play, and where their segments are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cms.contract import AssetFile, AssetGone, Assets, CutIn, Piece
from media.errors import MediaRefused
from media.house import INDEX, OPTIONAL, PLAY, POSTER, TRACKS, HouseIndex, read_index, rendition

VIDEO_RENDITIONS: Final = frozenset({*map(rendition, TRACKS), INDEX, PLAY, POSTER, *OPTIONAL})


@dataclass(frozen=True, slots=True)
class Video:
    """One video of a piece with its files in house format."""

    piece: Piece
    master: str
    file: AssetFile
    index: HouseIndex


def masters(piece: Piece) -> Iterator[str]:
    """The videos a piece shows, in their order, each once."""
    blocks = piece.body.get("blocks", ())
    yield from dict.fromkeys(block["asset"] for block in blocks if block.get("type") == "video" and block.get("asset"))


async def playable(pieces: Iterable[Piece], assets: Assets) -> Mapping[str, tuple[Video, ...]]:
    """By release, what a channel can play; a video whose index is gone, damaged or incomplete is left out."""
    found: dict[str, tuple[Video, ...]] = {}
    for piece in pieces:
        videos = [video for master in masters(piece) if (video := await _video(piece, master, assets)) is not None]
        if videos:
            found[piece.release] = tuple(videos)
    return found


async def notices_of(cut_ins: Iterable[CutIn], assets: Assets) -> Mapping[str, Video]:
    """By the index's hash, the pictures that were made of their words; one that is not there yet is left out."""
    found: dict[str, Video] = {}
    for cut in cut_ins:
        for sha256 in (cut.index, *(laid.index for laid in cut.laid)):
            index = await index_of(sha256, assets) if sha256 and cut.piece is not None else None
            if index is not None and cut.piece is not None:
                file = AssetFile(sha256, 0, "application/json", 0, 0, sha256, INDEX)
                found[sha256] = Video(cut.piece, sha256, file, index)
    return found


def newest_house(videos: Mapping[str, tuple[Video, ...]]) -> str:
    """The house of the newest piece; empty without any."""
    every = [video for found in videos.values() for video in found]
    newest = max(every, key=lambda video: (video.piece.published_at, video.piece.document), default=None)
    return "" if newest is None else newest.index.house


async def _video(piece: Piece, master: str, assets: Assets) -> Video | None:
    file = piece.rendition(master, INDEX)
    index = None if file is None else await index_of(file.sha256, assets)
    return None if file is None or index is None else Video(piece, master, file, index)


async def index_of(sha256: str, assets: Assets) -> HouseIndex | None:
    """A complete index; None when it is not there or cannot be used."""
    try:
        index = _read(await assets.read(sha256))
    except (AssetGone, MediaRefused):
        return None
    return index if set(index.tracks) == set(TRACKS) else None


@lru_cache(maxsize=1024)
def _read(data: bytes) -> HouseIndex:
    return read_index(data)
