"""The office's calendar: the shipped year, the yearly import of the next one, and which years are only guessed."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid
from cms.kernel.ids import uuid7
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import CalendarDate, CalendarYear, Target
from cms.planning.occurrences import OccurrenceKind, add_occurrence
from schedules.beijing import day_of
from schedules.calendar import Calendar, DayKind
from schedules.holidays import HolidayFile, HolidayLine, read_holidays

SHIPPED: Final = Path(__file__).parent / "years"
MOST_BYTES: Final = 256 * 1024
# The notice of the State Council comes in November; by then the next year can be entered.
_ASK_FROM_MONTH: Final = 11


@dataclass(frozen=True, slots=True)
class YearChange:
    """What an import does to one year: every day of it is replaced."""

    year: int
    added: tuple[HolidayLine, ...]
    removed: tuple[HolidayLine, ...]
    kept: int


def read_file(data: bytes) -> HolidayFile:
    """What a person sent, decoded. Raises Invalid `planning.holiday_file` for what is no text, or nothing at all."""
    if len(data) > MOST_BYTES:
        raise Invalid("planning.holiday_file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            found = read_holidays(data.decode(encoding))
        except UnicodeDecodeError:
            continue
        if not found.days and not found.wrong:
            raise Invalid("planning.holiday_file")
        return found
    raise Invalid("planning.holiday_file")


async def plan_import(session: AsyncSession, file: HolidayFile) -> Sequence[YearChange]:
    """What `import_holidays` would do; writes nothing."""
    return [_change(year, await _days(session, year), _of_year(file, year)) for year in file.years]


async def import_holidays(
    session: AsyncSession, actor: Actor, file: HolidayFile, *, source: str, now: dt.datetime
) -> Sequence[YearChange]:
    """Replaces the years of the file, all or nothing, and has every display target made anew.

    Raises:
        Denied: no right to schedule for the whole district.
        Invalid: `planning.holiday_lines` while a line is not understood, `planning.holiday_source` without a source.
    """
    unit = await district(session)
    require_can(actor, Action.PUBLISHING_SCHEDULE, Subject(unit))
    if file.wrong or not file.days:
        raise Invalid("planning.holiday_lines", count=len(file.wrong))
    if not source.strip():
        raise Invalid("planning.holiday_source", fields={"source": "planning.holiday_source"})
    changes = await plan_import(session, file)
    for year in file.years:
        kept = source.strip()[:300]
        await _replace(session, year, _of_year(file, year), source=kept, now=now, person=actor.person)
    codes = (await session.scalars(select(Target.code).where(Target.active).order_by(Target.code))).all()
    for code in codes:
        await add_occurrence(
            session, key=f"refresh:{code}", kind=OccurrenceKind.REFRESH, at=now, targets=[code], now=now
        )
    details = {"years": [str(year) for year in file.years], "days": len(file.days), "source": source[:300]}
    await record(session, actor, "calendar.import", of=("calendar", "holidays"), unit=unit, details=details, now=now)
    return changes


@dataclass(frozen=True, slots=True)
class ShippedYear:
    """A year that came with the product, and the notice it was taken from."""

    year: int
    source: str
    days: tuple[HolidayLine, ...]


def shipped_years() -> tuple[ShippedYear, ...]:
    """The years in this package's folder (blocking)."""
    found = []
    for path in sorted(SHIPPED.glob("*.csv")):
        text = path.read_text("utf-8")
        source = text.partition("\n")[0].removeprefix("#").strip()
        found.append(ShippedYear(int(path.stem), source, read_holidays(text).days))
    return tuple(found)


async def enter_shipped(session: AsyncSession, years: Sequence[ShippedYear], *, now: dt.datetime) -> None:
    """Enters the years that came with the product, unless somebody entered them before."""
    known = set((await session.scalars(select(CalendarYear.year))).all())
    for one in years:
        if one.year not in known:
            await _replace(session, one.year, one.days, source=one.source, now=now)


async def read_calendar(session: AsyncSession) -> Calendar:
    """The days that were entered, for expanding rules."""
    rows = (await session.scalars(select(CalendarDate))).all()
    return Calendar({dt.date.fromisoformat(row.on): DayKind(row.kind) for row in rows})


async def entered_years(session: AsyncSession) -> Sequence[CalendarYear]:
    return (await session.scalars(select(CalendarYear).order_by(CalendarYear.year.desc()))).all()


async def named_days(session: AsyncSession, start: dt.date, end: dt.date) -> Sequence[HolidayLine]:
    """Days of [start, end) that were entered."""
    query = select(CalendarDate).where(CalendarDate.on >= start.isoformat(), CalendarDate.on < end.isoformat())
    return [_line(row) for row in (await session.scalars(query.order_by(CalendarDate.on))).all()]


async def missing_years(session: AsyncSession, *, now: dt.datetime) -> Sequence[int]:
    """Years nobody entered: the present one, and from November on the next one."""
    today = day_of(now)
    wanted = [today.year, *([today.year + 1] if today.month >= _ASK_FROM_MONTH else [])]
    known = set((await session.scalars(select(CalendarYear.year).where(CalendarYear.year.in_(wanted)))).all())
    return [year for year in wanted if year not in known]


async def district(session: AsyncSession) -> str:
    """The path of the unit above all others."""
    return (await session.scalars(select(Unit.path).where(Unit.parent_id.is_(None)))).first() or "/"


async def _replace(
    session: AsyncSession,
    year: int,
    days: Sequence[HolidayLine],
    *,
    source: str,
    now: dt.datetime,
    person: uuid.UUID | None = None,
) -> None:
    await session.execute(delete(CalendarDate).where(CalendarDate.on.startswith(f"{year:04}-")))
    for day in days:
        row = CalendarDate(id=uuid7(now), on=day.on.isoformat(), kind=day.kind.value, name=day.name)
        session.add(row)
    await session.merge(CalendarYear(year=year, source=source, days=len(days), entered_by=person, entered_at=now))
    await session.flush()


async def _days(session: AsyncSession, year: int) -> Sequence[HolidayLine]:
    return await named_days(session, dt.date(year, 1, 1), dt.date(year + 1, 1, 1))


def _of_year(file: HolidayFile, year: int) -> tuple[HolidayLine, ...]:
    return tuple(day for day in file.days if day.on.year == year)


def _change(year: int, before: Sequence[HolidayLine], after: Sequence[HolidayLine]) -> YearChange:
    was = {(day.on, day.kind) for day in before}
    will = {(day.on, day.kind) for day in after}
    return YearChange(
        year,
        tuple(day for day in after if (day.on, day.kind) not in was),
        tuple(day for day in before if (day.on, day.kind) not in will),
        len(was & will),
    )


def _line(row: CalendarDate) -> HolidayLine:
    return HolidayLine(dt.date.fromisoformat(row.on), DayKind(row.kind), row.name)
