"""What is live at a target, for renderers: lists of pieces, and line-ups whose versions are the history."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.content.models import Document
from cms.kernel.clock import Clock, from_ms, to_ms
from cms.kernel.db import Database
from cms.kernel.errors import NotFound
from cms.kernel.ids import uuid7
from cms.planning.holidays import read_calendar
from cms.planning.models import Placement, Target
from cms.planning.rules import read_rule
from cms.planning.targets import as_contract, targets as active_targets
from cms.publishing import loops, pieces
from cms.publishing.models import LineUpVersion, Showing
from cms.publishing.newspapers import kept_pieces
from cms.publishing.onair.logos import looks_of
from cms.publishing.onair.showing import cut_ins_of
from cms.review.models import ReleaseRow
from schedules.beijing import OFFSET
from schedules.intervals import Interval
from schedules.resolve import Layer

Receivers = Callable[[str], Awaitable[Sequence[contract.Receiver]]]
_TRIES: Final = 5
_MOST_FILMS: Final = 1_000
_DAY: Final = dt.timedelta(days=1)


async def no_receivers(_kind: str) -> Sequence[contract.Receiver]:
    """For channels and tests without devices."""
    return ()


class RowLineUps:
    """Implements `cms.contract.LineUps` over the rows; `receivers` gives the devices of a channel kind."""

    def __init__(self, database: Database, clock: Clock, receivers: Receivers = no_receivers) -> None:
        self._database = database
        self._clock = clock
        self._receivers = receivers

    async def line_up(self, target: contract.Target, *, start: dt.datetime, end: dt.datetime) -> contract.LineUp:
        """The line-up of [start, end), written down as a version when it differs from the last one.

        A start in the past is answered with what is live now, so that all askers of a day get the same slots; what was
        shown then is in the versions, which begin at the present, and `cms.publishing.history` reads them.
        """
        # A whole number of days more, so that asking again a minute later finds the same version.
        horizon = dt.datetime.combine(end.astimezone(OFFSET).date() + _DAY, dt.time(), OFFSET)
        for _ in range(_TRIES):
            try:
                return await self._line_up(target, Interval(start, horizon), end)
            except IntegrityError:  # somebody else wrote the same version number
                continue
        raise NotFound("publishing.line_up_busy", target=target.code)

    async def newest(
        self,
        target: contract.Target,
        *,
        column: str | None = None,
        kind: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        limit: int = 50,
    ) -> Sequence[contract.Piece]:
        query = self._shown(target).order_by(Showing.since.desc(), Showing.document_id).limit(limit)
        if column is not None:
            query = query.where(Showing.column == column)
        if kind is not None:
            query = query.where(Showing.kind == kind)
        if since is not None:
            query = query.where(Showing.since >= since)
        if until is not None:
            query = query.where(Showing.since < until)
        async with self._database.read() as session:
            return await pieces.pieces(session, (await session.scalars(query)).all(), target.kind)

    async def months(self, target: contract.Target, *, column: str | None = None) -> Sequence[tuple[str, int]]:
        shown = self._shown(target)
        shown = shown if column is None else shown.where(Showing.column == column)
        query = shown.with_only_columns(Showing.month, func.count()).group_by(Showing.month)
        async with self._database.read() as session:
            rows = (await session.execute(query.order_by(Showing.month.desc()))).all()
        return [(month, count) for month, count in rows]

    async def columns(self) -> contract.Columns:
        async with self._database.read() as session:
            return await pieces.columns(session)

    async def targets(self, kind: str) -> Sequence[contract.Target]:
        async with self._database.read() as session:
            return [as_contract(row) for row in await active_targets(session, kind=kind)]

    async def receivers(self, kind: str) -> Sequence[contract.Receiver]:
        return await self._receivers(kind)

    def _shown(self, target: contract.Target) -> Select[Showing]:
        return shown_at(target.code, self._clock.now())

    async def _line_up(self, target: contract.Target, window: Interval, end: dt.datetime) -> contract.LineUp:
        async with self._database.read() as session:
            row = await target_row(session, target.code)
            found, slots = await computed(session, row, window)
            last = await newest_version(session, row.id)
            shown = shown_at(row.code, max(window.start, self._clock.now()))
            kept = await kept_pieces(session, shown, row.kind)
            cut_ins = await cut_ins_of(session, row, now=self._clock.now())
            looks = await looks_of(session, row)
        version = last.version if last is not None else 0
        now = self._clock.now()
        ahead = Interval.of(max(window.start, now), window.end)
        coming = [] if ahead is None else [part for slot in slots if (part := _clipped(slot, ahead)) is not None]
        if ahead is not None and (last is None or not _says(last, coming, ahead)):
            version += 1
            async with self._database.write() as session:
                session.add(_version(row.id, version, coming, ahead, now))
        inside = tuple(contract.Slot(slot.start, min(slot.end, end), slot.loop) for slot in slots if slot.start < end)
        used = {entry.release for slot in inside for entry in slot.loop}
        beside = {piece.release: piece for piece in kept}
        chosen = beside | {piece.release: piece for piece in found if piece.release in used}
        return contract.LineUp(target, version, inside, chosen, tuple(sorted(beside.keys() - used)), cut_ins, looks)


def shown_at(code: str, now: dt.datetime) -> Select[Showing]:
    """Rows of what a target shows at an instant."""
    target = select(Target.id).where(Target.code == code).scalar_subquery()
    alive = and_(Showing.removed_at.is_(None), or_(Showing.until.is_(None), Showing.until > now))
    return select(Showing).where(Showing.target_id == target, alive)


async def target_row(session: AsyncSession, code: str) -> Target:
    row = await session.scalar(select(Target).where(Target.code == code))
    if row is None:
        raise NotFound("planning.no_such_target", target=code)
    return row


async def newest_version(session: AsyncSession, target: uuid.UUID) -> LineUpVersion | None:
    query = select(LineUpVersion).where(LineUpVersion.target_id == target)
    return await session.scalar(query.order_by(LineUpVersion.version.desc()).limit(1))


async def computed(
    session: AsyncSession, row: Target, window: Interval
) -> tuple[Sequence[contract.Piece], tuple[contract.Slot, ...]]:
    """The pieces that may be shown in the window, and its slots."""
    films = row.kind in loops.FILMS
    longest = loops.LONGEST_OF_FILMS if films else dt.timedelta(seconds=row.loop_seconds)
    query = shown_at(row.code, window.start).order_by(Showing.since.desc(), Showing.document_id)
    placements = await _placements(session, row.id)
    if films:
        newest = (await session.scalars(_with_film(query).limit(_MOST_FILMS))).all()
    else:
        # Twice what fills a loop with the shortest turns: pieces that end early leave room for older ones.
        newest = (await session.scalars(query.limit(2 * int(longest / loops.SHORTEST) + 1))).all()
    chosen = query.where(Showing.document_id.in_({key for key, _ in placements}))
    rows = {shown.document_id: shown for shown in [*newest, *(await session.scalars(chosen)).all()]}
    all_of = list(rows.values())
    made = await pieces.pieces(session, all_of, row.kind)
    found = [_ended(piece, shown) for piece, shown in zip(made, all_of, strict=True)]
    calendar = await read_calendar(session)
    placed = [one for _, one in placements]
    return found, loops.slots(found, placed, window, calendar=calendar, longest_loop=longest, films=films)


def _with_film(query: Select[Showing]) -> Select[Showing]:
    """Only what shows a video: canonical JSON says it in one way, and in a text its quotes would be escaped."""
    film = ReleaseRow.text.contains('"type":"video"', autoescape=True)
    return query.where(exists().where(ReleaseRow.hash == Showing.release, film))


def _ended(piece: contract.Piece, row: Showing) -> contract.Piece:
    """The piece with the end somebody set for it, when that comes before the one that was signed."""
    ends = row.until is not None and (piece.not_after is None or row.until < piece.not_after)
    return replace(piece, not_after=row.until) if ends else piece


async def _placements(session: AsyncSession, target: uuid.UUID) -> list[tuple[uuid.UUID, loops.Placed]]:
    query = (
        select(Placement, Document.public_id)
        .join(Document, Document.id == Placement.document_id)
        .where(Placement.target_id == target, Placement.ended_at.is_(None))
        .order_by(Placement.id)
    )
    return [(row.document_id, _placed(row, public)) for row, public in (await session.execute(query)).all()]


def _placed(row: Placement, document: str) -> loops.Placed:
    return loops.Placed(
        id=str(row.id),
        document=document,
        rule=read_rule(row.rule),
        layer=Layer(row.layer),
        priority=row.priority,
        show=None if row.show_seconds is None else dt.timedelta(seconds=row.show_seconds),
    )


def _version(
    target: uuid.UUID, version: int, slots: Sequence[contract.Slot], window: Interval, now: dt.datetime
) -> LineUpVersion:
    return LineUpVersion(
        id=uuid7(now),
        target_id=target,
        version=version,
        start_at=window.start,
        end_at=window.end,
        slots=[_slot_json(slot) for slot in slots],
        created_at=now,
    )


def _says(last: LineUpVersion, slots: Sequence[contract.Slot], window: Interval) -> bool:
    """Whether the last version already says the same of the window, to its end."""
    if last.end_at < window.end:
        return False
    kept = [slot for value in last.slots if (slot := _clipped(read_slot(value), window)) is not None]
    return kept == list(slots)


def _clipped(slot: contract.Slot, window: Interval) -> contract.Slot | None:
    part = Interval.of(max(slot.start, window.start), min(slot.end, window.end))
    return None if part is None else contract.Slot(part.start, part.end, slot.loop)


def _slot_json(slot: contract.Slot) -> list[Any]:
    loop = [[entry.release, round(entry.show.total_seconds() * 1000)] for entry in slot.loop]
    return [to_ms(slot.start), to_ms(slot.end), loop]


def read_slot(value: Sequence[Any]) -> contract.Slot:
    """A slot of a stored version."""
    start, end, loop = value
    entries = tuple(contract.Entry(release, dt.timedelta(milliseconds=show)) for release, show in loop)
    return contract.Slot(from_ms(start), from_ms(end), entries)
