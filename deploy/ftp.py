"""Reading what orders offer by FTP, for television operators that fetch nothing else. Off unless a port is set.

It writes nothing, lists nothing and knows no folders: a path is a target's code, the id of an order and a name, and
whoever knows it may read that file for as long as the order stands, with the user and password of the address that
the operator was given. FTP is plain text: it belongs inside an operator's private network and nowhere else.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from cms.kernel.log import logger
from media.errors import MediaRefused

SESSIONS: Final = 32
IDLE_SECONDS: Final = 120.0
DATA_SECONDS: Final = 30.0
_LINE: Final = 2048
_REST: Final = re.compile(r"[0-9]{1,15}")
_FEATURES: Final = "211-Features:\r\n EPSV\r\n PASV\r\n REST STREAM\r\n SIZE\r\n UTF8\r\n211 End"

log = logger("ftp")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be read: its size from where it was asked for to the end, and its bytes."""

    size: int
    blocks: Callable[[], AsyncGenerator[bytes, None]]


class Finder(Protocol):
    """Gives a file, None for what is not there, over, or not for this user."""

    def __call__(self, path: str, user: str, password: str, start: int) -> Awaitable[Found | None]: ...


class FtpServer:
    """`ports` are those of data connections, first and last; 0 takes any."""

    def __init__(self, find: Finder, ports: tuple[int, int]) -> None:
        self._find = find
        self._ports = ports
        self._open = 0

    async def start(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, limit=_LINE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        session = _Session(reader, writer, self._find, self._ports)
        try:
            if self._open > SESSIONS:
                await session.say("421 Too many sessions")
            else:
                await session.run()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Gone, silent for too long, or speaking something else.
            log.info("an FTP session broke off")
        finally:
            self._open -= 1
            await session.close()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@dataclass(slots=True)
class _Session:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    find: Finder
    ports: tuple[int, int]
    user: str = ""
    password: str = ""
    signed_in: bool = False
    folder: str = "/"
    start: int = 0
    listener: asyncio.Server | None = None
    data: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]" = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        await self.say("220 Ready")
        while True:
            line = await asyncio.wait_for(self.reader.readuntil(b"\n"), IDLE_SECONDS)
            name, _, given = line.decode("utf-8", "replace").strip("\r\n").partition(" ")
            verb = name.upper()
            if verb == "QUIT":
                await self.say("221 Bye")
                return
            if verb in _ALWAYS:
                await self.say(_ALWAYS[verb])
            elif verb == "USER":
                self.user, self.signed_in = given[:64], False
                await self.say("331 Password")
            elif verb == "PASS":
                # Checked with the file: whose it is decides which password it wants.
                self.password, self.signed_in = given[:128], True
                await self.say("230 Signed in")
            elif not self.signed_in:
                await self.say("530 Sign in first")
            else:
                await self.asked(verb, given)

    async def asked(self, verb: str, given: str) -> None:
        match verb:
            case "PWD":
                await self.say(f'257 "{self.folder}"')
            case "CWD":
                self.folder = self.path(given)
                await self.say("250 Done")
            case "REST" if _REST.fullmatch(given):
                self.start = int(given)
                await self.say("350 From there")
            case "SIZE":
                found = await self.find(self.path(given), self.user, self.password, 0)
                await self.say("550 Not there" if found is None else f"213 {found.size}")
            case "PASV" | "EPSV":
                await self.listen(verb)
            case "RETR":
                await self.send(given)
            case _:
                await self.say("502 Not here")

    def path(self, given: str) -> str:
        """What is meant, from the folder; names of ours hold no dots but one, so going up is a plain path as well."""
        whole = given if given.startswith("/") else f"{self.folder.rstrip('/')}/{given}"
        return "/" + "/".join(part for part in whole.split("/") if part not in {"", ".", ".."})[:512]

    async def listen(self, verb: str) -> None:
        """Opens a port for one data connection from whoever holds this session, and from nobody else."""
        await self.close()
        here, peer = self.writer.get_extra_info("sockname")[0], self.writer.get_extra_info("peername")[0]
        data = self.data = asyncio.Queue(1)

        async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if writer.get_extra_info("peername")[0] != peer or data.full():
                writer.close()
                return
            data.put_nowait((reader, writer))

        for port in range(self.ports[0], self.ports[1] + 1):
            with contextlib.suppress(OSError):
                self.listener = await asyncio.start_server(taken, here, port)
                break
        if self.listener is None:
            await self.say("425 No free port")
            return
        port = self.listener.sockets[0].getsockname()[1]
        if verb == "EPSV":
            await self.say(f"229 Extended passive (|||{port}|)")
        elif ":" in here:
            await self.say("425 Use EPSV")
        else:
            await self.say(f"227 Passive ({here.replace('.', ',')},{port >> 8},{port & 255})")

    async def send(self, given: str) -> None:
        start, self.start = self.start, 0
        if self.listener is None:
            await self.say("425 Use PASV first")
            return
        found = await self.find(self.path(given), self.user, self.password, start)
        if found is None:
            await self.close()
            await self.say("550 Not there")
            return
        await self.say(f"150 {found.size} bytes")
        try:
            _, writer = await asyncio.wait_for(self.data.get(), DATA_SECONDS)
            async with contextlib.aclosing(found.blocks()) as blocks:
                async for block in blocks:
                    writer.write(block)
                    await asyncio.wait_for(writer.drain(), DATA_SECONDS)
            writer.close()
            await writer.wait_closed()
        except (OSError, TimeoutError, MediaRefused):
            await self.close()
            await self.say("426 Broken off")
            return
        await self.close()
        await self.say("226 Done")

    async def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")
        await asyncio.wait_for(self.writer.drain(), DATA_SECONDS)

    async def close(self) -> None:
        """Ends what stands of a data connection."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        while not self.data.empty():
            self.data.get_nowait()[1].close()


_ALWAYS: Final[Mapping[str, str]] = {
    "SYST": "215 UNIX Type: L8",
    "FEAT": _FEATURES,
    "NOOP": "200 Here",
    "TYPE": "200 Done",
    "MODE": "200 Done",
    "STRU": "200 Done",
    "OPTS": "200 Done",
    "ALLO": "202 Nothing to do",
    "ABOR": "226 Nothing under way",
}
