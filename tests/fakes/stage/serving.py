"""A simulator on a real port of the loopback, as an aiohttp application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

from tests.fakes.stage.messages import request_of
from tests.fakes.stage.simulator import Simulator

# Above the largest single upload of either platform, so that a too large one is told so by the platform itself.
BODY_LIMIT = 330 * 2**20
PULSE = 0.1
CALLBACK_SECONDS = 5.0
SIMULATOR = web.AppKey("simulator", Simulator)


def application(simulator: Simulator) -> web.Application:
    app = web.Application(client_max_size=BODY_LIMIT)
    app[SIMULATOR] = simulator
    app.router.add_route("*", "/{path:.*}", _answer)
    app.cleanup_ctx.append(_alive)
    return app


async def _answer(request: web.Request) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    body = await request.read()
    asked = request_of(request.method, str(request.rel_url), dict(request.headers), body, peer=request.remote or "")
    try:
        answer = simulator.perform(asked)
    except ConnectionResetError:
        if request.transport:
            request.transport.abort()
        raise
    if answer.delay:
        await asyncio.sleep(answer.delay)
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


async def _alive(app: web.Application) -> AsyncIterator[None]:
    """What is planned happens, and what is to be sent goes out, also when nobody asks."""
    task = asyncio.create_task(_live(app[SIMULATOR]))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _live(simulator: Simulator) -> None:
    timeout = aiohttp.ClientTimeout(total=CALLBACK_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            try:
                async with session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                    return answer.status, await answer.content.read(65536)
            except aiohttp.ClientError as problem:
                raise OSError(str(problem)) from problem

        while True:
            simulator.settle()
            await simulator.outbox.deliver(simulator.clock.now(), send)
            await asyncio.sleep(PULSE)


@contextlib.asynccontextmanager
async def serving(simulator: Simulator, port: int = 0) -> AsyncIterator[str]:
    """Serves on a free port of the loopback, or a given one; yields the base URL."""
    runner = web.AppRunner(application(simulator), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
