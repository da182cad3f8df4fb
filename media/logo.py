"""台标: a picture over every segment of an item, the whole encoded anew on the same grid, the sound as it was.

Only numbers reach a filter. What is made must have the house's own init segments, so that a channel may go from an item
without its logo to the same item with it between any two segments.
"""

import dataclasses
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media import ladder, package
from media.errors import MediaRefused
from media.house import AUDIO, RUNGS, SEGMENT_FRAMES, SEGMENT_MS, HouseIndex, Track
from media.limits import VideoLimits
from media.runner import Stage, command, given_input, run_ffmpeg
from media.sandbox import Sandbox
from media.threads import in_thread

# Of one run: what a killed worker loses, a minute of picture.
CHUNK: Final = 16
NAME: Final = "logo.mp4"
_BLOCK: Final = 1 << 20
# A picture that is taller than this share of the screen's height would be no corner any more.
_TALLEST: Final = 22
_READERS: Final = {"image/png": "png_pipe", "image/jpeg": "jpeg_pipe"}


class Corner(StrEnum):
    """Where a logo stands."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"

    @property
    def is_left(self) -> bool:
        return self in {Corner.TOP_LEFT, Corner.BOTTOM_LEFT}

    @property
    def is_top(self) -> bool:
        return self in {Corner.TOP_LEFT, Corner.TOP_RIGHT}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a logo stands and how: `margin` and `size` in hundredths of the screen's width, `opacity` in hundredths."""

    corner: Corner = Corner.TOP_LEFT
    margin: int = 5
    size: int = 12
    opacity: int = 90


# The largest that a channel can have, which is blended: what laying one over a picture costs at most.
DEAREST: Final = Place(Corner.BOTTOM_RIGHT, 0, 30, 50)


@dataclass(frozen=True, slots=True)
class Worn:
    """A logo with its bytes, as a live signal wears it; `form` from `reader`."""

    picture: bytes
    form: str
    place: Place


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels: a logo is fitted into it, against the corner's two edges."""

    x: int
    y: int
    width: int
    height: int


def box(place: Place, width: int, height: int) -> Box:
    """The box of a logo on a screen of this size."""
    wide, tall = width * place.size // 100, height * _TALLEST // 100
    margin = width * place.margin // 100
    x = margin if place.corner.is_left else width - margin - wide
    y = margin if place.corner.is_top else height - margin - tall
    return Box(x, y, wide, tall)


def reader(media_type: str) -> str:
    """How ffmpeg reads a library picture's master. Raises MediaRefused `media.unsupported_picture`."""
    try:
        return _READERS[media_type]
    except KeyError:
        raise MediaRefused("media.unsupported_picture", format=media_type) from None


async def marked(
    folder: Path, picture: Path, form: str, place: Place, *, segments: int, sandbox: Sandbox
) -> tuple[Path, HouseIndex]:
    """Encode every rung anew with the logo over it, in a folder with the largest one and the sound from time 0 on.

    Args:
        folder: has `1080` and `audio`: an init segment and `segments` segments.
        picture: of the logo.
        form: from `reader`.
        place: where it stands.
        segments: how many.
        sandbox: where.

    Raises:
        MediaRefused: `media.house_mismatch` when the encoder is not the one the item was made with.
    """
    house = await package.house_of(sandbox, folder)
    given = folder / "source"
    await in_thread((folder / RUNGS[0]).rename, given)
    duration = segments * SEGMENT_MS
    outputs = ladder.video_outputs(_graph(place, form), segments * SEGMENT_FRAMES)
    await run_ffmpeg(
        command(*outputs),
        sandbox=sandbox,
        given=[given, picture],
        out=folder,
        bounds=VideoLimits(min_free_bytes=0).bounds(duration),
        stage=Stage.encoding,
        total_ms=duration,
    )
    await in_thread(given.unlink)
    return await in_thread(_put_together, folder, house, segments, duration)


def added(folder: Path, part: Path, index: HouseIndex, house: package.House, *, first: int) -> None:
    """Put the rungs of a part, which is one file, behind those that are files of a folder; blocks.

    Raises:
        MediaRefused: `media.house_mismatch`, `media.bad_fragment`.
    """
    for rung in RUNGS:
        piece = folder / "piece"
        _cut(part, index.tracks[rung], piece)
        package.append(piece, folder / rung, rung, house, first=first)
        piece.unlink()


def finished(folder: Path, house: package.House, plain: HouseIndex) -> tuple[Path, HouseIndex]:
    """One file of the rungs in a folder, gated; the index has the sound of the item as it was. Blocks.

    The folder has the item's whole sound too, as the gate looks at every track.

    Raises:
        MediaRefused: as `package.index_of`.
    """
    path, index = _put_together(folder, house, plain.segments, plain.duration_ms, rungs=RUNGS)
    return path, dataclasses.replace(index, tracks={**index.tracks, AUDIO: plain.tracks[AUDIO]})


def _put_together(
    folder: Path, house: package.House, segments: int, duration: int, rungs: Sequence[str] = (*RUNGS, AUDIO)
) -> tuple[Path, HouseIndex]:
    index = package.index_of(folder, house, segments=segments, duration_ms=duration)
    kept = dataclasses.replace(index, tracks={name: index.tracks[name] for name in rungs})
    return folder / NAME, package.joined(kept, folder, folder / NAME)


def _cut(path: Path, track: Track, target: Path) -> None:
    with path.open("rb") as source, target.open("xb") as out:
        source.seek(track.start)
        left = track.ends[-1] - track.start
        while left > 0 and (block := source.read(min(left, _BLOCK))):
            out.write(block)
            left -= len(block)


def plate(width: int, height: int) -> bytes:
    """A picture of one colour as a PNG, to measure with."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff\0\xff" * width) * height)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    told = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


def _graph(place: Place, form: str) -> Any:
    picture = given_input(0, f="mov").video
    return laid(picture, place, form, width=ladder.TOP.width, height=ladder.TOP.height)


def laid(picture: Any, place: Place, form: str, *, width: int, height: int) -> Any:
    """A picture of this size with the logo over it, which is the second file that the encoder is given."""
    here = box(place, width, height)
    logo = given_input(1, f=form).video
    fit = {"force_original_aspect_ratio": "decrease", "flags": "lanczos"}
    logo = logo.filter("scale", here.width, here.height, **fit).filter("format", "rgba")
    logo = logo.filter("colorchannelmixer", aa=f"{place.opacity / 100:.2f}")
    x = str(here.x) if place.corner.is_left else f"{here.x + here.width}-w"
    y = str(here.y) if place.corner.is_top else f"{here.y + here.height}-h"
    return ffmpeg.filter([picture, logo], "overlay", x=x, y=y).filter("format", "yuv420p")
