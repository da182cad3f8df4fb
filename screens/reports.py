"""Reports of proof of play: a month by piece, unit or screen out of the sums by day, and the same days as CSV."""

import csv
import io
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, require_reach
from screens.proof import month_days
from screens.proof_rows import ProofDay, ProofPiece, ProofPieceDay, ProofRefusal, ProofScreenDay
from screens.tables import Screen

By = Literal["piece", "unit", "screen"]
MOST: Final = 500
# A path under which nothing stands, for who asks outside of their reach.
NOWHERE: Final = "/-/"
# Slashes of the path of the district's top.
_TOP: Final = 2
_PAGE: Final = 5_000
# What POPAI's reports of digital signage name, with the words of this product beside them.
COLUMNS: Final = (
    "Date",
    "Player ID",
    "Player Name",
    "Site ID",
    "Site Name",
    "Point",
    "Content ID",
    "Content Version",
    "Content Name",
    "Content Hash",
    "Play Count",
    "Total Duration (s)",
)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line: `key` is a release, a path or a screen's number, `name` what people call it."""

    key: str
    name: str
    detail: str
    plays: int
    ms: int
    screens: int


@dataclass(frozen=True, slots=True)
class Report:
    """A month: its lines with the most plays first, the plays of each day, and what was refused, by reason."""

    month: str
    lines: Sequence[ReportLine]
    days: Sequence[tuple[str, int]]
    refused: Mapping[str, int]

    @property
    def plays(self) -> int:
        return sum(count for _, count in self.days)


async def month_report(session: AsyncSession, actor: Actor, month: str, *, by: By = "piece", unit: str = "") -> Report:
    """What the screens of this person's reach showed in a month. Raises Denied, Invalid `screens.month`."""
    scope = _scope(actor, month, unit)
    lines = await _BY[by](session, scope)
    where = scope.of(ProofScreenDay)
    days = select(ProofScreenDay.day, func.sum(ProofScreenDay.plays)).where(where)
    found = (await session.execute(days.group_by(ProofScreenDay.day).order_by(ProofScreenDay.day))).all()
    return Report(month, lines, [(day, int(plays)) for day, plays in found], await _refused(session, where))


