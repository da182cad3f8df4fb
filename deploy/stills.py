"""What channels show at this moment, as pictures for the wall: one decode at a time, and never more than a budget."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cms.kernel.clock import Clock
from media.errors import MediaRefused
from media.sandbox import Sandbox
from media.still import first_picture

# Of one channel in seconds; and between two decodes of any: a tenth of a second of a core each.
FRESH: Final = 24.0
BETWEEN: Final = 0.5
_MOST: Final = 1_000

Read = Callable[[str, str], Awaitable[bytes | None]]
"""The beginning and the segment that a channel (its kind, its code) shows now; None when there is none."""


@dataclass(slots=True)
class Stills:
    """Implements `cms.desk.deps.Still`. A channel that was asked for lately gets the picture of then."""

    read: Read
    sandbox: Sandbox
    work: Path
    clock: Clock
    _kept: dict[str, tuple[float, bytes | None]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last: float = float("-inf")

    async def still(self, kind: str, code: str) -> bytes | None:
        """A JPEG of what the channel shows; None where nothing can be shown."""
        known = self._kept.get(code)
        if known is not None and self.clock.monotonic() - known[0] < FRESH:
            return known[1]
        async with self._turn:
            now, known = self.clock.monotonic(), self._kept.get(code)
            if known is not None and now - known[0] < FRESH:
                return known[1]
            await asyncio.sleep(max(0.0, min(BETWEEN, self._last + BETWEEN - now)))
            picture: bytes | None = None
            segment = await self.read(kind, code)
            if segment is not None:
                with contextlib.suppress(MediaRefused):
                    picture = await first_picture(segment, sandbox=self.sandbox, work=self.work)
            self._last = self.clock.monotonic()
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[code] = (self._last, picture)
            return picture
