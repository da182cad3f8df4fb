"""One process, one role: opens what the role needs, serves until a signal, closes in order."""

import asyncio
import os
import signal
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from cms.guard.main import run as run_guard_process
from cms.kernel.clock import SystemClock, to_ms
from cms.kernel.log import configure, logger
from cms.kernel.metrics import Metrics
from deploy import tls
from deploy.guarding import GuardedScreens, guard_settings
from deploy.installation import Installation, all_metrics, opened
from deploy.settings import ROLES, Role, Settings
from screens.main import GatewaySettings, run_gateway, runner

# A loop that was held up for longer than this delays recalls.
_LAG_EVERY: Final = 1.0

log = logger("deploy")


def run_role(settings: Settings, role: Role) -> None:
    """Runs until SIGTERM or SIGINT. Blocking."""
    configure(role=role, level=settings.log_level, json_lines=settings.log_json)
    # Everything a process writes holds pieces or keys of an office.
    os.umask(0o077)
    with runner() as loop:
        loop.run(_until_told(settings, role))


async def _until_told(settings: Settings, role: Role) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = all_metrics()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch_lag(metrics))
        told = await _metrics_site(settings, role, metrics)
        try:
            await _START[role](settings, metrics, stop)
        finally:
            watching.cancel()
            if told is not None:
                await told.cleanup()


async def _guard(settings: Settings, _metrics: Metrics, stop: asyncio.Event) -> None:
    clock = SystemClock()
    await run_guard_process(guard_settings(settings), lambda: to_ms(clock.now()), stop)


async def _gateway(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    async with opened(settings, {}, metrics) as here:
        await run_gateway(
            gateway_settings(here),
            database=here.db,
            signer=GuardedScreens(here.guard, here.tombstones),
            clock=here.clock,
            stop=stop,
            wake=here.wake,
        )


def gateway_settings(here: Installation) -> GatewaySettings:
    settings = here.settings
    host = settings.gateway.partition("://")[2].partition("/")[0]
    return GatewaySettings(
        host=settings.host,
        port=settings.gateway_port,
        hosts=(host,),
        origins=(*settings.origins, *_BOX_ORIGINS, settings.public),
        media=settings.media,
        tls=tls_context(here),
        own_process=True,
    )


def tls_context(here: Installation) -> ssl.SSLContext | None:
    return tls.context(here.settings, here.clock.now())


async def _worker(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.working import run_worker  # noqa: PLC0415 - only this role needs the renderers

    await run_worker(settings, metrics, stop)


async def _web(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    from deploy.web import run_web  # noqa: PLC0415 - only this role needs the desk

    await run_web(settings, metrics, stop)


async def _watch_lag(metrics: Metrics) -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(_LAG_EVERY)
        metrics.observe("yunping_loop_lag_seconds", max(0.0, loop.time() - before - _LAG_EVERY))


async def _metrics_site(settings: Settings, role: Role, metrics: Metrics) -> web.AppRunner | None:
    """``/metrics`` on loopback only: it names routes, codes and counts of the installation."""
    if not settings.metrics_port:
        return None

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.router.add_get("/metrics", answer)
    site_runner = web.AppRunner(app, access_log=None)
    await site_runner.setup()
    port = settings.metrics_port + ROLES.index(role)
    try:
        await web.TCPSite(site_runner, "127.0.0.1", port).start()
    except OSError as error:
        log.warning("metrics have no port", port=port, error=str(error))
    return site_runner


# The loopback servers of installed screens (screens/kiosk).
_BOX_ORIGINS: Final = ("http://127.0.0.1:8790", "http://localhost:8790")
_START: Final[Mapping[Role, Callable[[Settings, Metrics, asyncio.Event], Awaitable[None]]]] = {
    "guard": _guard,
    "gateway": _gateway,
    "worker": _worker,
    "web": _web,
}
