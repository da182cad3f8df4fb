"""Children of a benchmark: started, asked by lines, and ended with it."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cms.kernel.errors import Unavailable
from cms.kernel.forking import Forked
from cms.kernel.zygote import Zygote, pair

FOLDER: Final = Path(__file__).parent
ANSWER_SECONDS: Final = 120
# OpenSSL, which this Python stands on; its headers need not be installed.
_LIBRARIES: Final = {"storm": ("-l:libcrypto.so.3",)}


@contextlib.asynccontextmanager
async def process(*argv: str, keeps: Collection[int] = ()) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child whose standard streams are lines and that inherits the descriptors `keeps`; killed at the end."""
    pipe, given = asyncio.subprocess.PIPE, tuple(keeps)
    child = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, cwd=FOLDER.parents[1], pass_fds=given)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def module(name: str, *options: object) -> tuple[str, ...]:
    """The command of one of our modules."""
    return (sys.executable, "-m", f"screens.bench.{name}", *map(str, options))


async def compiled(folder: Path, *names: str) -> None:
    """The C programs of this folder, in `folder`. Raises Unavailable `screens.no_compiler`."""
    for name in names:
        argv = ("gcc", "-O2", "-o", str(folder / name), str(FOLDER / f"{name}.c"), *_LIBRARIES.get(name, ()))
        child = await asyncio.create_subprocess_exec(*argv)
        if await child.wait() != 0:
            raise Unavailable("screens.no_compiler")


class Child(Protocol):
    """A process that is talked to by lines: of `asyncio.subprocess`, or one that a zygote bore."""

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdin(self) -> asyncio.StreamWriter | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...


@dataclass(frozen=True, slots=True)
class Newborn:
    """A child of a zygote with its standard streams."""

    process: Forked
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader

    @property
    def returncode(self) -> int | None:
        return self.process.returncode


@contextlib.asynccontextmanager
async def zygote(keeps: Collection[int] = ()) -> AsyncIterator[Zygote]:
    """One that bears gateways, which inherit the descriptors `keeps`; it has read them when it is handed out."""
    ours, its = pair()
    with its:
        command = module("nursery", "--socket", its.fileno())
        async with process(*command, keeps=(*keeps, its.fileno())):
            parent = Zygote(ours)
            try:
                yield parent
            finally:
                parent.close()


@contextlib.asynccontextmanager
async def born(parent: Zygote, *options: object) -> AsyncIterator[Newborn]:
    """A child of the zygote that is told these options; killed at the end. Raises EOFError when there is no zygote."""
    ours, its = socket.socketpair()
    with its:
        process = await parent.start(" ".join(map(str, options)), (its.fileno(),))
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        if process is None:
            raise EOFError
        yield Newborn(process, writer, reader)
    finally:
        writer.close()
        if process is not None:
            process.kill()
            await process.wait()


async def ask(child: Child, text: str) -> str:
    """The child's answer to a line."""
    assert child.stdin is not None  # noqa: S101
    child.stdin.write(text.encode() + b"\n")
    await child.stdin.drain()
    return await line(child)


async def line(child: Child) -> str:
    """The next line of a child. Raises TimeoutError, and EOFError when it ended."""
    assert child.stdout is not None  # noqa: S101
    async with asyncio.timeout(ANSWER_SECONDS):
        got = await child.stdout.readline()
    if not got:
        raise EOFError(child.returncode)
    return got.decode().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
