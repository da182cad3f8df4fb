"""The guard's socket: requests of the other roles in, answers and recall sets out."""

import asyncio
import os
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import structlog

from cms.guard import wire
from cms.guard.errors import GuardRefused
from cms.guard.operations import OPERATIONS
from cms.guard.service import Guard
from cms.trust.signed import Signed

log = structlog.get_logger()

_AT_ONCE: Final = 32  # requests of one caller being worked on; further lines wait unread
_STUCK: Final = 10.0  # seconds a caller may take to read an answer before it is dropped


class GuardServer:
    """Listens on `path` (0600; 0660 for a group that shares it).

    A request once begun is finished, whether or not its caller still listens.
    """

    def __init__(self, guard: Guard, path: Path, *, shared: bool = False) -> None:
        self._guard = guard
        self._path = path
        self._shared = shared
        self._server: asyncio.Server | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._callers: set[_Caller] = set()
        guard.on_recalls.append(self._tell)

    async def start(self) -> None:
        listener = await asyncio.to_thread(_bound, self._path, shared=self._shared)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=wire.MAX_LINE)

    async def stop(self) -> None:
        """Takes no more, finishes what was begun, and closes."""
        if self._server is not None:
            self._server.close()
        if self._working:
            await asyncio.wait(self._working)
        for caller in tuple(self._callers):
            caller.close()
        if self._server is not None:
            await self._server.wait_closed()
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _tell(self, recalls: Signed) -> None:
        for caller in self._callers:
            caller.newest(recalls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = _Caller(writer)
        self._callers.add(caller)
        room = asyncio.Semaphore(_AT_ONCE)
        try:
            while data := await reader.readline():
                await room.acquire()
                self._work(self._answer(caller, data, room))
        except (ValueError, ConnectionError):  # a line without end, or a caller that died
            log.info("guard.caller_dropped")
        finally:
            self._callers.discard(caller)
            caller.close()

    def _work(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _answer(self, caller: "_Caller", data: bytes, room: asyncio.Semaphore) -> None:
        number: object = None
        try:
            asked = wire.message(data)
            number = asked.get("id")
            if asked.get("do") == "subscribe":
                caller.subscribe(self._guard.core.recalls_signed)
                await caller.send(wire.line({"id": number, "done": None}))
            else:
                await caller.send(wire.line({"id": number, "done": await self._done(asked)}))
        except GuardRefused as refused:
            log.info("guard.refused", code=refused.code)
            await caller.send(wire.line(wire.refusal(number, refused)))
        except Exception:
            # the edge of the process: a defect is told and logged, and the guard stays up for the next recall
            log.exception("guard.failed")
            await caller.send(wire.line(wire.refusal(number, GuardRefused("guard.failed"))))
        finally:
            room.release()

    async def _done(self, asked: dict[str, Any]) -> object:
        operation = OPERATIONS.get(str(asked.get("do")))
        if operation is None:
            raise GuardRefused("guard.message")
        return await operation.run(self._guard, asked.get("with"))


class _Caller:
    """One connection. Recall sets have a slot, not a queue: a slow reader gets the newest and delays nobody."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._lock = asyncio.Lock()
        self._waiting: Signed | None = None
        self._sender: asyncio.Task[None] | None = None
        self._subscribed = False

    def subscribe(self, recalls: Signed) -> None:
        self._subscribed = True
        self.newest(recalls)

    def newest(self, recalls: Signed) -> None:
        self._waiting = recalls if self._subscribed else None
        if self._subscribed and (self._sender is None or self._sender.done()):
            self._sender = asyncio.create_task(self._push())

    async def send(self, data: bytes) -> None:
        """Drops the connection when it is gone or does not read."""
        try:
            async with self._lock, asyncio.timeout(_STUCK):
                self._writer.write(data)
                await self._writer.drain()
        except (ConnectionError, TimeoutError):
            self.close()

    def close(self) -> None:
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()
        self._writer.close()

    async def _push(self) -> None:
        while (recalls := self._waiting) is not None:
            self._waiting = None
            await self.send(wire.line({"recalls": recalls.value()}))


def _bound(path: Path, *, shared: bool) -> socket.socket:
    """A socket file nobody else may open (or the group may), in place of one a killed guard left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117 if shared else 0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener
