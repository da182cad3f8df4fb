"""Receives a live signal by ``ffmpeg -c copy``: whatever comes in leaves it as a transport stream, by a pipe.

It sees the network and nothing is decoded in it; what it brings goes to an encoder that sees no network. The address
carries a secret and stands in no log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from media.programs import end, started

FFMPEG: Final = "/usr/bin/ffmpeg"
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 15.0
_HEALTHY: Final = 30.0
_GRACE: Final = 2.0
_BLOCK: Final = 1 << 16
# A listener that nobody calls learns by no pipe that its reader was killed, and would keep the port from the next.
_BOUND: Final = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")
_LIMITS: Final = (*_BOUND, "/usr/bin/prlimit", f"--as={2 << 30}", "--nofile=64", "--core=0", "--")
# What each kind of address may open further; never a file.
_PROTOCOLS: Final[Mapping[str, str]] = {
    "srt": "srt",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "http": "http,https,tcp,tls,crypto",
    "https": "http,https,tcp,tls,crypto",
}
_PATIENCE: Final = 10_000_000  # microseconds without an answer

Hear = Callable[[bytes], Awaitable[None]]
Began = Callable[[], None]


def listener(port: int, passphrase: str) -> str:
    """The address at which an encoder may call with SRT, encrypted."""
    return f"srt://0.0.0.0:{port}?mode=listener&transtype=live&pbkeylen=16&passphrase={quote(passphrase, safe='')}"


def receiving(url: str, program: Sequence[str] = (*_LIMITS, FFMPEG)) -> list[str]:
    """The program with its arguments."""
    scheme = url.partition(":")[0]
    given = ["-protocol_whitelist", f"{_PROTOCOLS[scheme]},pipe"]
    if scheme in {"http", "https"}:
        given += ["-rw_timeout", str(_PATIENCE)]
    copied = ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1"]
    return [*program, "-nostdin", "-hide_banner", "-loglevel", "warning", *given, "-i", url, *copied, "pipe:1"]


@dataclass(slots=True)
class Receiver:
    """One source. `run` keeps its program alive until cancelled; `hear` is waited for and can hold the source up.

    `began` is called before the first bytes of each run of the program: they go on from nothing that was before.
    """

    url: str
    hear: Hear
    program: Sequence[str] = (*_LIMITS, FFMPEG)
    began: Began = lambda: None
    restarts: int = 0
    error: str = ""

    async def run(self) -> None:
        """Runs until cancelled; nothing that the program does ends it."""
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while True:
            began = loop.time()
            heard = False
            try:
                heard = await self._once()
            except OSError as error:
                self.error = error.strerror or type(error).__name__
            wait = FIRST_WAIT if heard or loop.time() - began > _HEALTHY else min(wait * 2, LONGEST_WAIT)
            await asyncio.sleep(wait)
            self.restarts += 1

    async def _once(self) -> bool:
        process = await started(
            *receiving(self.url, self.program),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={"PATH": "/usr/bin", "LANG": "C.UTF-8"},
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        assert process.stderr is not None  # noqa: S101
        listening = asyncio.create_task(self._listen(process.stderr))
        heard = False
        try:
            while block := await process.stdout.read(_BLOCK):
                if not heard:
                    self.began()
                heard = True
                await self.hear(block)
        finally:
            # Nobody hears it any more; but a pipe that nobody reads never comes to its end, and its process neither.
            rest = asyncio.create_task(_thrown_away(process.stdout))
            await end(process, grace=_GRACE)
            # Why it ended is the last it said; its pipe ends with it, unless a child of its own holds it.
            await asyncio.wait({listening}, timeout=_GRACE)
            for task in (listening, rest):
                task.cancel()
            await asyncio.gather(listening, rest, return_exceptions=True)
        return heard

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # a line without an end
                continue
            if not line:
                return
            self.error = line.decode("utf-8", "replace").strip()


async def _thrown_away(stream: asyncio.StreamReader) -> None:
    while await stream.read(_BLOCK):
        pass
