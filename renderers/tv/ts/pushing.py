"""A channel pushed to another server by ``ffmpeg -c copy``: kept running, and never told more loudly than is needed.

The program is given the same slots that a playlist's segments are made of, by a pipe. It is started anew when it ends,
slower each time; where it takes nothing for two slots it is ended. The address carries a secret and stands in no log.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from media.programs import end, started

FFMPEG: Final = "ffmpeg"
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
# One that ran for so long had a good beginning: the next start does not wait.
HEALTHY: Final = 60.0
STUCK: Final = 7.68
_GRACE: Final = 3.0
_SAID: Final = 300
_FORMATS: Final = {"rtmp": "flv", "rtmps": "flv", "srt": "mpegts"}


@dataclass(slots=True)
class PushCounts:
    """What a push has done since it was taken; `error` is the last thing its program said."""

    slot: int = 0
    restarts: int = 0
    missing: int = 0
    error: str = ""


def command(url: str, program: Sequence[str] = (FFMPEG,)) -> list[str]:
    """The program with its arguments: bytes come by a pipe, are read at the pace of their clock, and copied."""
    scheme = url.partition(":")[0]
    given = ("-nostdin", "-hide_banner", "-loglevel", "warning", "-re", "-f", "mpegts", "-i", "pipe:0")
    copied = ("-map", "0:v:0", "-map", "0:a:0", "-c", "copy")
    filters = ("-bsf:a", "aac_adtstoasc", "-flvflags", "no_duration_filesize") if _FORMATS[scheme] == "flv" else ()
    return [*program, *given, *copied, *filters, "-f", _FORMATS[scheme], url]


def unsaid(line: str, url: str, masked: str) -> str:
    """A line of the program without the address, nor any part of it that could be its secret."""
    line = line.replace(url, masked)
    rest = url.partition("://")[2].partition("/")[2] or url.partition("?")[2]
    for part in sorted({rest, *rest.replace("?", "/").replace("&", "/").split("/")}, key=len, reverse=True):
        if len(part) > 3:
            line = line.replace(part, "•••")
    return line[:_SAID]


@dataclass(slots=True)
class Push:
    """One push. `offer` lays a slot ready; `run` keeps the program alive until it is cancelled."""

    url: str
    masked: str
    program: Sequence[str] = (FFMPEG,)
    counts: PushCounts = field(default_factory=PushCounts)
    _slots: asyncio.Queue[tuple[int, bytes]] = field(default_factory=lambda: asyncio.Queue(maxsize=2))

    def offer(self, slot: int, data: bytes) -> None:
        """A slot for the program; the oldest one that waits is dropped where it does not keep up."""
        if self._slots.full():
            self._slots.get_nowait()
            self.counts.missing += 1
        self._slots.put_nowait((slot, data))

    async def run(self) -> None:
        """Runs until cancelled; nothing that the program does ends it."""
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while True:
            began = loop.time()
            try:
                await self._once()
            except OSError as error:
                self.counts.error = error.strerror or type(error).__name__
            wait = FIRST_WAIT if loop.time() - began > HEALTHY else wait
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            self.counts.restarts += 1

    async def _once(self) -> None:
        process = await self._started()
        tasks = [asyncio.create_task(self._feed(process)), asyncio.create_task(self._listen(process))]
        try:
            await asyncio.wait([tasks[0], asyncio.create_task(process.wait())], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(process, grace=_GRACE)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _started(self) -> asyncio.subprocess.Process:
        return await started(
            *command(self.url, self.program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        stdin = process.stdin
        if stdin is None:
            return
        while True:
            slot, data = await self._slots.get()
            stdin.write(data)
            try:
                await asyncio.wait_for(stdin.drain(), STUCK)
            except TimeoutError:
                self.counts.error = "stuck"
                return
            except (BrokenPipeError, ConnectionResetError):
                return
            self.counts.slot = slot

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        stderr = process.stderr
        if stderr is None:
            return
        while line := await _line(stderr):
            self.counts.error = unsaid(line.decode("utf-8", "replace").strip(), self.url, self.masked)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; one that is too long is passed over."""
    try:
        return await stream.readline()
    except ValueError:
        return b"\n"
