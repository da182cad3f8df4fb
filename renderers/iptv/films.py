"""A whole film as one transport stream, copied out of its house format: nothing is encoded again."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cms.contract import Bench, Made, Studio
from media.errors import MediaRefused
from media.sandbox import OUTPUT, Bounds, Ended, input_at
from media.threads import in_thread

# Raised whenever the command changes, so that nothing old is taken for new.
FORM: Final = 1
MEDIA_TYPE: Final = "video/mp2t"
_FFMPEG: Final = "/usr/bin/ffmpeg"
_FILM: Final = "film.ts"
_GIB: Final = 1 << 30
_LONGEST_SECONDS: Final = 3600
# Stuffing to a constant rate can double a still lecture; nothing an operator takes is larger.
_MOST_BYTES: Final = 64 * _GIB


@dataclass(frozen=True, slots=True)
class Source:
    """What a stream is made of: one file with both, or pictures and sound apart."""

    rung: str
    files: tuple[str, ...]


def arguments(count: int, kbps: int) -> list[str]:
    """The command: copied packets, tables often enough for a decoder, stuffed to `kbps` where a rate is asked for."""
    argv = [_FFMPEG, "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe"]
    for number in range(count):
        argv += ["-i", f"file:{input_at(number)}"]
    argv += ["-map", "0:v:0", "-map", f"{count - 1}:a:0", "-c", "copy", "-map_metadata", "-1", "-fflags", "+bitexact"]
    argv += ["-f", "mpegts", "-pcr_period", "30", "-pat_period", "0.08"]
    argv += ["-metadata", "service_name=yunping", "-metadata", "service_provider=yunping"]
    if kbps:
        argv += ["-muxrate", f"{kbps}k"]
    return [*argv, f"file:{OUTPUT}/{_FILM}"]


async def transport_stream(source: Source, kbps: int, studio: Studio) -> Made:
    """The stream, made once whoever asks.

    Raises:
        MediaRefused: `iptv.film_failed`; the film itself cannot be read.
    """
    key = json.dumps({"iptv": FORM, "files": source.files, "kbps": kbps}, sort_keys=True)

    async def work(bench: Bench) -> Path:
        out = bench.folder / "out"
        await in_thread(out.mkdir)
        async with contextlib.AsyncExitStack() as stack:
            given = [await stack.enter_async_context(bench.file(sha256)) for sha256 in source.files]
            bounds = Bounds(
                seconds=_LONGEST_SECONDS, memory_bytes=2 * _GIB, file_bytes=_MOST_BYTES, output_bytes=_MOST_BYTES
            )
            done = await bench.sandbox.run(arguments(len(given), kbps), given=given, out=out, bounds=bounds)
        film = out / _FILM
        if done.ended is not Ended.itself or done.returncode or not await in_thread(film.is_file):
            raise MediaRefused("iptv.film_failed", why=done.stderr.strip()[-200:] or done.ended.value)
        return film

    return await studio.make(key, work, media_type=MEDIA_TYPE)
