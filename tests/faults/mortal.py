"""A life that ends where fate says: `kill -9` of one's own process before, between and after what cannot be undone."""

import contextlib
import dataclasses
import datetime as dt
import mmap
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, NoReturn, Self

from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import Outbound
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.db import Database

# The header by which the platform's side knows which call it was.
CALL: Final = "x-call"
_SIZE: Final = 4096
_NOW: Final = 8


class Slate:
    """A page of memory that a worker and its platform share: the time, and which answers the worker has got.

    It outlives whoever is killed while writing to it.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    @classmethod
    def at(cls, path: Path) -> Self:
        """Opens it, and makes it where it is not (blocking)."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(handle, _SIZE)
            return cls(mmap.mmap(handle, _SIZE))
        finally:
            os.close(handle)

    def tell(self, now: dt.datetime) -> None:
        self._memory[:_NOW] = to_ms(now).to_bytes(_NOW, "little")

    def now(self) -> dt.datetime:
        return from_ms(int.from_bytes(self._memory[:_NOW], "little"))

    def wipe(self) -> None:
        self._memory[_NOW:] = bytes(_SIZE - _NOW)

    def got(self, call: int) -> None:
        self._memory[_NOW + call] = 1

    def has(self, call: int) -> bool:
        return self._memory[_NOW + call] == 1


@dataclasses.dataclass(slots=True)
class SlateClock:
    """The time as the platform tells it."""

    slate: Slate
    start: dt.datetime

    def now(self) -> dt.datetime:
        return self.slate.now()

    def monotonic(self) -> float:
        return (self.slate.now() - self.start).total_seconds()


@dataclasses.dataclass(slots=True)
class Fate:
    """Kills this process at the `at`-th step (1 is the first); 0 lets live."""

    at: int = 0
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            _die()


class MortalDatabase(Database):
    """Steps are the opening of a write, the moment before its commit, and the moment after."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        self._fate.step()
        async with super().write() as session:
            yield session
            self._fate.step()
        self._fate.step()


@dataclasses.dataclass(slots=True)
class MortalWire:
    """Implements `cms.contract.Outbound` over the house's own client; steps are before a call and after its answer."""

    inner: Outbound
    fate: Fate
    slate: Slate
    calls: int = 0

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.fate.step()
        self.calls += 1
        call = self.calls
        named = {**(headers or {}), CALL: str(call)}
        status, answered, data = await self.inner.request(method, url, body=body, headers=named, limit=limit)
        self.fate.step()
        if status == 200 and data.rstrip().endswith(b"}") and b'"errcode": -1' not in data:
            self.slate.got(call)
        return status, answered, data


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    # It is on its way: nothing more is done here.
    while True:
        signal.pause()
