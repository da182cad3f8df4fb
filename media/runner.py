"""Runs ffmpeg and ffprobe in the sandbox: graphs are built by ffmpeg-python, processes are ours.

ffmpeg-python's own runner blocks and can fill a pipe until both sides wait; here its `compile` makes the argument
list and nothing else. Every input names its container's reader and may open local files and pipes alone, so that no
file can make ffmpeg follow an address written in it.
"""

import enum
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media.errors import MediaRefused
from media.sandbox import OUTPUT, Bounds, Ended, Finished, Sandbox, input_at
from media.threads import in_thread

FFMPEG: Final = "/usr/bin/ffmpeg"
FFPROBE: Final = "/usr/bin/ffprobe"
PROTOCOLS: Final = "file,pipe"

_MOST_LINE: Final = 4_096
_REASON: Final = 160
_FULL: Final = ("No space left on device", "Disk quota exceeded")
_COSTLY: Final = ("Cannot allocate memory", "File too large", "Resource temporarily unavailable")
_KILLED: Final = {137, 152, 153}  # by the kernel for memory, processor time and file size
_UNFINISHED: Final = "moov atom not found"
_PREFIX: Final = re.compile(r"\[[^\]]* @ 0x[0-9a-f]+\]\s*|file:\S*?:?\s")


class Stage(enum.StrEnum):
    """The parts of the work that a person waits for."""

    examining = "examining"
    measuring = "measuring"
    sounding = "sounding"
    encoding = "encoding"
    finishing = "finishing"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage is; `speed` is times real time, 0 while unknown."""

    stage: Stage
    done_ms: int
    total_ms: int
    speed: float

    @property
    def left_ms(self) -> int | None:
        """Time until the stage ends at this speed, None while unknown."""
        return None if self.speed <= 0 else round(max(0, self.total_ms - self.done_ms) / self.speed)


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that ended well.

    Attributes:
        done_ms: the last time that was written out.
        frames: of the first video output.
        stderr: what it complained of, cut to 256 KiB.
    """

    done_ms: int
    frames: int
    stderr: str


class Listener:
    """Reads ffmpeg's `-progress` lines as they come, in blocks of any size."""

    def __init__(self, stage: Stage, total_ms: int, report: Report | None) -> None:
        self._stage, self._total_ms, self._report = stage, total_ms, report
        self._rest = b""
        self.done_ms = 0
        self.frames = 0
        self.speed = 0.0

    def hear(self, block: bytes) -> None:
        """Take the next block."""
        *lines, rest = (self._rest + block).split(b"\n")
        self._rest = rest[-_MOST_LINE:]
        for line in lines:
            name, _, value = line.decode("ascii", "replace").strip().partition("=")
            self._note(name, value.strip())

    def _note(self, name: str, value: str) -> None:
        number = _number(value.removesuffix("x"))
        if name == "progress":
            if self._report is not None:
                done = min(self.done_ms, self._total_ms) if self._total_ms else self.done_ms
                self._report(Progress(self._stage, done, self._total_ms, self.speed))
        elif number is None:
            return
        elif name == "out_time_us":
            self.done_ms = max(self.done_ms, round(number / 1000))
        elif name == "frame":
            self.frames = round(number)
        elif name == "speed":
            self.speed = number


def given_input(number: int = 0, **options: Any) -> Any:
    """An input of the graph: the sandbox's file of that number, with `f` naming its container."""
    return ffmpeg.input(f"file:{input_at(number)}", protocol_whitelist=PROTOCOLS, **options)


def made_output(*streams: Any, name: str, **options: Any) -> Any:
    """An output of the graph in the output folder."""
    return ffmpeg.output(*streams, f"file:{OUTPUT}/{name}", **options)


def command(
    *outputs: Any, level: str = "error", own_clock: bool = False, begin: Sequence[str] = (), program: str = FFMPEG
) -> list[str]:
    """The argument list of one ffmpeg run over all these outputs.

    `own_clock` leaves a source that is read from its middle the times it has in the whole, counted from its begin;
    `begin` opens a card and `program` is an ffmpeg that knows it.
    """
    every = ffmpeg.merge_outputs(*outputs) if len(outputs) > 1 else outputs[0]
    if own_clock:
        every = every.global_args("-copyts", "-start_at_zero")
    if begin:
        every = every.global_args(*begin)
    every = every.global_args("-hide_banner", "-nostdin", "-y", "-loglevel", level, "-progress", "pipe:1")
    built: list[str] = ffmpeg.compile(every, cmd=program)
    return built


