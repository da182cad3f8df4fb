"""Starts workers as fast as they can be killed: a process that has loaded everything forks one for each line."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any


def launch(work: Callable[[str], Coroutine[Any, Any, None]]) -> int:
    """For each name on stdin starts `work(name)` in a process and says its id; at the end of stdin waits for all.

    Returns how many failed; a killed one did not fail.
    """
    children = []
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # The parent's stdin is not the worker's: it would hold the pipe open for ever.
            os.close(0)
            asyncio.run(work(line.strip()))
            os._exit(0)
        children.append(child)
        print(child, flush=True)  # noqa: T201 - the test reads it
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return sum(end not in {0, -signal.SIGKILL} for end in ends)


class Launcher:
    """The test's side: a module run with `launch`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def of(cls, module: str, *args: str) -> "Launcher":
        pipe = asyncio.subprocess.PIPE
        program = (sys.executable, "-m", module, *args)
        root = Path(__file__).parents[3]
        made = asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe, cwd=root, start_new_session=True)
        return cls(await made)

    async def start(self, name: str) -> int:
        """Starts a worker and returns its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n".encode())
        return int(await self._process.stdout.readline())

    async def join(self) -> int:
        """How many workers failed, when all have ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await self._process.wait()

    async def close(self) -> None:
        """Ends the launcher and every worker it still has."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
