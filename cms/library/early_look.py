"""The first look at a film that is still being read: begun by what its container claims, kept once that is found true.

Whoever takes a film in has it before any worker knows of it. Of the seconds until its begin can be watched, reading it
to its end and hashing it are a third, and a decoder has the cores' other half meanwhile.
"""

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.library.models import Rendition
from cms.library.upload import Workshop
from media.errors import MediaRefused
from media.first_look import RUNG, same_look
from media.house import FIRST_LOOK, SEGMENT_MS
from media.sandbox import Sandbox
from media.store import StoredFile
from media.video import VideoFacts

SHORT: Final = 1  # segments: what is there in a second or two
# Of a film that is shorter the look shows the end, which is known once it is read; it is made as quickly then.
_LEAST_MS: Final = SEGMENT_MS + 1_500
# What somebody who uploads waits for longer than for the check: twice the longest look measured, at 4K HEVC.
_PATIENCE: Final = 10.0
_TYPE: Final = "video/mp4"

log = logger("library.early_look")


class EarlyLook:
    """The look at one film in a private folder. Make one with `early_look`."""

    def __init__(self, workshop: Workshop, path: Path) -> None:
        self._workshop, self._path = workshop, path
        self._claimed: VideoFacts | None = None
        self._making: asyncio.Task[StoredFile] | None = None
        self._wanted = asyncio.Event()

    def begin(self, claimed: VideoFacts) -> None:
        """Begins where it would not have to wait for another's."""
        sandbox = self._workshop.looking
        if sandbox is not None and not sandbox.is_busy and claimed.last_ms >= _LEAST_MS:
            self._claimed, self._making = claimed, asyncio.create_task(self._made(claimed, sandbox))

    async def kept(self, found: VideoFacts) -> StoredFile | None:
        """The stored look of an accepted film; None leaves it to the worker."""
        if self._making is None or self._claimed is None or not same_look(self._claimed, found, segments=SHORT):
            return None
        self._wanted.set()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._making
        except TimeoutError:
            log.info("an early look takes too long")
        except MediaRefused as refused:
            # The worker meets the same and says so on the card.
            log.info("no early look", code=refused.code)
        return None

    async def close(self) -> None:
        """Ends what nobody will show."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def _made(self, claimed: VideoFacts, sandbox: Sandbox) -> StoredFile:
        shop = self._workshop
        given = shop.tools.look(
            self._path, claimed, segments=SHORT, sandbox=sandbox, work=shop.work, limits=shop.video_limits
        )
        async with given as film:
            await self._wanted.wait()
            return await shop.store.put(film, media_type=_TYPE)


@contextlib.asynccontextmanager
async def early_look(workshop: Workshop, path: Path) -> AsyncIterator[EarlyLook]:
    look = EarlyLook(workshop, path)
    try:
        yield look
    finally:
        await look.close()


def look_row(asset: uuid.UUID, stored: StoredFile, *, now: dt.datetime) -> Rendition:
    return Rendition(
        id=uuid7(now),
        asset_id=asset,
        name=FIRST_LOOK,
        sha256=stored.sha256,
        size=stored.size,
        media_type=_TYPE,
        width=RUNG.width,
        height=RUNG.height,
        chunks=list(stored.chunks),
    )
