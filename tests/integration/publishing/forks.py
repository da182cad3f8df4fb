"""Starts workers as fast as they can be killed: a process that has loaded everything forks one for each line."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import IO, Any


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
    """The test's side: a module run with `launch`.

    Its pipes are read by threads, not by the loop: the loop is shared by all tests of a process, and what one of them
    leaves there may take another's reader from it.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    async def of(cls, module: str, *args: str) -> "Launcher":
        program = (sys.executable, "-m", module, *args)
        root = Path(__file__).parents[3]
        pipe = subprocess.PIPE

        def begin() -> "subprocess.Popen[str]":
            return subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True, cwd=root, start_new_session=True)

        return cls(await asyncio.to_thread(begin))

    async def start(self, name: str) -> int:
        """Starts a worker and returns its process id."""
        return await asyncio.to_thread(self._ask, name)

    def _ask(self, name: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    async def join(self) -> int:
        """How many workers failed, when all have ended."""
        self._let_go(self._process.stdin)
        ended = await asyncio.to_thread(self._process.wait)
        self._let_go(self._process.stdout)
        return ended

    async def close(self) -> None:
        """Ends the launcher and every worker it still has."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.to_thread(self._process.wait)
        self._let_go(self._process.stdin)
        self._let_go(self._process.stdout)

    @staticmethod
    def _let_go(end: IO[str] | None) -> None:
        assert end is not None
        with contextlib.suppress(BrokenPipeError):
            end.close()
