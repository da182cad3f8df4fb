"""The display of television: the plan of the next days, the portal's pages, and nothing of what was taken back."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Busy, Columns, Delta, File, Files, Piece, Services
from media.house import PLAY, SUBTITLES, TRACKS
from renderers.tv import layout, pages, paths, playlists
from renderers.tv.furniture import furniture
from renderers.tv.items import Video, masters, newest_house, playable
from renderers.tv.plan import PLAN_NAME, Plan, encode, from_value, releases, to_value
from renderers.tv.programme import AHEAD, Live, day_start, planned
from renderers.tv.settings import settings_of
from renderers.tv.slate import slate_of

LIST_PAGES: Final = 6
PER_COLUMN: Final = LIST_PAGES * layout.CARDS
_TRIES: Final = 5
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class TvDisplay:
    """Plans the channel anew at each change, behind the slots that are frozen, and draws the pages that changed."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files:
        work = _Work(delta, services, tuple(await services.line_ups.columns()))
        lists = {code: await work.newest(code) for code, _ in work.columns}
        changed = await work.everything(lists) if delta.full else delta.changed
        plan = await work.plan(now)
        write = [*pages.static_files()]
        remove = [path for removed in delta.removed for path in _all_paths(delta.target.code, removed.document)]
        for piece in changed:
            files = await work.piece(piece)
            there = {file.path for file in files}
            write += files
            remove += [path for path in _all_paths(delta.target.code, piece.document) if path not in there]
        for code, name in work.columns:
            files, empty = work.column(code, name, lists[code])
            write += files
            remove += empty
        write += [work.live(), await work.home(lists)]
        write.append(File(paths.plan(plan.code), "application/json", encode(plan), releases(plan)))
        return Files(tuple(write), tuple(remove), rolls=True)


