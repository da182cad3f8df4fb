"""A film put together of segments of finished films: copied, renumbered, gated like an encode."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media import cutting, house
from media.cutting import Piece
from media.encode import EncodedVideo, encoded_files
from media.errors import MediaRefused
from media.finishing import Finishing
from media.fragments import patched_head
from media.house import TRACKS, HouseIndex, write_index
from media.limits import VideoLimits
from media.making import Room
from media.package import House, index_of, init_of
from media.runner import Report
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

_HEAD: Final = 4_096


@dataclass(frozen=True, slots=True)
class Film:
    """A finished film: its index and the file of each track."""

    index: HouseIndex
    files: Mapping[str, Path]


@contextlib.asynccontextmanager
async def join_house(
    pieces: Sequence[Piece],
    films: Mapping[str, Film],
    *,
    sandbox: Sandbox,
    work: Path,
    limits: VideoLimits,
    progress: Report | None = None,
) -> AsyncIterator[EncodedVideo]:
    """Put pieces together; the files live as long as the context.

    Raises:
        MediaRefused: `media.cut_houses` when the films are of different houses, `media.cut_range`, `media.cut_same`,
            `media.house_mismatch`, `media.bad_fragment`, and as `media.runner.run_ffmpeg`.
    """
    named = [films[piece.of] for piece in pieces]
    if len({film.index.house for film in named}) != 1:
        raise MediaRefused("media.cut_houses")
    cutting.checked(pieces, {of: film.index.segments for of, film in films.items()}, most_ms=limits.duration_ms)
    duration = cutting.length_of(pieces, {of: film.index.duration_ms for of, film in films.items()})
    segments = sum(piece.segments for piece in pieces)
    async with private_folder(work) as out:
        inits = {track: await in_thread(_written, out / track, track, pieces, films) for track in TRACKS}
        gate = House(named[0].index.house, inits)
        index = await in_thread(index_of, out, gate, segments=segments, duration_ms=duration)
        findings = await Finishing(duration, segments, Room(sandbox, work, out, limits, progress)).all()
        await in_thread((out / house.INDEX).write_bytes, write_index(index))
        yield EncodedVideo(encoded_files(out, duration), duration, findings, index)


def _written(target: Path, track: str, pieces: Sequence[Piece], films: Mapping[str, Film]) -> str:
    """One track of the whole; blocks. The hash of its init segment, which every film must have."""
    known = ""
    number = 0
    with target.open("xb") as whole:
        for piece in pieces:
            film = films[piece.of]
            found = film.index.tracks[track]
            with film.files[track].open("rb") as source:
                source.seek(found.start)
                init = source.read(found.init)
                if not known:
                    whole.write(init)
                    known = init_of(init)
                elif init_of(init) != known:
                    raise MediaRefused("media.house_mismatch", track=track)
                for segment in range(piece.first, piece.end):
                    offset, length = found.segment(segment)
                    source.seek(offset)
                    data = source.read(length)
                    head = patched_head(data[:_HEAD], sequence=number + 1, base=number * found.ticks)
                    whole.write(head + data[_HEAD:])
                    number += 1
    return known
