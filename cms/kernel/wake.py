"""Wake-ups: something was committed somewhere, look at the rows. They only make it fast; the rows make it right.

On PostgreSQL one connection a process listens on one channel; on SQLite one connection watches `data_version`, which
changes when any other connection commits, and every process that follows rings a bell beside the file when it commits.
A lost wake-up costs one fallback interval, never a change.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.bell import Bell
from cms.kernel.db import Database
from cms.kernel.log import logger

if TYPE_CHECKING:
    import psycopg

CHANNEL: Final = "yunping"
EVERY: Final = 0.1
# For loops that nobody waits for: what is committed in a burst is looked at once.
CALM: Final = 0.3
FALLBACK: Final = 2.0
_AGAIN: Final = 1.0

log = logger("wake")


async def ring(session: AsyncSession, topic: str) -> None:
    """Wakes every process when this transaction commits; `topic` is a hint for logs. Nothing to do on SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("select pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic})


class Wake:
    """Counts wake-ups; each process has one. `run` must be running for anyone to be woken before the fallback."""

    def __init__(self, database: Database, *, every: float = EVERY) -> None:
        self._database = database
        self._every = every
        self._changed = asyncio.Event()
        self._bell: Bell | None = None
        self.count = 0
        database.on_commit(self._committed)

    async def after(self, count: int, *, within: float = FALLBACK, calm: float = 0.0) -> int:
        """The present count, as soon as it differs from `count` and at the latest after `within` seconds.

        With `calm` that many seconds later than it differs: what follows in that time wakes nobody again.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.count == count:
                    await self._changed.wait()
        if calm and self.count != count:
            await asyncio.sleep(calm)
        return self.count

    async def run(self) -> None:
        """Listens until cancelled; a database that is away is tried again for ever."""
        listen = self._watch if self._database.is_sqlite else self._listen
        while True:
            try:
                await listen()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("wake-ups are away, polling instead", error=str(problem))
            await asyncio.sleep(_AGAIN)

    def _committed(self) -> None:
        """This process committed. Where there is a bell, it wakes this process as it wakes all others: once."""
        if self._bell is None or not self._bell.ring():
            self._rung()

    def _rung(self) -> None:
        self.count += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _watch(self) -> None:
        """Raises OSError when the file cannot be read any more."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        path = self._database.url.partition(":///")[2]
        watching = loop.run_in_executor(None, self._compare, path, loop, stop)
        try:
            await asyncio.shield(watching)
        finally:
            stop.set()
            if self._bell is not None:
                self._bell.ring()  # the thread waits for it
            with contextlib.suppress(OSError):
                await watching

    def _compare(self, path: str, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        """In a thread of its own: ten questions a second through the pool would be a hundredth of a core, a process."""
        try:
            # data_version is only comparable on one connection, so this one is kept.
            with (
                contextlib.closing(sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=1)) as connection,
                self._rings(f"{path}-bell") as bell,
            ):
                seen = None
                while not stop.is_set():
                    found = connection.execute("pragma data_version").fetchone()
                    if seen is not None and found != seen:
                        loop.call_soon_threadsafe(self._rung)
                    seen = found
                    if bell is None:
                        stop.wait(self._every)
                    else:
                        bell.wait(self._every)
        except sqlite3.Error as problem:
            raise ConnectionError(str(problem)) from problem

    @contextlib.contextmanager
    def _rings(self, path: str) -> Iterator[Bell | None]:
        """The bell of the file, for as long as somebody here waits for it; None where there is none to be had."""
        try:
            bell = Bell.opened(path)
        except OSError as problem:
            log.info("no bell beside the database, looking instead", error=str(problem))
            yield None
            return
        self._bell = bell
        try:
            yield bell
        finally:
            self._bell = None
            bell.close()

    async def _listen(self) -> None:
        """Raises OSError for whatever ends the connection."""
        import psycopg  # noqa: PLC0415 - a quarter of a second that an installation on SQLite need not wait

        try:
            await self._notified(psycopg.AsyncConnection)
        except psycopg.Error as problem:
            raise ConnectionError(str(problem)) from problem

    async def _notified(self, connections: "type[psycopg.AsyncConnection[Any]]") -> None:
        url = self._database.url.replace("+psycopg", "", 1)
        async with await connections.connect(url, autocommit=True) as connection:
            await connection.execute(f"listen {CHANNEL}")
            self._rung()  # whatever was missed while nobody listened
            async for _ in connection.notifies():
                self._rung()
