"""`./yunping up`: one parent that keeps the four roles running as child processes and stops them together."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cms.kernel.log import logger

log = logger("supervisor")

# A role that dies at once is tried again slowly; one that ran for a minute starts afresh.
FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
HEALTHY_AFTER = 60.0
STOP_GRACE = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """One role as a process: its name and its command."""

    name: str
    argv: tuple[str, ...]


class Supervisor:
    """Starts children in order, restarts what dies, and stops all on SIGTERM or SIGINT."""

    def __init__(self, children: Sequence[Child], *, environment: Mapping[str, str]) -> None:
        self._children = children
        self._environment = dict(environment)
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self, on_started: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs until a stop signal; calls `on_started` once, when every child was started the first time."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(child)) for child in self._children]
            announcer = group.create_task(on_started())
            await self._stopping.wait()
            announcer.cancel()
            await self._stop_all()
            for keeper in keepers:
                keeper.cancel()

    async def _keep(self, child: Child) -> None:
        wait = FIRST_WAIT
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            process = await asyncio.create_subprocess_exec(*child.argv, env=self._environment)
            self._running[child.name] = process
            code = await process.wait()
            if self._stopping.is_set():
                return
            wait = FIRST_WAIT if loop.time() - began > HEALTHY_AFTER else min(wait * 2, LONGEST_WAIT)
            log.warning("role ended, starting it again", name=child.name, code=code, wait=wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _stop_all(self) -> None:
        alive = [p for p in self._running.values() if p.returncode is None]
        for process in alive:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if not alive:
            return
        _, late = await asyncio.wait([asyncio.create_task(p.wait()) for p in alive], timeout=STOP_GRACE)
        for process in alive if late else ():
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def role_argv(role: str) -> tuple[str, ...]:
    """The command of a role, with this interpreter."""
    return (sys.executable, "-m", "deploy.cli", "run", role)
