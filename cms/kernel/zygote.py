"""A zygote: a process that has read the program, does nothing, and is forked when one more of its kind is needed.

A role that dies is there again in a moment, without reading the program anew, which takes a second and more of a busy
machine. The supervisor cannot be forked itself: it has an event loop and threads. So one child of it is kept aside
before it has either; both talk over a pair of sockets, one question and one answer at a time:

    start {text} + descriptors  →  {pid} + a descriptor of the process (pidfd_open(2))
    ended {pid}                 →  its exit code

Whoever is born dies with the zygote, and the zygote with who keeps it: of a house nothing is left behind.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from cms.kernel.forking import Forked, fork, reaped
from cms.kernel.log import logger

_LONGEST: Final = 4_096  # bytes of a question
_MOST_HANDED: Final = 8  # descriptors with one question
# A fork takes milliseconds; a machine that swaps may take longer.
_ANSWER_SECONDS: Final = 10.0

Work: TypeAlias = Callable[[str, Sequence[int]], None]
"""What a newborn does: it is told a text, and handed descriptors that are its own."""

log = logger("zygote")


def pair() -> tuple[socket.socket, socket.socket]:
    """The keeper's end and the zygote's."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def serve(end: socket.socket, work: Work, *, name: Callable[[str], str]) -> None:
    """Forks when told, until the keeper is gone. Blocking, and for a process of one thread.

    `name` says what a newborn that is told this text is called.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who keeps it
    while True:
        told, handed, _, _ = socket.recv_fds(end, _LONGEST, _MOST_HANDED)
        word, _, rest = told.decode().partition(" ")
        if word == "start":
            _bear(end, work, rest, handed, name=name(rest))
        elif word == "ended":
            end.send(str(reaped(int(rest))).encode())
        else:
            return


def _bear(end: socket.socket, work: Work, text: str, handed: Sequence[int], *, name: str) -> None:
    def live() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        end.close()
        work(text, handed)

    born = fork(live, name=name)
    with contextlib.ExitStack() as closing:
        for one in (*handed, descriptor := born.descriptor):
            closing.callback(os.close, one)
        socket.send_fds(end, [str(born.pid).encode()], [descriptor])


class Zygote:
    """The keeper's side. One that does not answer is left alone from then on: it ends, and all that it bore."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(0)
        self._end: socket.socket | None = end
        self._turn = asyncio.Lock()

    async def start(self, text: str, handed: Sequence[int] = ()) -> Forked | None:
        """A new process that was told this; None when there is no zygote any more.

        A caller that is cancelled meanwhile gets the newborn ended first.
        """
        asking = asyncio.ensure_future(self._started(text, handed))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            if (born := await asking) is not None:
                born.kill()
                await born.wait()
            raise

    async def ended(self, pid: int) -> int:
        """The exit code of one that has ended. When the zygote is gone it took all that it bore along."""
        answer = await self._asked(f"ended {pid}")
        return -signal.SIGTERM if answer is None else int(answer[0])

    def close(self) -> None:
        """Ends the zygote, and with it all that it bore."""
        if self._end is not None:
            self._end.close()
        self._end = None

    async def _started(self, text: str, handed: Sequence[int]) -> "Born | None":
        answer = await self._asked(f"start {text}", handed)
        return None if answer is None else Born(self, int(answer[0]), answer[1][0])

    async def _asked(self, question: str, handed: Sequence[int] = ()) -> tuple[bytes, list[int]] | None:
        async with self._turn:
            if self._end is None:
                return None
            try:
                socket.send_fds(self._end, [question.encode()], list(handed))
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await _readable(self._end)
                told, given, _, _ = socket.recv_fds(self._end, _LONGEST, _MOST_HANDED)
            except (OSError, TimeoutError) as problem:
                told, given = b"", []
                log.warning("the zygote is away", error=str(problem))
            if not told:
                self.close()
                return None
            return told, given


class Born(Forked):
    """A child of the zygote: seen by its descriptor, and asked for by its parent."""

    def __init__(self, parent: Zygote, pid: int, descriptor: int) -> None:
        super().__init__(pid, descriptor)
        self._parent = parent
        self._asking: asyncio.Future[int] | None = None

    async def _code(self) -> int:
        # Asked once: whoever waits and is cancelled does not take the answer along.
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._parent.ended(self.pid))
        return await asyncio.shield(self._asking)


async def _readable(end: socket.socket) -> None:
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(end, came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(end)
