"""All platforms of a run behind one port of the loopback: the one whose turn it is answers, in its own time."""

import collections
import contextlib
import signal
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Self

from aiohttp import web

from tests.fakes.stage.messages import request_of
from tests.fakes.stage.serving import BODY_LIMIT
from tests.fakes.stage.simulator import PATIENCE
from tests.faults.mortal import CALL, Slate
from tests.faults.post_fakes import Fake
from tests.faults.post_life import HOST


class Stage:
    """Counts what a worker's calls did, by the number that each call carries."""

    def __init__(self, slate: Slate) -> None:
        self.slate = slate
        self.port = 0
        self.fake: Fake | None = None
        self._done: dict[int, collections.Counter[str]] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, slate: Slate) -> AsyncIterator[Self]:
        stage = cls(slate)
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", stage._answer)
        # A client that was killed has gone in the middle of its call, which the platform does not notice.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            stage.port = runner.addresses[0][1]
            yield stage
        finally:
            await runner.cleanup()

    def begin(self, fake: Fake) -> None:
        """The next life is one with this platform."""
        self.fake = fake
        self._done.clear()
        self.slate.wipe()
        self.slate.tell(fake.simulator.clock.now())

    def lost(self) -> collections.Counter[str]:
        """The side effects of this life whose answer the worker never got."""
        found: collections.Counter[str] = collections.Counter()
        for call, done in self._done.items():
            if not self.slate.has(call):
                found += done
        return found

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        assert self.fake is not None
        fake, body = self.fake, await request.read()
        asked = request_of(request.method, str(request.rel_url), dict(request.headers), body, peer=request.remote or "")
        before = fake.counted()
        try:
            answer = fake.simulator.perform(asked)
            fake.simulator.advance(min(answer.delay, PATIENCE))
        except ConnectionResetError:
            answer = None
        self._done[int(request.headers.get(CALL, 0))] = fake.counted() - before
        self.slate.tell(fake.simulator.clock.now())
        if answer is None or answer.delay >= PATIENCE:
            if request.transport:
                request.transport.abort()
            return web.Response()
        # The platform's own time: a worker goes by it, and aiohttp would say this machine's.
        said = {"Date": format_datetime(fake.simulator.clock.now(), usegmt=True)}
        return web.Response(status=answer.status, body=answer.body, headers={**said, **answer.headers})


def was_killed(end: int) -> bool:
    """Whether a life ended by kill -9; anything else but a good end is a defect of the worker."""
    assert end in {0, -signal.SIGKILL}, f"the worker ended with {end}"
    return end == -signal.SIGKILL
