"""What came in of a live signal as films: its stretches one behind the other, copied, never decoded.

What was on air carries the channel's logo, and another encoder's losses; what came in carries neither. It lies in the
store in parts of a few seconds. A stretch is what came in without a break: the signal was never away, its receiver
never began anew. Stretches are put behind one another by their own lengths, so that what a clock said between them is
no matter; where a signal came back in another shape, as a picture of another size, another film begins.
"""

import asyncio
import errno
import functools
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.errors import MediaRefused
from media.limits import VideoLimits
from media.runner import command, given_input, made_output, probe_command, refusal, run_ffprobe
from media.sandbox import Bounds, Sandbox
from media.store import Store
from media.threads import acquired, in_thread

NAME: Final = "film.ts"
# A time that goes back, or this far forward without a break in what came in, is a source that set its clock.
_JUMP: Final = 4
# A film that is full goes on in the next one from before the key picture that the cut would have lost.
_OVERLAP_MS: Final = 12_000
_SPARE_MS: Final = 300_000
_PIECE: Final = "piece.ts"
_EVERY: Final = 0.05
_SHAPE: Final = ("codec_type", "codec_name", "width", "height", "sample_aspect_ratio", "sample_rate", "channels")
_ENTRIES: Final = f"format=start_time,duration:stream={','.join(_SHAPE)}"
_PASSING: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a signal: when they came in, in Unix milliseconds, and the begin of their stretch.

    `sha256` is empty where they could not be kept.
    """

    stretch: int
    at: int
    until: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Films:
    """What became of the parts; `lost` counts what is missing in it or could not be read."""

    paths: Sequence[Path]
    lost: int


def reels(parts: Iterable[Part], limits: VideoLimits) -> Sequence[Sequence[Part]]:
    """Stretches in their order; one that is more than a video may be is cut, and the cuts overlap by some seconds."""
    found: list[list[Part]] = []
    size = 0
    for part in sorted(parts, key=lambda one: (one.stretch, one.at)):
        last = found[-1] if found else []
        if not part.sha256:
            continue
        if last and last[0].stretch == part.stretch:
            if size + part.size <= _most_bytes(limits) and part.until - last[0].at <= _most_ms(limits):
                last.append(part)
                size += part.size
                continue
            found.append([one for one in last if one.at >= part.at - _OVERLAP_MS] + [part])
        else:
            found.append([part])
        size = sum(one.size for one in found[-1])
    return found


@dataclass(slots=True)
class _Film:
    path: Path
    shape: tuple[Any, ...]
    end: float
    size: int


@dataclass(frozen=True, slots=True)
class _Piece:
    path: Path
    shape: tuple[Any, ...]
    end: float
    size: int


async def films(
    stretches: Sequence[Sequence[Part]], folder: Path, *, store: Store, sandbox: Sandbox, limits: VideoLimits
) -> Films:
    """Films of stretches, in a folder of the caller.

    A stretch that cannot be read is left out and counted: the others are what somebody waits for.

    Raises:
        MediaRefused: `media.disk_full`, `media.store_failed` or `media.sandbox_unavailable`, which pass.
    """
    bench = _Bench(folder, store, sandbox, limits)
    made: list[_Film] = []
    for reel in stretches:
        end = made[-1].end if made else 0.0
        piece = await bench.piece(reel, end)
        if piece is not None and made and not _fits(made[-1], piece, limits):
            piece, end = await bench.piece(reel, 0.0), 0.0
        if piece is None:
            bench.lost += 1
        elif end:
            await in_thread(_append, piece.path, made[-1].path)
            made[-1].end, made[-1].size = piece.end, made[-1].size + piece.size
        else:
            path = folder / str(len(made)) / NAME
            await in_thread(path.parent.mkdir)
            await in_thread(piece.path.rename, path)
            made.append(_Film(path, piece.shape, piece.end, piece.size))
    return Films([one.path for one in made], bench.lost)


def _most_bytes(limits: VideoLimits) -> int:
    return limits.file_bytes * 9 // 10


def _most_ms(limits: VideoLimits) -> int:
    return limits.duration_ms - _SPARE_MS


def _fits(film: _Film, piece: _Piece, limits: VideoLimits) -> bool:
    is_short = piece.end * 1_000 <= _most_ms(limits) and film.size + piece.size <= _most_bytes(limits)
    return film.shape == piece.shape and is_short


class _Bench:
    """Copies stretches through a pipe, so that each lies on the disk once more and not twice."""

    def __init__(self, folder: Path, store: Store, sandbox: Sandbox, limits: VideoLimits) -> None:
        self._folder, self._store, self._sandbox, self._limits = folder, store, sandbox, limits
        self.lost = 0

    async def piece(self, reel: Sequence[Part], begin: float) -> _Piece | None:
        """A stretch as a file whose times begin there, in seconds; None where there is no picture in it."""
        out = self._folder / "out"
        await in_thread(out.mkdir, exist_ok=True)
        path, size = out / _PIECE, sum(part.size for part in reel)
        bounds = self._bounds(size)
        try:
            await self._copied(reel, begin, out, bounds)
            asked = probe_command("mpegts", _ENTRIES)
            other = self._folder / "told"
            await in_thread(other.mkdir, exist_ok=True)
            told = await run_ffprobe(asked, sandbox=self._sandbox, given=path, out=other, bounds=bounds)
            return _told(path, told, (await in_thread(path.stat)).st_size)
        except MediaRefused as refused:
            if refused.code in _PASSING:
                raise
            return None

    async def _copied(self, reel: Sequence[Part], begin: float, out: Path, bounds: Bounds) -> None:
        pipe = self._folder / "in"
        await in_thread(pipe.unlink, missing_ok=True)
        await in_thread(os.mkfifo, pipe, 0o600)
        running = asyncio.create_task(
            self._sandbox.run([*self._sandbox.effort.prefix, *copying(begin)], given=pipe, out=out, bounds=bounds)
        )
        feeding = asyncio.create_task(self._feed(pipe, reel, running))
        try:
            await asyncio.gather(running, feeding)
        finally:
            running.cancel()
            feeding.cancel()
            await asyncio.gather(running, feeding, return_exceptions=True)
        if (refused := refusal(running.result())) is not None:
            raise refused

    async def _feed(self, pipe: Path, reel: Sequence[Part], running: "asyncio.Task[Any]") -> None:
        descriptor = -1
        while descriptor < 0:
            if running.done():
                return
            descriptor = await acquired(functools.partial(_opened, pipe), undo=_closed)
            await asyncio.sleep(_EVERY if descriptor < 0 else 0)
        os.set_blocking(descriptor, True)
        try:
            for part in reel:
                try:
                    data = await self._store.get(part.sha256)
                except MediaRefused as refused:
                    if refused.code in _PASSING:
                        raise
                    self.lost += 1
                    continue
                await in_thread(_written, descriptor, data)
        except BrokenPipeError:
            return  # why it ended stands in its own result
        finally:
            os.close(descriptor)

    def _bounds(self, size: int) -> Bounds:
        most = size * 5 // 4 + 8 * _MIB
        return Bounds(
            seconds=120 + size // (5 * _MIB),
            memory_bytes=self._limits.memory_bytes,
            file_bytes=most,
            output_bytes=most,
            output_files=2,
            min_free_bytes=self._limits.min_free_bytes,
        )


def copying(begin: float) -> list[str]:
    """The program that copies a stretch, from its first key picture on, to times that begin at `begin` seconds."""
    given = given_input(0, f="mpegts")
    told = {"c": "copy", "f": "mpegts", "muxdelay": 0, "muxpreload": 0, "map_metadata": -1}
    told |= {"output_ts_offset": f"{begin:.6f}", "mpegts_flags": "+initial_discontinuity"}
    film = made_output(given["v:0"], given["a:0?"], name=_PIECE, **told)
    return command(film.global_args("-dts_delta_threshold", str(_JUMP)))


def _told(path: Path, said: bytes, size: int) -> _Piece | None:
    try:
        told = json.loads(said)
        streams = [tuple(str(one.get(name, "")) for name in _SHAPE) for one in told["streams"]]
        end = float(told["format"]["start_time"]) + float(told["format"]["duration"])
    except (ValueError, KeyError, TypeError):
        return None
    has_picture = any(one[0] == "video" and one[2] not in {"", "0"} for one in streams)
    return _Piece(path, tuple(sorted(set(streams))), end, size) if has_picture else None


def _opened(pipe: Path) -> int:
    """The pipe to write into; -1 while nobody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return -1


def _closed(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _written(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _append(piece: Path, film: Path) -> None:
    with piece.open("rb") as given, film.open("ab") as out:
        while block := given.read(_MIB):
            out.write(block)
    piece.unlink()
