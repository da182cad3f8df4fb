"""The pages of the portal that change when a piece does: drawn once, served as files."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cms.contract import Columns, File, Piece, Site, Target
from media.house import PLAY, SUBTITLES, TRACKS
from renderers.tv import chapters, layout, leaves, pages, paths, playlists
from renderers.tv.chapters import Mark
from renderers.tv.items import Video, masters
from renderers.tv.programme import to_ms
from renderers.tv.settings import settings_of

LIST_PAGES: Final = 6
PER_COLUMN: Final = LIST_PAGES * layout.CARDS
# Of a text as long as a piece may be (`cms.content.blocks.MAX_CHARACTERS`), with room for its marks.
MOST_PARTS: Final = 16
# How long a notice lies before the first page of whoever has not seen it.
NOTICE: Final = dt.timedelta(days=3)
_NOTICE: Final = "notice"
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal of one channel."""

    site: Site
    target: Target
    columns: Columns

    @property
    def code(self) -> str:
        return self.target.code

    def piece(self, piece: Piece, videos: Sequence[Video]) -> list[File]:
        """The pages of a piece: large type for an article, a poster with its player for a lecture."""
        has_video = any(True for _ in masters(piece))
        files = self._lecture(piece, videos) if has_video else self._text(piece)
        return [File(file.path, file.media_type, file.data, (piece.release,)) for file in files]

    def column(self, code: str, name: str, pieces: Sequence[Piece]) -> tuple[list[File], list[str]]:
        """The pages of a column's list, and those that it no longer fills."""
        return self._lists(name, [paths.column(self.code, code, n) for n in range(1, LIST_PAGES + 1)], pieces)

    def news(self, lists: Mapping[str, Sequence[Piece]]) -> tuple[list[File], list[str]]:
        """The newest articles of all columns, and the pages that they no longer fill."""
        found = [piece for pieces in lists.values() for piece in pieces if not any(True for _ in masters(piece))]
        newest = sorted(found, key=_published, reverse=True)[:PER_COLUMN]
        return self._lists("资讯", [paths.news(self.code, n) for n in range(1, LIST_PAGES + 1)], newest)

    def tree(self, counts: Mapping[str, int]) -> list[File]:
        """All columns with how many pieces each has on its list."""
        rows = [(code, name, counts.get(code, 0)) for code, name in self.columns]
        parts = _pages(rows, layout.COLUMNS)
        files = []
        for number, shown in enumerate(parts, start=1):
            names = [*(f"column{n}" for n in range(len(shown))), *_buttons(number, len(parts))]
            path = paths.tree(self.code, number)
            files.append(self._page("tree.html", "tree", names, path, columns=shown, number=number, count=len(parts)))
        return files

    def home(self, lists: Mapping[str, Sequence[Piece]], now: dt.datetime) -> File:
        """The first page: the channel, the newest pieces, the ways on, and before it a notice of these days."""
        every = [piece for pieces in lists.values() for piece in pieces]
        newest = sorted(every, key=_first_lectures, reverse=True)[: layout.CARDS_AT_HOME]
        notice = max(
            (p for p in every if p.kind == _NOTICE and now - p.published_at < NOTICE), key=_published, default=None
        )
        tiles = self._tiles(lists)
        names = ["live", *(f"card{n}" for n in range(len(newest))), *(f"tile{n}" for n in range(len(tiles)))]
        page = self._page(
            "home.html",
            "home",
            names,
            paths.home(self.code),
            pieces=newest,
            pictures=pages.pictures(newest),
            tiles=tiles,
            notice=notice,
            notes=layout.reach("notice", ("read", "close")),
            since=to_ms(notice.published_at) if notice else 0,
            lasting=NOTICE // dt.timedelta(milliseconds=1),
            signed=settings_of(self.target).signed,
        )
        return File(page.path, page.media_type, page.data, _releases([*newest, *([notice] if notice else [])]))

    def live(self) -> File:
        """The channel itself, filling the picture."""
        return self._player(paths.live(self.code), self.target.name, f"{paths.home(self.code)}master.m3u8")

    def previewed(self, piece: Piece) -> bytes:
        """The first page of a draft, as if its video could be played already."""
        files = self._lecture(piece, (), playable=True) if any(True for _ in masters(piece)) else self._text(piece)
        return files[0].data

    # inside

    def _lists(self, title: str, ways: Sequence[str], pieces: Sequence[Piece]) -> tuple[list[File], list[str]]:
        files = []
        parts = _pages(pieces, layout.CARDS)
        for number, shown in enumerate(parts, start=1):
            names = [*(f"item{n}" for n in range(len(shown))), *_buttons(number, len(parts))]
            page = self._page(
                "list.html",
                "list",
                names,
                ways[number - 1],
                title=title,
                pieces=shown,
                pictures=pages.pictures(shown),
                number=number,
                count=len(parts),
                before=ways[number - 2] if number > 1 else "",
                after=ways[number] if number < len(parts) else "",
            )
            files.append(File(page.path, page.media_type, page.data, _releases(shown)))
        return files, list(ways[len(parts) :])

    def _tiles(self, lists: Mapping[str, Sequence[Piece]]) -> list[tuple[str, str]]:
        """Channels, the programmes, and the columns that have something; when there are more, the way to all."""
        filled = [(name, paths.column(self.code, code)) for code, name in self.columns if lists[code]]
        fixed = [("频道", paths.channels(self.code)), ("回看", paths.day(self.code))]
        if len(fixed) + len(filled) <= layout.TILES and len(filled) == len(self.columns):
            return fixed + filled
        room = layout.TILES - len(fixed) - 1
        return [*fixed, *filled[:room], ("全部栏目", paths.tree(self.code))]

    def _text(self, piece: Piece) -> list[File]:
        parts = leaves.parts(piece)[:MOST_PARTS]
        total = sum(len(part.leaves) for part in parts)
        return [
            self._page(
                "text.html",
                "text",
                ("read", "column", "home"),
                paths.part(self.code, piece.document, number),
                piece=piece,
                part=part,
                total=total,
                onward=paths.part(self.code, piece.document, number + 1) if number < len(parts) else "",
                earlier=paths.part(self.code, piece.document, number - 1) if number > 1 else "",
            )
            for number, part in enumerate(parts, start=1)
        ]

    def _lecture(self, piece: Piece, videos: Sequence[Video], *, playable: bool = False) -> list[File]:
        playable = playable or bool(videos or _progressive(piece))
        found = chapters.marks(self.code, piece) if playable else ()
        few = chapters.shown(found)
        marked = [f"mark{n}" for n in range(min(len(found), layout.MARKS_AT_DETAIL))]
        names = ("play", "column", "home", "again") if playable else ("column", "home")
        path = paths.document(self.code, piece.document)
        told = {"piece": piece, "playable": playable, "minutes": _minutes(piece), "marks": few, "all_marks": len(found)}
        detail = self._page("detail.html", "detail", (*marked, *names), path, **told)
        if not playable:
            return [detail]
        stream = paths.recording(self.code, piece.document, "master") if videos else ""
        player = self._player(paths.playback(self.code, piece.document), piece.title, stream, piece)
        return [detail, *self._chapters(piece, found, few), player, *self._recordings(piece, videos)]

    def _chapters(self, piece: Piece, found: Sequence[Mark], few: Sequence[Mark]) -> list[File]:
        """All of them, when they do not fit on the lecture's page."""
        parts = _pages(found, layout.MARKS) if len(few) < len(found) else []
        ways = [paths.chapters(self.code, piece.document, number) for number in range(1, len(parts) + 1)]
        return [
            self._page(
                "chapters.html",
                "chapters",
                [*(f"mark{n}" for n in range(len(shown))), *_buttons(number, len(parts))],
                ways[number - 1],
                piece=piece,
                marks=shown,
                number=number,
                count=len(parts),
                before=ways[number - 2] if number > 1 else "",
                after=ways[number] if number < len(parts) else "",
            )
            for number, shown in enumerate(parts, start=1)
        ]

    def _player(self, path: str, title: str, source: str, piece: Piece | None = None) -> File:
        return self._page(
            "player.html",
            "player",
            (),
            path,
            title=title,
            source=source,
            progressive=_progressive(piece) if piece else "",
            subtitles=_subtitles(piece) if piece else "",
            name=paths.document(self.code, piece.document) if piece else "",
            is_live=piece is None,
            signed=piece is None and settings_of(self.target).signed,
        )

    def _recordings(self, piece: Piece, videos: Sequence[Video]) -> list[File]:
        if not videos:
            return []
        index = videos[0].index
        texts = {"master": playlists.item_master(index)}
        texts |= {track: playlists.item_media(index, track) for track in TRACKS}
        return [
            File(paths.recording(self.code, piece.document, name), playlists.MEDIA_TYPE, text.encode())
            for name, text in texts.items()
        ]

    def _page(self, template: str, kind: str, names: Sequence[str], path: str, **context: Any) -> File:
        reach = layout.reach(kind, names) if kind in layout.PAGES else None
        frame = {"site": self.site, "target": self.target, "code": self.code, "reach": reach}
        data = pages.page(template, **frame, **context)
        return File(path, pages.HTML, data)


