"""The display of television: the plan of the next days, the portal's pages, and nothing of what was taken back."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cms.contract import Busy, Columns, Delta, File, Files, Piece, Services
from renderers.tv import pages, paths
from renderers.tv.furniture import furniture
from renderers.tv.items import masters, newest_house, notices_of, playable
from renderers.tv.live import inputs
from renderers.tv.looks import looks_of
from renderers.tv.plan import PLAN_NAME, Plan, encode, from_value, releases, to_value
from renderers.tv.portal import PER_COLUMN, Portal, paths_of
from renderers.tv.programme import AHEAD, Live, day_start, planned
from renderers.tv.settings import settings_of
from renderers.tv.slate import slate_of

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
        portal = Portal(services.site, delta.target, work.columns)
        write = [*pages.static_files()]
        remove = [path for removed in delta.removed for path in paths_of(delta.target.code, removed.document)]
        for piece in changed:
            files = await work.piece(piece, portal)
            there = {file.path for file in files}
            write += files
            # A first edition had no longer text before it.
            had = paths_of(delta.target.code, piece.document, **({} if piece.edition > 1 else {"parts": 1}))
            remove += [path for path in had if path not in there]
        for code, name in work.columns:
            files, empty = portal.column(code, name, lists[code])
            write += files
            remove += empty
        files, empty = portal.news(lists)
        write += files
        remove += empty
        write += [portal.live(), portal.home(lists, now), *portal.tree({c: len(found) for c, found in lists.items()})]
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
        pieces |= {cut.piece.document: cut.piece for cut in line.cut_ins if cut.piece is not None}
        coming = await playable(pieces.values(), self.services.assets)
        notices = await notices_of(line.cut_ins, self.services.assets)
        slate = await slate_of(self.services, self.delta.target.name, newest_house(coming))
        notices = {**notices, **inputs(line.cut_ins, slate)}
        looks = await looks_of(line.looks, self.services.assets)
        for _ in range(_TRIES):
            value, version = await self.services.state.get(PLAN_NAME)
            before = None if value is None else from_value(value)
            documents = await self._documents(pieces, before)
            # Also what is only remembered: 回看 shows it as long as it is live.
            past = [piece for document, piece in documents.items() if document not in pieces]
            videos = {**coming, **await playable(past, self.services.assets)}
            live = Live(line.slots, videos, documents, settings, extras, line.cut_ins, notices, looks)
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

    async def piece(self, piece: Piece, portal: Portal) -> list[File]:
        """The pages of a piece, with the videos that a channel can play."""
        if not any(True for _ in masters(piece)):
            return portal.piece(piece, ())
        videos = (await playable([piece], self.services.assets)).get(piece.release, ())
        return portal.piece(piece, videos)
