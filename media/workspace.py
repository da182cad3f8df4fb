"""Private temporary folders that are gone when their user is, and uploads caught in them."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from media.durable import refused_when_full
from media.errors import MediaRefused
from media.sources import Source, blocks
from media.threads import in_thread

_PREFIX: Final = "intake-"


@contextlib.asynccontextmanager
async def private_folder(work: Path) -> AsyncIterator[Path]:
    """A new empty folder below `work`, removed with all content at the end."""
    with refused_when_full():
        folder = Path(await in_thread(tempfile.mkdtemp, prefix=_PREFIX, dir=work))
    try:
        yield folder
    finally:
        await in_thread(shutil.rmtree, folder, ignore_errors=True)


async def caught(source: Source, path: Path, *, limit: int) -> int:
    """Write an upload to a new file; returns its size in bytes.

    Raises:
        MediaRefused: `media.too_large` as soon as the limit is passed, `media.disk_full`.
    """
    with refused_when_full():
        file = await in_thread(path.open, "xb")
    size = 0
    try:
        async for block in blocks(source):
            size += len(block)
            if size > limit:
                raise MediaRefused("media.too_large", limit=limit >> 20)
            await in_thread(_append, file, block)
    finally:
        await in_thread(file.close)
    return size


def _append(file: BinaryIO, block: bytes) -> None:
    with refused_when_full():
        file.write(block)
