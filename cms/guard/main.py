"""The guard as a process: open, serve, tick, stop. Being killed is an ordinary way to stop."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from cms.guard.core import Core, GuardSettings
from cms.guard.server import GuardServer
from cms.guard.service import Guard

log = structlog.get_logger()

_TICK: Final = 30.0


async def run(settings: GuardSettings, clock: Callable[[], int], stop: asyncio.Event) -> None:
    """Serves until `stop` is set, then finishes what was begun. `clock` gives milliseconds.

    Raises:
        GuardRefused: what keeps a guard from starting (see `Core`).
    """
    core = await asyncio.to_thread(Core, settings, clock)
    guard = Guard(core)
    server = GuardServer(guard, settings.socket, shared=settings.shared)
    await server.start()
    log.info("guard.ready", domain=settings.domain, records=core.journal.seq)
    try:
        while not stop.is_set():
            try:
                async with asyncio.timeout(_TICK):
                    await stop.wait()
            except TimeoutError:
                await _tick(core)
    finally:
        await server.stop()
        await asyncio.to_thread(core.close)


async def _tick(core: Core) -> None:
    """Upkeep: the reserve back, late files written, the copy for another machine, documents renewed in time."""
    async with core.lock:
        await asyncio.to_thread(core.reserve.fill)
        await asyncio.to_thread(core.renew)
        await asyncio.to_thread(core.publish)
        await asyncio.to_thread(core.write_bundle)
