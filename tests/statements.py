"""One cache of compiled statements for all engines of a worker: a test opens new ones, and compiling costs it a fifth.

A compiled statement depends on the dialect's class and on what the server said when it was first asked, and all servers
of a run are the same. In the product a process has one engine of each kind, and nothing of this.
"""

from typing import Any, Final

from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

from cms.kernel import db

MOST: Final = 8_000  # statements; the engine's own 500 would be turned over by every other file
COMPILED: Final[LRUCache[Any, Any]] = LRUCache(MOST)
_made = db._engines


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other)


def _engines(raw: str) -> tuple[AsyncEngine, AsyncEngine]:
    engines = _made(raw)
    for engine in engines:
        engine.sync_engine._compiled_cache = COMPILED
    return engines


for dialect in (PGDialectAsync_psycopg, SQLiteDialect_aiosqlite):
    dialect.__eq__ = _is_same  # type: ignore[method-assign]
    dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
db._engines = _engines
