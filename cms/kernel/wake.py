"""Wake-ups: something was committed somewhere, look at the rows. They only make it fast; the rows make it right.

On PostgreSQL one connection a process listens on one channel; on SQLite one connection watches `data_version`, which
changes when any other connection commits. A lost wake-up costs one fallback interval, never a change.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.log import logger

if TYPE_CHECKING:
    import psycopg

CHANNEL: Final = "yunping"
EVERY: Final = 0.1
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
        self._bell = asyncio.Event()
        self.count = 0
        database.on_commit(self._rung)

    async def after(self, count: int, *, within: float = FALLBACK) -> int:
        """The present count, as soon as it differs from `count` and at the latest after `within` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.count == count:
                    await self._bell.wait()
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

    def _rung(self) -> None:
        self.count += 1
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def _watch(self) -> None:
        # data_version is only comparable on one connection, so this one is kept.
        async with self._database.reader.connect() as connection:
            seen = None
            while True:
                found = (await connection.exec_driver_sql("pragma data_version")).scalar_one()
                await connection.rollback()
                if seen is not None and found != seen:
                    self._rung()
                seen = found
                await asyncio.sleep(self._every)

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
