"""Where bytes come from: memory, a file or an upload under way, read as blocks of about 1 MiB."""

import functools
from collections.abc import AsyncIterator
from io import FileIO
from pathlib import Path
from typing import Final

from media.threads import acquired, in_thread

BLOCK_BYTES: Final = 1 << 20

Source = bytes | Path | AsyncIterator[bytes]


async def blocks(source: Source) -> AsyncIterator[bytes]:
    """Blocks of a source; small pieces are joined, as a thread hop each would cost more than hashing."""
    if isinstance(source, bytes):
        if source:
            yield source
        return
    if isinstance(source, Path):
        file = await acquired(functools.partial(FileIO, source), undo=FileIO.close)
        try:
            while block := await in_thread(file.read, BLOCK_BYTES):
                yield block
        finally:
            await in_thread(file.close)
        return
    pending = bytearray()
    async for piece in source:
        pending += piece
        if len(pending) >= BLOCK_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)
