"""What comes in of a source while it is recorded: cut into parts of a few seconds, each kept as soon as it is whole.

A process that is killed loses the part it was at. Nothing here is waited for by whoever brings the bytes: a store that
is slow costs parts of the recording and never the air.
"""

import asyncio
import os
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cms.kernel.clock import Clock, to_ms
from media.house import SEGMENT_MS
from media.live import LOST_MS

PART_BYTES: Final = 8 << 20
PART_MS: Final = SEGMENT_MS
# Parts that wait for the store; more of them are dropped.
WAITING: Final = 8
# Of one recording: eight hours at 17 Mbit/s. What comes later is not kept.
MOST_BYTES: Final = 64 << 30
# The air, recall and the database live on the same volume: a recording leaves them eight times what an upload does.
RESERVE: Final = 2 << 30


@dataclass(frozen=True, slots=True)
class Heard:
    """A part with its bytes; `data` is empty for one that had to be dropped."""

    order: uuid.UUID
    stretch: int
    at: int
    until: int
    data: bytes


KeepPart = Callable[[Heard], Awaitable[None]]


class Tape:
    """The recording of one source. `keep` is given one part after the other, in their order."""

    def __init__(self, clock: Clock, keep: KeepPart) -> None:
        self._clock, self._keep = clock, keep
        self._order: uuid.UUID | None = None
        self._held: list[bytes] = []
        self._size, self._at, self._heard, self._stretch = 0, 0, 0, 0
        self._waiting: deque[Heard] = deque()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def order(self) -> uuid.UUID | None:
        """The order that is recorded."""
        return self._order

    def want(self, order: uuid.UUID | None) -> None:
        """Records for this order from the next byte on, or for none."""
        if order != self._order:
            self.cut()
            self._order = order

    def hear(self, block: bytes) -> None:
        """The next bytes."""
        if self._order is None:
            return
        now = to_ms(self._clock.now())
        if now - self._heard > LOST_MS:
            self.cut()
        if not self._held:
            self._at = max(now, self._heard + 1)  # no two parts begin in the same millisecond
        self._stretch = self._stretch or self._at
        self._held.append(block)
        self._size += len(block)
        self._heard = max(now, self._at)
        if self._size >= PART_BYTES or self._heard - self._at >= PART_MS:
            self._part()

    def cut(self) -> None:
        """The signal broke off, or its receiver begins anew: what comes next is another stretch."""
        self._part()
        self._stretch = 0

    async def close(self) -> None:
        """Keeps what there is and ends."""
        self.want(None)
        if self._keeping is not None:
            await self._keeping

    def _part(self) -> None:
        if not self._held or self._order is None:
            return
        data = b"".join(self._held)
        self._held, self._size = [], 0
        is_full = len(self._waiting) >= WAITING
        self._waiting.append(Heard(self._order, self._stretch, self._at, self._heard, b"" if is_full else data))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            await self._keep(self._waiting[0])
            self._waiting.popleft()


def has_room(work: Path) -> bool:
    """Whether the volume of this folder has room for a recording beside what must go on."""
    room = os.statvfs(work)
    return room.f_bavail * room.f_frsize >= RESERVE
