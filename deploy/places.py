"""`/p/{point}`: the page of a place, drawn when somebody asks, kept for a minute, and longer without a database."""

import datetime as dt
import hashlib
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from cms.contract import LineUps, Piece, Site
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.publishing.pieces import of_releases
from cms.publishing.strip import served
from cms.publishing.tree_reader import TreeReader
from deploy.public import PAGE_CACHE, SECURITY, Tombstones
from renderers.web import paths, places
from renderers.web.places import PlaceView
from screens.at_place import Place, places_of, shown_at

FRESH: Final = 60.0  # s
KEPT: Final = 1_000  # pages; a page is some ten kilobytes
NEWEST: Final = 12
_HTML: Final = "text/html; charset=utf-8"
_CODES: Final = re.compile(r"[a-z0-9_-]{1,40}(/[a-z0-9_-]{1,40}){0,9}")

Missing = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logger("web")


@dataclass(frozen=True, slots=True)
class _Page:
    at: float
    page: bytes | None
    releases: tuple[str, ...]


@dataclass
class PlacePages:
    """Answers for places; `missing` answers for everything else, as the site does."""

    db: Database
    clock: Clock
    site: Site
    reader: TreeReader
    tombstones: Tombstones
    line_ups: LineUps
    missing: Missing
    _kept: OrderedDict[str, _Page] = field(default_factory=OrderedDict)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/p/{point:.*}", self.answer)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        point = request.match_info["point"].strip("/")
        if not _CODES.fullmatch(point):
            return await self.missing(request)
        known = await self._known(point)
        if known is None:
            return web.Response(
                status=503, headers={**SECURITY, hdrs.RETRY_AFTER: "30", hdrs.CACHE_CONTROL: "no-cache"}
            )
        hidden = self.tombstones.releases.intersection(known.releases)
        page = known.page and served(known.page, media_type=_HTML, releases=known.releases, recalled=hidden)
        return await self.missing(request) if page is None else _answer(request, page)

    async def _known(self, point: str) -> _Page | None:
        """The page as it was drawn within a minute; an older one rather than none while the database is away."""
        known = self._kept.get(point)
        now = self.clock.monotonic()
        if known is not None and now - known.at < FRESH:
            self._kept.move_to_end(point)
            return known
        try:
            page, shown = await self._drawn(point)
        except (SQLAlchemyError, OSError) as problem:
            log.warning("a place could not be drawn anew", error=type(problem).__name__)
            return known
        releases = tuple(dict.fromkeys(piece.release for piece in shown))
        self._kept[point] = known = _Page(now, page, releases)
        self._kept.move_to_end(point)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return known

    async def _drawn(self, point: str) -> tuple[bytes | None, Sequence[Piece]]:
        now = self.clock.now()
        async with self.db.read() as session:
            found = await places_of(session, point.split("/"))
        if not found:
            return None, ()
        columns = await self.line_ups.columns()
        if len(found) > 1:
            return places.choice(self.site, columns, [_view(one, whole=True) for one in found]), ()
        showing = await self._showing(found[0], now)
        newest = await self._newest()
        readable = {piece.document for piece in showing if self._has_page(piece.document)}
        view = _view(found[0], whole="/" in point)
        page = places.place(self.site, columns, view, showing=showing, newest=newest, readable=readable)
        return page, [*showing, *newest]

    async def _showing(self, place: Place, now: dt.datetime) -> Sequence[Piece]:
        async with self.db.read() as session:
            return await of_releases(session, await shown_at(session, place.path, now=now), "web")

    async def _newest(self) -> Sequence[Piece]:
        for target in await self.line_ups.targets("web"):
            return await self.line_ups.newest(target, limit=NEWEST)
        return ()

    def _has_page(self, document: str) -> bool:
        entry = self.reader.get(paths.article(document))
        return entry is not None and not entry.is_hidden(self.tombstones.releases, self.tombstones.assets)


def _view(place: Place, *, whole: bool) -> PlaceView:
    codes = place.path.strip("/")
    return PlaceView(f"/p/{codes if whole else codes.rpartition('/')[2]}", place.name, place.above)


def _answer(request: web.Request, page: bytes) -> web.Response:
    tag = f'"{hashlib.sha256(page).hexdigest()[:32]}"'
    headers: dict[str, str] = {**SECURITY, hdrs.CONTENT_TYPE: _HTML, hdrs.CACHE_CONTROL: PAGE_CACHE, hdrs.ETAG: tag}
    if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=page, headers=headers)
