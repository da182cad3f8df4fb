"""A worker's life that ends at any step, as kill -9 ends it: from then on nothing of it reaches a disk or a wire.

A step is a passage to what outlives the process: the beginning of a write, the moment before its commit and the moment
after it, a request that leaves and an answer that comes. Everything between two steps is memory, which a kill takes
anyway, so that killing at every step is killing everywhere. Error handlers and `finally` blocks of a dead life do run,
but each of their passages raises again.
"""

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import OutboundRefused
from cms.kernel.db import Database


class Killed(BaseException):
    """The process is gone."""


@dataclasses.dataclass(slots=True)
class Fate:
    """Kills at the `at`-th step (1 is the first); 0 lets live."""

    at: int = 0
    steps: int = 0
    is_dead: bool = False

    def step(self) -> None:
        self.alive()
        self.steps += 1
        if self.steps == self.at:
            self.is_dead = True
        self.alive()

    def alive(self) -> None:
        if self.is_dead:
            raise Killed


class MortalDatabase(Database):
    """The connections of another, for one life."""

    def __init__(self, inner: Database, fate: Fate) -> None:
        self.__dict__.update(inner.__dict__)
        self._fate = fate

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        self._fate.alive()
        async with super().read() as session:
            yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        self._fate.step()
        async with super().write() as session:
            yield session
            self._fate.step()
        self._fate.step()


class Platform(Protocol):
    """What of a simulator a worker can reach."""

    async def handle(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]: ...


@dataclasses.dataclass(slots=True)
class MortalWire:
    """Implements `cms.contract.Outbound` over a simulator, for one life.

    `effects` tells how many side effects the platform has seen; `lost` hears how many happened without our knowing.
    """

    platform: Platform
    fate: Fate
    effects: Callable[[], Mapping[str, int]]
    lost: Callable[[str, int], None]

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.fate.step()
        before = self.effects()
        arrived = False
        try:
            status, named, data = await self._asked(method, url, headers, body)
            self.fate.step()
            arrived = status == 200 and data.rstrip().endswith(b"}") and b'"errcode": -1' not in data
        finally:
            if not arrived:
                for name, count in self.effects().items():
                    self.lost(name, count - before.get(name, 0))
        if status in {301, 302, 303, 307, 308}:
            raise OutboundRefused("publishing.outbound_refused", why="scheme")
        assert len(data) <= limit
        return status, named, data

    async def _asked(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            return await self.platform.handle(method, url, headers, body)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
