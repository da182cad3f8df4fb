"""SQLite answers in the thread that asks: going to another and back is half of what a small statement costs.

The loop still turns once for each statement, so whatever could come between two of them still comes between. What may
wait for another's lock goes to the connection's own thread as in the product; `own_thread` sends everything there.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import aiosqlite
import pytest

_execute: Callable[..., Any] = aiosqlite.Connection._execute
_WAITS = "begin immediate"
_forced = False


async def _at_once(connection: aiosqlite.Connection, ask: Callable[..., Any], *args: Any, **named: Any) -> Any:
    may_wait = bool(args) and isinstance(args[0], str) and args[0].lower().startswith(_WAITS)
    if _forced or may_wait or not connection._running or connection._connection is None:
        return await _execute(connection, ask, *args, **named)
    await asyncio.sleep(0)
    return ask(*args, **named)


aiosqlite.Connection._execute = _at_once  # type: ignore[assignment,method-assign]


@pytest.fixture
def own_thread() -> Iterator[None]:
    """For tests of the driver itself: what happens when a statement is cancelled, lost or slow."""
    global _forced  # noqa: PLW0603 - one worker runs one test at a time
    _forced = True
    yield
    _forced = False
