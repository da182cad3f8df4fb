"""`./yunping up`: one parent that keeps the roles running as child processes and stops them together."""

import asyncio
import contextlib
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.kernel.log import logger
from deploy.settings import ROLES, Role
from media import programs
from media.programs import Process

log = logger("supervisor")

# A role that dies at once is tried again slowly; one that ran for a minute is there again at once.
FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
HEALTHY_AFTER = 60.0
STOP_GRACE = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """One role as a process: its name, its command, its first process when that runs already.

    `keeps` are descriptors that each of its processes is handed, as the command names them. `again` starts it anew in a
    shorter way; where that gives none, the command is run.
    """

    name: str
    argv: tuple[str, ...]
    running: Process | None = None
    keeps: tuple[int, ...] = ()
    again: Callable[[], Awaitable[Process | None]] | None = None


class Supervisor:
    """Starts children in order, restarts what dies, and stops all on SIGTERM or SIGINT; none outlives it."""

    def __init__(self, children: Sequence[Child], *, environment: Mapping[str, str]) -> None:
        self._children = children
        self._environment = dict(environment)
        self._bound = _bound_to_this_process()
        self._stopping = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def run(self, on_started: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs until a stop signal; calls `on_started` once, when every child was started the first time.

        Raises what `on_started` raised, in an exception group, after the children were stopped.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            self._group = group
            for child in self._children:
                started = asyncio.Event()
                group.create_task(self._keep(child, started))
                await started.wait()
            announcer = group.create_task(on_started())
            await self._stopping.wait()
            announcer.cancel()

    def add(self, child: Child) -> None:
        """One more child while running, kept like the others. Raises RuntimeError before `run`."""
        if self._group is None:
            raise RuntimeError("not running")
        self._group.create_task(self._keep(child, asyncio.Event()))

    async def _keep(self, child: Child, started: asyncio.Event) -> None:
        wait, first = 0.0, child.running
        process: Process
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            if first is not None:
                process, first = first, None
            else:
                process = await self._started(child)
            started.set()
            # Here and not in one place for all: whatever ends this task, its process ends with it.
            try:
                await self._ended_or_stopping(process)
            finally:
                await programs.end(process, grace=STOP_GRACE)
            if self._stopping.is_set():
                break
            was_well = loop.time() - began > HEALTHY_AFTER
            wait = 0 if was_well else min(max(FIRST_WAIT, wait * 2), LONGEST_WAIT)
            log.warning("role ended, starting it again", name=child.name, code=process.returncode, wait=wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)
        started.set()

    async def _started(self, child: Child) -> Process:
        born = None if child.again is None else await child.again()
        if born is not None:
            return born
        return await programs.started(*self._bound, *child.argv, env=self._environment, pass_fds=child.keeps)

    async def _ended_or_stopping(self, process: Process) -> None:
        waiting = [asyncio.create_task(process.wait()), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()


def _bound_to_this_process() -> tuple[str, ...]:
    """A prefix that stops a child when this process was killed, so that the next start finds ports and files free."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()


def role_argv(role: str, number: int = 1, *, listener: int | None = None) -> tuple[str, ...]:
    """The command of a role, with this interpreter; `number` when it is not the role's only process."""
    further = () if number == 1 else ("--number", str(number))
    kept = () if listener is None else ("--listener", str(listener))
    return (sys.executable, "-m", "deploy.cli", "run", role, *further, *kept)


def name_of(role: Role, number: int) -> str:
    """What one of the processes of a role is called: `gateway`, `gateway-2`."""
    return role if number == 1 else f"{role}-{number}"


def role_named(name: str) -> tuple[Role, int]:
    """The role and the number of a process with this name. Raises KeyError."""
    kind, _, number = name.rpartition("-")
    return _ROLES[name if name in _ROLES else kind], 1 if name in _ROLES else int(number)


_ROLES: Final[Mapping[str, Role]] = {role: role for role in ROLES}