async def csv_of(db: Database, actor: Actor, month: str, *, unit: str = "") -> AsyncIterator[bytes]:
    """A line a day, screen and piece, in parts; with a mark at the start by which spreadsheets know UTF-8."""
    where = _scope(actor, month, unit).of(ProofDay)
    yield b"\xef\xbb\xbf" + _lines([COLUMNS])
    last: tuple[str, str, uuid.UUID] | None = None
    key = tuple_(ProofDay.day, ProofDay.release, ProofDay.screen)
    while True:
        after = (key > last,) if last is not None else ()
        query = (
            select(ProofDay, Screen.public, Screen.name, Screen.point, Unit.name, ProofPiece)
            .outerjoin(Screen, Screen.id == ProofDay.screen)
            .outerjoin(Unit, Unit.path == ProofDay.unit)
            .outerjoin(ProofPiece, ProofPiece.release == ProofDay.release)
            .where(where, *after)
            .order_by(ProofDay.day, ProofDay.release, ProofDay.screen)
            .limit(_PAGE)
        )
        async with db.read() as session:
            rows = (await session.execute(query)).all()
        if not rows:
            return
        yield _lines([_csv_line(*row) for row in rows])
        newest: ProofDay = rows[-1][0]
        last = (newest.day, newest.release, newest.screen)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Days of a month, and the subtrees asked for; none: everything, also what stood in a unit that is gone."""

    first: str
    last: str
    units: tuple[str, ...]

    def of(self, table: Any) -> ColumnElement[bool]:
        days = and_(table.day >= self.first, table.day <= self.last)
        if not self.units:
            return days
        return and_(days, or_(*(table.unit.startswith(path, autoescape=True) for path in self.units)))


def _scope(actor: Actor, month: str, unit: str) -> _Scope:
    first, last = month_days(month)
    within = require_reach(actor, Action.SCREEN_READ)
    if unit:
        inner = tuple(one for one in within if one.startswith(unit))
        return _Scope(first, last, (unit,) if unit.startswith(within) else inner or (NOWHERE,))
    return _Scope(first, last, () if any(path.count("/") == _TOP for path in within) else within)


async def _by_piece(session: AsyncSession, scope: _Scope) -> list[ReportLine]:
    table: Any = ProofDay if scope.units else ProofPieceDay
    screens = func.count(ProofDay.screen.distinct()) if scope.units else func.max(ProofPieceDay.screens)
    where = scope.of(table)
    if scope.units:
        mine = select(ProofScreenDay.screen).where(scope.of(ProofScreenDay)).distinct()
        where = and_(where, ProofDay.screen.in_(mine))
    sums = _summed(table.release, table, where, screens).subquery()
    query = select(sums, ProofPiece.title, ProofPiece.document, ProofPiece.edition)
    query = query.outerjoin(ProofPiece, ProofPiece.release == sums.c.key).order_by(sums.c.plays.desc(), sums.c.key)
    return [
        ReportLine(
            row.document or "", row.title or row.key[:12], str(row.edition or ""), row.plays, row.ms, row.screens
        )
        for row in (await session.execute(query)).all()
    ]


async def _by_unit(session: AsyncSession, scope: _Scope) -> list[ReportLine]:
    sums = _counted(ProofScreenDay.unit, scope).subquery()
    query = select(sums, Unit.name).outerjoin(Unit, Unit.path == sums.c.key)
    rows = (await session.execute(query.order_by(sums.c.plays.desc(), sums.c.key))).all()
    return [ReportLine(row.key, row.name or row.key, "", row.plays, row.ms, row.screens) for row in rows]


async def _by_screen(session: AsyncSession, scope: _Scope) -> list[ReportLine]:
    sums = _counted(ProofScreenDay.screen, scope).subquery()
    query = select(sums, Screen.public, Screen.name, Screen.point).outerjoin(Screen, Screen.id == sums.c.key)
    rows = (await session.execute(query.order_by(sums.c.plays.desc(), sums.c.key))).all()
    return [
        ReportLine(row.public or "", row.name or str(row.key), row.point or "", row.plays, row.ms, row.screens)
        for row in rows
    ]


_BY: Final[Mapping[str, Any]] = {"piece": _by_piece, "unit": _by_unit, "screen": _by_screen}


def _counted(key: Any, scope: _Scope) -> Any:
    screens = func.count(ProofScreenDay.screen.distinct())
    return _summed(key, ProofScreenDay, scope.of(ProofScreenDay), screens)


def _summed(key: Any, table: Any, where: ColumnElement[bool], screens: Any) -> Any:
    """Plays, milliseconds and screens by a column; the largest first."""
    plays = func.sum(table.plays)
    columns = (plays.label("plays"), func.sum(table.ms).label("ms"), screens.label("screens"))
    return select(key.label("key"), *columns).where(where).group_by(key).order_by(plays.desc()).limit(MOST)


async def _refused(session: AsyncSession, where: ColumnElement[bool]) -> Mapping[str, int]:
    """Rows that were refused of the screens in the report; the month is that of their days."""
    screens = select(ProofScreenDay.screen).where(where).distinct()
    query = select(ProofRefusal.code, func.count()).where(ProofRefusal.screen.in_(screens)).group_by(ProofRefusal.code)
    return dict((await session.execute(query)).all())


def _csv_line(  # noqa: PLR0917 - a row of the query
    row: ProofDay, public: str | None, name: str | None, point: str | None, unit: str | None, piece: ProofPiece | None
) -> Sequence[Any]:
    content = (piece.document, piece.edition, piece.title) if piece is not None else ("", "", "")
    seconds = f"{row.ms / 1000:.3f}"
    where = (row.unit, unit or "", point or "")
    return (row.day, public or row.screen, name or "", *where, *content, row.release, row.plays, seconds)


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[_cell(one) for one in row] for row in rows])
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    """A text that a spreadsheet would take for a formula is quoted by an apostrophe."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
