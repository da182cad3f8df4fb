"""Blocking work off the event loop that is never left running behind a cancelled caller."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `call` in a thread; on cancellation wait for it before passing the cancellation on.

    `asyncio.to_thread` alone would let clean-up close a file that the thread still writes to.
    """
    work = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await _settle(work)
        raise


async def acquired(call: Callable[[], T], *, undo: Callable[[T], object]) -> T:
    """As `in_thread` for something that must be given back: a cancelled caller never sees it, so `undo` runs here."""
    work = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await _settle(work)
        if not work.cancelled() and work.exception() is None:
            await in_thread(undo, work.result())
        raise


async def together(*steps: Coroutine[Any, Any, T]) -> list[T]:
    """All at once; what ends one of them badly ends the others before it is raised."""
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _settle(work: asyncio.Future[T]) -> None:
    while not work.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([work])
    if not work.cancelled():
        work.exception()  # seen, so that the loop does not report it as never retrieved
