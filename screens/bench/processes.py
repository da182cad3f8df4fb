"""Children of a benchmark: started, asked by lines, and ended with it."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Final

from cms.kernel.errors import Unavailable

FOLDER: Final = Path(__file__).parent
ANSWER_SECONDS: Final = 120


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
        argv = ("gcc", "-O2", "-o", str(folder / name), str(FOLDER / f"{name}.c"))
        child = await asyncio.create_subprocess_exec(*argv)
        if await child.wait() != 0:
            raise Unavailable("screens.no_compiler")


async def ask(child: asyncio.subprocess.Process, text: str) -> str:
    """The child's answer to a line."""
    assert child.stdin is not None  # noqa: S101
    child.stdin.write(text.encode() + b"\n")
    await child.stdin.drain()
    return await line(child)


async def line(child: asyncio.subprocess.Process) -> str:
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
