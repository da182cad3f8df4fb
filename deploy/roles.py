"""One process, one role: opens what the role needs, serves until a signal, closes in order."""

import asyncio
import contextlib
import functools
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Final

from aiohttp import web

from cms.kernel.clock import SystemClock, to_ms
from cms.kernel.log import configure, logger
from cms.kernel.metrics import CORE, Metric, Metrics
from deploy.settings import ROLES, Role, Settings
from screens.metrics import SCREENS

# A loop that was held up for longer than this delays recalls.
_LAG_EVERY: Final = 1.0

log = logger("deploy")


def run_role(settings: Settings, role: Role, number: int = 1, *, listener: int | None = None) -> None:
    """Runs until SIGTERM or SIGINT; `number` tells several processes of one role apart. Blocking.

    `listener` is a gateway's: the descriptor of a socket that listens already.
    """
    configure(role=role, level=settings.log_level, json_lines=settings.log_json)
    # Everything a process writes holds pieces or keys of an office.
    os.umask(0o077)
    with _runner() as loop:
        loop.run(_until_told(settings, role, number, listener))


async def _until_told(settings: Settings, role: Role, number: int, listener: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for told_to in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told_to, stop.set)
    metrics = Metrics(METRICS)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch_lag(metrics))
        told = await _metrics_site(settings, metrics, place=metrics_place(role, number))
        try:
            start = functools.partial(_gateway, listener=listener) if role == "gateway" else _START[role]
            await start(settings, metrics, stop)
        finally:
            watching.cancel()
            if told is not None:
                await told.cleanup()


def _runner() -> asyncio.Runner:
    """A runner with uvloop where it is installed: a third less CPU per connection."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


# Each role imports its own parts: the others start sooner, and the guard never loads the database.


def read(role: Role) -> None:
    """Reads what a role is made of, and nothing else, so that forks of this process begin with it."""
    import_module(_PARTS[role])
    if role == "guard":
        import_module("deploy.guard_place")
    else:
        _settle()


def _settle() -> None:
    """What each role would do at its begin for itself: reads the channels, and ties the tables to their classes."""
    from sqlalchemy.orm import configure_mappers  # noqa: PLC0415

    from cms.publishing.registry import BadChannel, load_channels  # noqa: PLC0415

    # The roles that need the channels say what is wrong with one.
    with contextlib.suppress(BadChannel):
        load_channels()
    configure_mappers()


async def _guard(settings: Settings, _metrics: Metrics, stop: asyncio.Event) -> None:
    from cms.guard.main import run  # noqa: PLC0415
    from deploy.guard_place import guard_settings  # noqa: PLC0415

    clock = SystemClock()
    await run(guard_settings(settings), lambda: to_ms(clock.now()), stop)


async def _gateway(settings: Settings, metrics: Metrics, stop: asyncio.Event, *, listener: int | None = None) -> None:
    from deploy.gateway import run_screens  # noqa: PLC0415

    await run_screens(settings, metrics, stop, listener=listener)


async def _worker(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.working import run_worker  # noqa: PLC0415

    await run_worker(settings, metrics, stop)


async def _web(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.web import run_web  # noqa: PLC0415

    await run_web(settings, metrics, stop)


async def _tv_out(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.tv_out import run_tv_out  # noqa: PLC0415

    await run_tv_out(settings, metrics, stop)


async def _live_in(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.live_in import run_live_in  # noqa: PLC0415

    await run_live_in(settings, metrics, stop)


async def _watch_lag(metrics: Metrics) -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(_LAG_EVERY)
        metrics.observe("yunping_loop_lag_seconds", max(0.0, loop.time() - before - _LAG_EVERY))


def metrics_place(role: Role, number: int) -> int:
    """How far after the first port a process tells its metrics."""
    return ROLES.index(role) if number == 1 else len(ROLES) + number - 2


async def _metrics_site(settings: Settings, metrics: Metrics, *, place: int) -> web.AppRunner | None:
    """``/metrics`` on loopback only: it names routes, codes and counts of the installation."""
    if not settings.metrics_port:
        return None

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.router.add_get("/metrics", answer)
    site_runner = web.AppRunner(app, access_log=None)
    await site_runner.setup()
    port = settings.metrics_port + place
    try:
        await web.TCPSite(site_runner, "127.0.0.1", port).start()
    except OSError as error:
        log.warning("metrics have no port", port=port, error=str(error))
    return site_runner


METRICS: Final[tuple[Metric, ...]] = (*CORE, *SCREENS)
_PARTS: Final[Mapping[Role, str]] = {
    "guard": "cms.guard.main",
    "gateway": "deploy.gateway",
    "worker": "deploy.working",
    "web": "deploy.web",
    "tv-out": "deploy.tv_out",
    "live-in": "deploy.live_in",
}
_START: Final[Mapping[Role, Callable[[Settings, Metrics, asyncio.Event], Awaitable[None]]]] = {
    "guard": _guard,
    "gateway": _gateway,
    "worker": _worker,
    "web": _web,
    "tv-out": _tv_out,
    "live-in": _live_in,
}
