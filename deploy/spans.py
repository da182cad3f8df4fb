"""A channel's answer that holds files of the store: sent block by block, never whole in memory."""

import contextlib
import functools
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from aiohttp import hdrs, web

from cms.contract import Reply, Span
from cms.kernel.log import logger
from deploy.public import SECURITY
from media.errors import MediaRefused
from media.store import Store
from media.threads import acquired, in_thread

_BLOCK: Final = 256 * 1024

log = logger("serving")


async def streamed(store: Store, request: web.Request, reply: Reply, headers: Mapping[str, str]) -> web.StreamResponse:
    """Sends the parts of a reply one after another; 503 when a file of it is not there."""
    response = web.StreamResponse(status=reply.status, headers=headers)
    response.content_length = sum(len(p) if isinstance(p, bytes) else p.length for p in reply.parts)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    # The first block before the head goes out: a file that is not there must not look like a whole answer.
    # Closed here and not by the collector: a viewer who goes away in the middle must not keep a file open.
    async with contextlib.aclosing(blocks_of(store, reply)) as blocks:
        try:
            first = await anext(blocks, b"")
        except (FileNotFoundError, MediaRefused):
            log.warning("a file of a channel is missing", path=request.path)
            return web.Response(status=503, headers={**SECURITY, hdrs.RETRY_AFTER: "2"})
        await response.prepare(request)
        await response.write(first)
        async for block in blocks:
            await response.write(block)
        await response.write_eof()
    return response


async def blocks_of(store: Store, reply: Reply) -> AsyncGenerator[bytes, None]:
    """The parts one after another; small ones together with what follows, so that one packet can carry both."""
    held = b""
    for part in reply.parts:
        if isinstance(part, bytes):
            held += part
            continue
        async with contextlib.aclosing(span_of(store, part)) as span:
            async for block in span:
                yield held + block
                held = b""
    if held:
        yield held


async def span_of(store: Store, span: Span) -> AsyncGenerator[bytes, None]:
    path = store.local_path(span.sha256)
    if path is None:
        for start in range(span.start, span.start + span.length, _BLOCK * 4):
            yield await store.get_range(span.sha256, start, min(start + _BLOCK * 4, span.start + span.length))
        return
    file = await acquired(functools.partial(_opened, path, span.start), undo=_closed)
    try:
        left = span.length
        while left and (block := await in_thread(file.read, min(_BLOCK, left))):
            left -= len(block)
            yield block
    finally:
        await in_thread(file.close)


def _opened(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file


def _closed(file: BinaryIO) -> None:
    file.close()
