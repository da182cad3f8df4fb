"""Private temporary folders that are gone when their user is, and uploads caught in them."""

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from io import FileIO
from pathlib import Path
from typing import Any, Final

from media.durable import refused_when_full
from media.errors import MediaRefused
from media.sources import Source, blocks
from media.threads import acquired, in_thread

_PREFIX: Final = "intake-"


@contextlib.asynccontextmanager
async def private_folder(work: Path) -> AsyncIterator[Path]:
    """A new empty folder below `work`, removed with all content at the end."""
    with refused_when_full():
        folder = await acquired(functools.partial(tempfile.mkdtemp, prefix=_PREFIX, dir=work), undo=_remove)
    try:
        yield Path(folder)
    finally:
        await in_thread(_remove, folder)


async def caught(source: Source, path: Path, *, limit: int, reserve: int, hasher: Any = None) -> int:
    """Write an upload to a new file, leaving `reserve` bytes free on the volume; returns its size in bytes.

    A `hasher` of `hashlib` is given every byte on its way.

    Raises:
        MediaRefused: `media.too_large` as soon as the limit is passed, `media.disk_full`.
    """
    with refused_when_full():
        file = await acquired(functools.partial(_create, path), undo=FileIO.close)
    size = 0
    try:
        async for block in blocks(source):
            size += len(block)
            if size > limit:
                raise MediaRefused("media.too_large", limit=limit >> 20)
            await in_thread(_append, file, block, reserve, hasher)
    finally:
        await in_thread(file.close)
    return size


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _create(path: Path) -> FileIO:
    return FileIO(path, "xb")


def _append(file: FileIO, block: bytes, reserve: int, hasher: Any) -> None:
    if hasher is not None:
        hasher.update(block)
    with refused_when_full():
        room = os.fstatvfs(file.fileno())
        if room.f_bavail * room.f_frsize < reserve + len(block):
            raise MediaRefused("media.disk_full")
        rest = memoryview(block)
        while rest:
            rest = rest[file.write(rest) :]
