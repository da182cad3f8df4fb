"""Processes as forks of one that has read the program once: a start costs no import.

Forked is only from a process without an event loop or a thread: before the first one is made, and by a zygote
(`cms.kernel.zygote`). A child is told when its parent is gone, and never runs its parent's code after its own.
"""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

from cms.kernel.log import logger

# From prctl(2).
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


log = logger("forking")


class Forked:
    """A forked child, waited for and ended like one of `asyncio.subprocess`; `descriptor` is its pidfd_open(2)."""

    def __init__(self, pid: int, descriptor: int | None = None) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor = os.pidfd_open(pid) if descriptor is None else descriptor

    async def wait(self) -> int:
        """Its exit code; negative for a signal."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        if self.returncode is None:
            loop.add_reader(self._descriptor, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(self._descriptor)
            code = await self._code()
            os.close(self._descriptor)
            self.returncode = code
        return self.returncode

    @property
    def descriptor(self) -> int:
        """By which somebody else may wait for it."""
        return self._descriptor

    async def _code(self) -> int:
        """What it ended with, asked once, after its end."""
        return reaped(self.pid)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.returncode is None:
            signal.pidfd_send_signal(self._descriptor, number)


def reaped(pid: int) -> int:
    """The exit code of a child of this process that has ended; negative for a signal."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def fork(work: Callable[[], None], *, name: str) -> Forked:
    """Runs `work` in a child, which is over when it returns or raises. Call it from a process of one thread.

    `name` is what `top` and `ps -e` show; the kernel keeps 15 bytes of it.
    """
    parent = os.getpid()
    # What was read so far is shared between all children as long as nobody counts references in it.
    gc.freeze()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # else each child would say it again
    pid = os.fork()
    if pid:
        return Forked(pid)
    code = 1
    try:
        gc.enable()
        _follow(parent, name)
        work()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        log.exception("a role broke", name=name)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)


def _follow(parent: int, name: str) -> None:
    """Asks the kernel for SIGTERM when the parent dies, so that the next start finds ports and files free."""
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    kernel.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
    if os.getppid() != parent:  # it died before it could be asked
        os._exit(1)
