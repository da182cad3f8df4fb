"""The public site and its files, out of memory: one lookup, one tombstone check, bytes by hash.

Nothing here needs the database or renders anything. Every path that can be served passes `_allowed`.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import hdrs, web

from cms.publishing.strip import served
from cms.publishing.tree import ASSETS, Entry
from cms.publishing.tree_reader import TreeReader
from deploy.stored_file import StoredFile
from media.store import Store

_POLICY: Final = (
    "default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
)
SECURITY: Final = {
    "Content-Security-Policy": _POLICY + "media-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# A page with a film has one script of ours, which lays ranges of its files together in the browser.
FILM: Final = SECURITY | {
    "Content-Security-Policy": _POLICY + "media-src 'self' blob:; script-src 'self'; connect-src 'self'"
}
_SCRIPT: Final = b'<script type="module" src="/static/'
# A recall must be seen within seconds, so pages are asked for again; hashed files never change under their name.
PAGE_CACHE: Final = "public, max-age=2"
FILE_CACHE: Final = "public, max-age=31536000, immutable"
_MEMORY: Final = 256 * 1024 * 1024
_WORTH_PACKING: Final = 600


class Tombstones(Protocol):
    """What was recalled, as every serving path asks."""

    @property
    def releases(self) -> frozenset[str]: ...

    @property
    def assets(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class _Body:
    """Bytes ready to send: plain and packed, and their tag."""

    plain: bytes
    packed: bytes | None
    tag: str

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.packed or b"")


@dataclass(frozen=True, slots=True)
class ErrorPages:
    """The pages for what is not there and for what was taken back."""

    not_found: bytes
    gone: bytes


class PublicSite:
    """Serves the tree that `reader` keeps in memory."""

    def __init__(
        self,
        reader: TreeReader,
        store: Store,
        tombstones: Tombstones,
        pages: ErrorPages,
        *,
        more: Callable[[str], Awaitable[Entry | None]] | None = None,
    ) -> None:
        """`more` finds files by hash that no channel published: those of signed players."""
        self._more = more
        self._reader = reader
        self._store = store
        self._tombstones = tombstones
        self._pages = pages
        self._memory: OrderedDict[str, _Body] = OrderedDict()
        self._held = 0

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A page, feed or stylesheet."""
        entry = self._reader.get(request.path)
        if entry is None:
            return self._missing(request)
        recalled = self._tombstones.releases
        if not self._allowed(entry):
            return self._gone()
        body = await self._body(entry, recalled.intersection(entry.releases))
        if body is None:
            return self._gone()
        # Named by their hash: those of the site, and those of a channel below `/{kind}/_/`.
        lasting = request.path.startswith("/static/") or "/_/" in request.path
        return _answer(request, body, entry.media_type, cache=FILE_CACHE if lasting else PAGE_CACHE)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A file by hash, whole or a range of it; screens on other origins may read it."""
        entry = self._reader.get(request.path)
        if entry is None and self._more is not None:
            entry = await self._more(request.path)
        if entry is None:
            return self._missing(request)
        if not self._allowed(entry):
            return self._gone()
        headers: dict[str, str] = {
            **SECURITY,
            hdrs.CONTENT_TYPE: entry.media_type,
            hdrs.CACHE_CONTROL: FILE_CACHE,
            hdrs.ETAG: f'"{entry.sha256}"',
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if request.headers.get(hdrs.IF_NONE_MATCH) == headers[hdrs.ETAG]:
            return web.Response(status=304, headers=headers)
        path = self._store.local_path(entry.sha256)
        if path is not None:
            return StoredFile(path, headers=headers)
        return await self._remote(request, entry, headers)

    def _allowed(self, entry: Entry) -> bool:
        return not entry.is_hidden(self._tombstones.releases, self._tombstones.assets)

    async def _body(self, entry: Entry, hidden: frozenset[str]) -> _Body | None:
        key = entry.sha256 + "".join(sorted(hidden))
        found = self._memory.get(key)
        if found is not None:
            self._memory.move_to_end(key)
            return found
        data = await self._store.get(entry.sha256)
        plain = served(data, media_type=entry.media_type, releases=entry.releases, recalled=hidden)
        if plain is None:
            return None
        packed = gzip.compress(plain, 6, mtime=0) if len(plain) > _WORTH_PACKING else None
        body = _Body(plain, packed, f'"{hashlib.sha256(plain).hexdigest()[:32]}"')
        self._keep(key, body)
        return body

    def _keep(self, key: str, body: _Body) -> None:
        self._memory[key] = body
        self._held += body.size
        while self._held > _MEMORY:
            _, dropped = self._memory.popitem(last=False)
            self._held -= dropped.size

    async def _remote(self, request: web.Request, entry: Entry, headers: Mapping[str, str]) -> web.StreamResponse:
        wanted = request.http_range
        if wanted.start is None and wanted.stop is None:
            response = web.StreamResponse(headers=headers)
            response.content_length = entry.size
            await response.prepare(request)
            async for block in self._store.stream(entry.sha256):
                await response.write(block)
            return response
        start, stop, _ = wanted.indices(entry.size)
        if start >= stop:
            return web.Response(status=416, headers={**headers, str(hdrs.CONTENT_RANGE): f"bytes */{entry.size}"})
        data = await self._store.get_range(entry.sha256, start, stop)
        span: dict[str, str] = {hdrs.CONTENT_RANGE: f"bytes {start}-{stop - 1}/{entry.size}"}
        return web.Response(status=206, body=data, headers=dict(headers) | span)

    def _missing(self, request: web.Request) -> web.Response:
        slashed = request.path + "/"
        if self._reader.get(slashed) is not None:
            return web.Response(status=308, headers={hdrs.LOCATION: slashed, hdrs.CACHE_CONTROL: PAGE_CACHE})
        return self._error(404, self._pages.not_found)

    def _gone(self) -> web.Response:
        return self._error(410, self._pages.gone)

    def _error(self, status: int, page: bytes) -> web.Response:
        headers: dict[str, str] = {**SECURITY, hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(status=status, body=page, content_type="text/html", charset="utf-8", headers=headers)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{ASSETS}{{sha256:[0-9a-f]{{64}}}}", self.asset),
            web.get("/{path:.*}", self.page),
        ]


def policy(page: bytes) -> dict[str, str]:
    """Scripts are allowed where the renderer put one; text of a piece is escaped and can never look like it."""
    return FILM if _SCRIPT in page else SECURITY


def _answer(request: web.Request, body: _Body, media_type: str, *, cache: str) -> web.Response:
    headers: dict[str, str] = {
        **policy(body.plain),
        hdrs.CONTENT_TYPE: media_type,
        hdrs.CACHE_CONTROL: cache,
        hdrs.ETAG: body.tag,
        hdrs.VARY: "Accept-Encoding",
    }
    if request.headers.get(hdrs.IF_NONE_MATCH) == body.tag:
        return web.Response(status=304, headers=headers)
    if body.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        return web.Response(body=body.packed, headers={**headers, hdrs.CONTENT_ENCODING: "gzip"})
    return web.Response(body=body.plain, headers=headers)
