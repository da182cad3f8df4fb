"""The display of the web: from a delta to the files that change, in the order in which they may become visible."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cms.contract import AssetGone, Columns, Delta, File, Files, Piece, Removed, Services
from media.errors import MediaRefused
from media.house import TRACKS, read_index
from renderers.web import feeds, pages, paths, videos

HEADLINES = 9
PER_COLUMN = 6
NOTICES_AT_HOME = 7
FRONT = 30
MONTH = 2000
FILMS = 3  # films of one piece that get playlists; any further one plays as a plain file
HTML = "text/html; charset=utf-8"


class WebDisplay:
    """Renders articles, column fronts and months, notices, feeds and home, and nothing that did not change."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files:  # noqa: ARG002 - a page has no clock
        work = _Work(delta, services, tuple(await services.line_ups.columns()))
        changed = await work.everything() if delta.full else delta.changed
        write = [_stylesheet(), *_scripts(changed)]
        remove = [paths.article(r.document) for r in delta.removed]
        for gone in delta.removed:
            remove += _playlists_of(gone.document)
        for piece in changed:
            written = await work.article(piece)
            write += written
            if piece.corrected_at is not None:  # the edition before it may have had another film
                remove += _playlists_of(piece.document, besides=written)
        for code, name in work.columns:
            months = _months(changed, delta.removed, code)
            if delta.full or months:
                files, empty = await work.column(code, name, months)
                write += files
                remove += empty
        write += await work.shared()
        return Files(tuple(write), tuple(remove))


@dataclass(frozen=True, slots=True)
class _Work:
    """One render: the target, the services and the columns that all its pages name."""

    delta: Delta
    services: Services
    columns: Columns

    async def article(self, piece: Piece) -> list[File]:
        """The page, after the playlists it names."""
        files = [file for film in videos.films(piece)[:FILMS] for file in await self._playlists(piece, film)]
        script = pages.scripts()[1][0] if videos.is_playable(piece) else None
        data = self._page("article.html", piece=piece, script=script)
        return [*files, File(paths.article_of(piece), HTML, data, (piece.release,))]

    async def _playlists(self, piece: Piece, film: videos.Film) -> Sequence[File]:
        """None where the index cannot be read: the page then plays the plain file."""
        if film.index is None:
            return ()
        try:
            index = read_index(await self.services.assets.read(film.index.sha256))
        except (AssetGone, MediaRefused):
            return ()
        return videos.playlists(piece, film, index)

    async def column(self, code: str, name: str, changed_months: frozenset[str]) -> tuple[list[File], list[str]]:
        """The column's front, its feed and the months that changed (all when full); and the months left empty."""
        lines, target = self.services.line_ups, self.delta.target
        newest = await lines.newest(target, column=code, limit=max(FRONT, feeds.SIZE))
        months = await lines.months(target, column=code)
        files = [
            self._list(paths.column(code), name, newest[:FRONT], code=code, months=months, month=None),
            feeds.rss(
                newest[: feeds.SIZE],
                self.services.site,
                path=paths.column_feed(code),
                title=name,
                link=paths.column(code),
            ),
        ]
        known = {m for m, _ in months}
        for month in sorted(known if self.delta.full else known & changed_months):
            since, until = month_span(month)
            pieces = await lines.newest(target, column=code, since=since, until=until, limit=MONTH)
            files.append(self._list(paths.month(code, month), name, pieces, code=code, months=(), month=month))
        return files, [paths.month(code, month) for month in sorted(changed_months - known)]

    async def shared(self) -> list[File]:
        """Notices, feeds and, last of all, home."""
        lines, target, site = self.services.line_ups, self.delta.target, self.services.site
        newest = await lines.newest(target, limit=feeds.SIZE)
        notices = await lines.newest(target, kind="notice", limit=FRONT)
        headlines = [p for p in newest if p.kind != "notice"][:HEADLINES]
        lead = next((p for p in headlines if p.cover), headlines[0] if headlines else None)
        blocks = [
            (code, name, _below(await lines.newest(target, column=code, limit=PER_COLUMN + 1), lead))
            for code, name in self.columns
        ]
        home = self._page(
            "home.html",
            lead=lead,
            headlines=[p for p in headlines if p is not lead],
            notices=notices[:NOTICES_AT_HOME],
            # A column of nothing but notices stands in the notices' own panel.
            blocks=[block for block in blocks if any(p.kind != "notice" for p in block[2])],
        )
        shown = [*headlines, *notices[:NOTICES_AT_HOME], *(p for _, _, pieces in blocks for p in pieces)]
        return [
            self._list(paths.NOTICES, "通知公告", notices, code=None, months=(), month=None),
            feeds.rss(newest, site, path=paths.RSS, title=site.name, link=paths.HOME),
            feeds.json_feed(newest, site),
            File(paths.HOME, HTML, home, _releases(shown)),
        ]

    async def everything(self) -> Sequence[Piece]:
        lines, target = self.services.line_ups, self.delta.target
        found: list[Piece] = []
        for month, _ in await lines.months(target):
            since, until = month_span(month)
            found += await lines.newest(target, since=since, until=until, limit=1_000_000)
        return found

    def _list(
        self,
        path: str,
        title: str,
        pieces: Sequence[Piece],
        *,
        code: str | None,
        months: Sequence[tuple[str, int]],
        month: str | None,
    ) -> File:
        data = self._page("list.html", path=path, title=title, pieces=pieces, code=code, months=months, month=month)
        return File(path, HTML, data, _releases(pieces))

    def _page(self, template: str, **context: object) -> bytes:
        return pages.page(template, site=self.services.site, columns=self.columns, **context)


def _below(pieces: Sequence[Piece], lead: Piece | None) -> Sequence[Piece]:
    """A column's pieces on home, without the one that leads the page while there are others enough."""
    others = [p for p in pieces if lead is None or p.document != lead.document]
    return (others if len(others) > 1 else pieces)[:PER_COLUMN]


def month_span(month: str) -> tuple[dt.datetime, dt.datetime]:
    """The half-open UTC span of a Beijing month named ``2026-11``."""
    year, number = (int(part) for part in month.split("-"))
    start = dt.datetime(year, number, 1, tzinfo=pages.BEIJING)
    end = dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=pages.BEIJING)
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


def _months(changed: Iterable[Piece], removed: Iterable[Removed], code: str) -> frozenset[str]:
    """The months of a column in which something may have changed."""
    # A correction may come from any other column, where the edition before it must not stay.
    found = {_month(p.published_at) for p in changed if p.column == code or p.corrected_at is not None}
    return frozenset(found | {_month(r.published_at) for r in removed if r.column == code})


def _month(at: dt.datetime) -> str:
    return at.astimezone(pages.BEIJING).strftime("%Y-%m")


def _releases(pieces: Iterable[Piece]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.release for p in pieces if p.release))


def _playlists_of(document: str, *, besides: Iterable[File] = ()) -> list[str]:
    """Where playlists of a document may stand; removing what is not there changes nothing."""
    kept = {file.path for file in besides}
    named = [paths.playlist(document, number, track) for number in range(1, FILMS + 1) for track in ("", *TRACKS)]
    return [path for path in named if path not in kept]


def _scripts(pieces: Iterable[Piece]) -> list[File]:
    """What a page with a film asks for; other pages have no script at all."""
    if not any(videos.is_playable(piece) for piece in pieces):
        return []
    return [File(path, "text/javascript; charset=utf-8", data) for path, data in pages.scripts()]


def _stylesheet() -> File:
    path, data = pages.stylesheet()
    return File(path, "text/css; charset=utf-8", data)