def paths_of(code: str, document: str, *, parts: int = MOST_PARTS) -> list[str]:
    """Every path a piece may have had, with as many files of its text."""
    recordings = [paths.recording(code, document, name) for name in ("master", *TRACKS)]
    texts = [paths.part(code, document, number) for number in range(1, parts + 1)]
    marks = [paths.chapters(code, document, number) for number in range(1, chapters.MOST_PAGES + 1)]
    return [*texts, paths.playback(code, document), *marks, *recordings]


def _pages(rows: Sequence[_Row], size: int) -> list[Sequence[_Row]]:
    """At least one page."""
    return [rows[at : at + size] for at in range(0, max(1, len(rows)), size)]


def _buttons(number: int, count: int) -> list[str]:
    """In the order in which they stand on the page."""
    return ["before"] * (number > 1) + ["home"] + ["after"] * (number < count)


def _published(piece: Piece) -> tuple[dt.datetime, str]:
    return piece.published_at, piece.document


def _first_lectures(piece: Piece) -> tuple[bool, dt.datetime, str]:
    return any(True for _ in masters(piece)), piece.published_at, piece.document


def _progressive(piece: Piece) -> str:
    """The address of the first video as one file, for boxes without anything better; empty without one."""
    file = next((found for of in masters(piece) if (found := piece.rendition(of, PLAY)) is not None), None)
    return "" if file is None else f"/a/{file.sha256}"


def _subtitles(piece: Piece) -> str:
    """The address of the Chinese subtitles of the first video, else of the English ones; empty without any."""
    first = next(masters(piece), None)
    found = (piece.rendition(first, name) for name in SUBTITLES.values()) if first is not None else ()
    return next((f"/a/{file.sha256}" for file in found if file is not None), "")


def _minutes(piece: Piece) -> int:
    """Whole minutes, at least one; 0 when the length is not known."""
    length = sum(piece.durations.get(of, 0) for of in masters(piece))
    return max(1, round(length / 60_000)) if length else 0


def _releases(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece.release for piece in pieces if piece.release))
