"""Files of the library for people of the desk, whole or a range; only what we made ourselves is ever sent."""

import contextlib
from typing import Final

from aiohttp import hdrs, web

from cms.desk.visit import Visit
from cms.library.models import PastRendition, Rendition

_BLOCK: Final = 1 << 20
_PLAYED: Final = ("video/", "audio/")
# A file is never a document: whatever its bytes are, a browser may only draw or play them.
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def send(visit: Visit, rendition: Rendition | PastRendition, *, is_lasting: bool = True) -> web.StreamResponse:
    """The file; not `is_lasting` is one whose address may show another file tomorrow: the browser asks each time."""
    headers = {**_HEADERS, "ETag": f'"{rendition.sha256[:32]}"'}
    if not is_lasting:
        headers["Cache-Control"] = "private, no-cache"
    if visit.request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    if rendition.media_type.startswith(_PLAYED):
        return await _span(visit, rendition, {**headers, "Accept-Ranges": "bytes"})
    body = await visit.deps.workshop.store.get(rendition.sha256)
    return web.Response(body=body, content_type=rendition.media_type, headers=headers)


async def _span(visit: Visit, rendition: Rendition | PastRendition, headers: dict[str, str]) -> web.StreamResponse:
    """What a player asks for, a MiB at a time: a lecture of gigabytes is never in memory."""
    request, size = visit.request, rendition.size
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(size, size, 1)
    start, stop, _ = wanted.indices(size)
    if start >= stop:
        return web.Response(status=416, headers={**headers, str(hdrs.CONTENT_RANGE): f"bytes */{size}"})
    answer = web.StreamResponse(headers=headers)
    if wanted.start is not None or wanted.stop is not None:
        answer.set_status(206)
        answer.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{size}"
    answer.content_type = rendition.media_type
    answer.content_length = stop - start
    await answer.prepare(request)
    # A viewer who seeks or closes hangs up in the middle; that is no failure.
    with contextlib.suppress(ConnectionResetError):
        for at in range(start, stop, _BLOCK):
            store = visit.deps.workshop.store
            await answer.write(await store.get_range(rendition.sha256, at, min(at + _BLOCK, stop)))
        await answer.write_eof()
    return answer