@dataclass(frozen=True, slots=True)
class _Work:
    """One render: the target, the services and the columns."""

    delta: Delta
    services: Services
    columns: Columns

    @property
    def code(self) -> str:
        return self.delta.target.code

    async def newest(self, column: str) -> Sequence[Piece]:
        return await self.services.line_ups.newest(self.delta.target, column=column, limit=PER_COLUMN)

    async def everything(self, lists: Mapping[str, Sequence[Piece]]) -> Sequence[Piece]:
        """Every live piece; a column that its list holds whole is not read again."""
        found: dict[str, Piece] = {}
        for code, pieces in lists.items():
            if len(pieces) == PER_COLUMN:
                pieces = await self.services.line_ups.newest(self.delta.target, column=code, limit=1_000_000)  # noqa: PLW2901
            found |= {piece.document: piece for piece in pieces}
        return tuple(found.values())

    # the plan

    async def plan(self, now: dt.datetime) -> Plan:
        """The new plan, remembered before it is shown, so that what it freezes is known to the next render.

        Raises:
            Busy: others kept being faster.
        """
        start = day_start(now)
        line = await self.services.line_ups.line_up(self.delta.target, start=start, end=start + AHEAD)
        settings = settings_of(self.delta.target)
        extras = await furniture(self.delta.target, settings, self.services.line_ups)
        pieces = {piece.document: piece for piece in (*line.pieces.values(), *extras.pieces)}
        coming = await playable(pieces.values(), self.services.assets)
        slate = await slate_of(self.services, self.delta.target.name, newest_house(coming))
        for _ in range(_TRIES):
            value, version = await self.services.state.get(PLAN_NAME)
            before = None if value is None else from_value(value)
            documents = await self._documents(pieces, before)
            # Also what is only remembered: 回看 shows it as long as it is live.
            past = [piece for document, piece in documents.items() if document not in pieces]
            videos = {**coming, **await playable(past, self.services.assets)}
            live = Live(line.slots, videos, documents, settings, extras)
            plan = planned(before, live, slate, code=self.code, name=self.delta.target.name, now=now)
            told = to_value(plan)
            if told == value or await self.services.state.put(PLAN_NAME, told, version=version):
                return plan
        raise Busy("tv.plan_busy", target=self.code)

    async def _documents(self, known: Mapping[str, Piece], before: Plan | None) -> Mapping[str, Piece]:
        """The live pieces of all items: those in the line-up, and those that were only shown in the past."""
        found = dict(known)
        for item in before.items.values() if before else ():
            if item.document not in found:
                since = _EPOCH + item.published * _MILLISECOND
                pieces = await self.services.line_ups.newest(
                    self.delta.target, since=since, until=since + _MILLISECOND, limit=100
                )
                found |= {piece.document: piece for piece in pieces}
        return found

    # pages

    async def piece(self, piece: Piece) -> list[File]:
        """The page of a piece: large type for an article, a poster with its player for a lecture."""
        if not any(True for _ in masters(piece)):
            page = self._page(
                "text.html", "text", ("read", "column", "home"), paths.document(self.code, piece.document), piece=piece
            )
            return [File(page.path, page.media_type, page.data, (piece.release,))]
        videos = (await playable([piece], self.services.assets)).get(piece.release, ())
        names = ["play"] if videos or _progressive(piece) else []
        files = [
            self._page(
                "detail.html",
                "detail",
                (*names, "column", "home"),
                paths.document(self.code, piece.document),
                piece=piece,
                playable=bool(names),
                minutes=_minutes(piece),
            )
        ]
        if names:
            files += [self._player(piece, videos), *self._recordings(piece, videos)]
        return [File(file.path, file.media_type, file.data, (piece.release,)) for file in files]

    def column(self, code: str, name: str, pieces: Sequence[Piece]) -> tuple[list[File], list[str]]:
        """The pages of a column's list, and those that it no longer fills."""
        count = max(1, -(-len(pieces) // layout.CARDS))
        files = []
        for number in range(1, count + 1):
            shown = pieces[(number - 1) * layout.CARDS : number * layout.CARDS]
            names = [f"item{n}" for n in range(len(shown))] + ["home"]
            names += ["before"] * (number > 1) + ["after"] * (number < count)
            page = self._page(
                "list.html",
                "list",
                names,
                paths.column(self.code, code, number),
                column=code,
                title=name,
                pieces=shown,
                number=number,
                count=count,
            )
            files.append(File(page.path, page.media_type, page.data, _releases(shown)))
        return files, [paths.column(self.code, code, number) for number in range(count + 1, LIST_PAGES + 1)]

    async def home(self, lists: Mapping[str, Sequence[Piece]]) -> File:
        tiles = [(code, name) for code, name in self.columns if lists[code]][: layout.TILES - 1]
        newest = sorted(
            (piece for pieces in lists.values() for piece in pieces),
            key=lambda piece: (any(True for _ in masters(piece)), piece.published_at, piece.document),
            reverse=True,
        )[: layout.CARDS_AT_HOME]
        names = ["live", *(f"card{n}" for n in range(len(newest))), *(f"tile{n}" for n in range(len(tiles) + 1))]
        page = self._page("home.html", "home", names, paths.home(self.code), pieces=newest, tiles=tiles)
        return File(page.path, page.media_type, page.data, _releases(newest))

    def live(self) -> File:
        """The channel itself, filling the picture."""
        return self._page(
            "player.html",
            "player",
            (),
            paths.live(self.code),
            title=self.delta.target.name,
            source=f"{paths.home(self.code)}master.m3u8",
            progressive="",
            subtitles="",
            is_live=True,
        )

    def _player(self, piece: Piece, videos: Sequence[Video]) -> File:
        stream = paths.recording(self.code, piece.document, "master") if videos else ""
        return self._page(
            "player.html",
            "player",
            (),
            paths.playback(self.code, piece.document),
            title=piece.title,
            source=stream,
            progressive=_progressive(piece),
            subtitles=_subtitles(piece),
            is_live=False,
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
        frame = {"site": self.services.site, "target": self.delta.target, "code": self.code, "reach": reach}
        data = pages.page(template, **frame, **context)
        return File(path, pages.HTML, data)


def _all_paths(code: str, document: str) -> list[str]:
    """Every path a piece may have had."""
    recordings = [paths.recording(code, document, name) for name in ("master", *TRACKS)]
    return [paths.document(code, document), paths.playback(code, document), *recordings]


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