def probe_command(demuxer: str, entries: str) -> list[str]:
    """The argument list of an ffprobe run that answers these entries as JSON."""
    quiet = ["-hide_banner", "-v", "error", "-protocol_whitelist", PROTOCOLS, "-f", demuxer]
    return [FFPROBE, *quiet, "-show_entries", entries, "-of", "json", "-i", f"file:{input_at(0)}"]


async def run_ffmpeg(
    argv: Sequence[str],
    *,
    sandbox: Sandbox,
    given: Path | Sequence[Path],
    out: Path,
    bounds: Bounds,
    stage: Stage = Stage.encoding,
    total_ms: int = 0,
    progress: Report | None = None,
    devices: Sequence[str] = (),
) -> Ran:
    """Run one command of `command` to its end.

    Args:
        argv: from `command`.
        sandbox: where.
        given: input file or files.
        out: folder for the outputs.
        bounds: of the run.
        stage: for the reports.
        total_ms: what will have been written at the end, for the reports.
        progress: hears about it about twice a second.
        devices: as for `Sandbox.run`.

    Raises:
        MediaRefused: `media.disk_full`, `media.too_costly`, `media.video_vanished` when an input is not there,
            `media.video_damaged` with ffmpeg's reason when it failed.
    """
    listener = Listener(stage, total_ms, progress)
    finished = await _run(
        argv, sandbox=sandbox, given=given, out=out, bounds=bounds, hear=listener.hear, devices=devices
    )
    return Ran(listener.done_ms, listener.frames, finished.stderr)


async def run_ffprobe(argv: Sequence[str], *, sandbox: Sandbox, given: Path, out: Path, bounds: Bounds) -> bytes:
    """Run one command of `probe_command`; its JSON. Refuses as `run_ffmpeg` does."""
    return (await _run(argv, sandbox=sandbox, given=given, out=out, bounds=bounds, hear=None)).stdout


async def _run(
    argv: Sequence[str],
    *,
    sandbox: Sandbox,
    given: Path | Sequence[Path],
    out: Path,
    bounds: Bounds,
    hear: Callable[[bytes], None] | None,
    devices: Sequence[str] = (),
) -> Finished:
    files = [given] if isinstance(given, Path) else list(given)
    files = await in_thread(_present, files)
    whole = [*sandbox.effort.prefix, *argv]
    finished = await sandbox.run(whole, given=files, out=out, bounds=bounds, hear=hear, devices=devices)
    refused = refusal(finished)
    if refused is not None:
        raise refused
    return finished


def refusal(finished: Finished) -> MediaRefused | None:
    """Why a run failed, None when it did not."""
    said = finished.stderr
    if finished.ended is Ended.disk_full or any(sign in said for sign in _FULL):
        return MediaRefused("media.disk_full")
    if finished.ended is not Ended.itself:
        return MediaRefused("media.too_costly")
    if finished.returncode == 0:
        return None
    if finished.returncode < 0 or finished.returncode in _KILLED or any(sign in said for sign in _COSTLY):
        return MediaRefused("media.too_costly")
    if _UNFINISHED in said:
        return MediaRefused("media.video_unfinished")
    return MediaRefused("media.video_damaged", reason=reason(said))


def reason(stderr: str) -> str:
    """The first sentence of ffmpeg's complaint without addresses and paths, for a person to read out to support."""
    for line in stderr.splitlines():
        text = _PREFIX.sub("", line).strip()
        if text:
            return "".join(c for c in text if c.isprintable())[:_REASON]
    return "-"


def _present(files: Sequence[Path]) -> list[Path]:
    found = [path.absolute() for path in files]
    for path in found:
        try:
            regular = stat.S_ISREG(path.stat().st_mode)
        except OSError as error:
            raise MediaRefused("media.video_vanished") from error
        if not regular:
            raise MediaRefused("media.video_vanished")
    return found


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
