"""The calendar over the API: what stands in a span of time, rows of the timeline, alarms, and public holidays."""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.calendar.spans import View, date_of, days_of, view_of
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.notices.alarms import open_alarms, take_alarm
from cms.notices.words import subject_of
from cms.people.permissions import Action
from cms.planning.holidays import (
    MOST_BYTES,
    YearChange,
    entered_years,
    import_holidays,
    missing_years,
    named_days,
    plan_import,
    read_file,
)
from cms.planning.targets import targets
from cms.publishing.calendar import EntryState, entries, placed
from schedules.calendar import DayKind
from schedules.holidays import HolidayLine, WrongLine
from schedules.intervals import Interval

_LONGEST = dt.timedelta(days=62)


class CalendarEntry(Given):
    """A piece at an instant: a wish, a promise or a fact, each under its own word. `late` in minutes."""

    document: str
    edition: str
    title: str
    unit: str
    state: EntryState
    at: dt.datetime
    targets: list[str]
    take_off_at: dt.datetime | None
    batch: str | None
    late: int
    trouble: int


class CalendarRun(Given):
    """A stretch in which a rule shows a piece on a target."""

    placement: str
    document: str
    title: str
    target: str
    layer: str
    start: dt.datetime
    end: dt.datetime


class CalendarDay(Given):
    """A public holiday, or a day worked instead of one."""

    on: dt.date
    kind: DayKind
    name: str


class CalendarSpan(Given):
    """The days [first, last) in wall time of the district; `hidden` counts what is out and not listed, by day."""

    first: dt.date
    last: dt.date
    entries: list[CalendarEntry]
    runs: list[CalendarRun]
    hidden: dict[dt.date, int]
    holidays: list[CalendarDay]
    missing_years: list[int]


class CalendarRow(Given):
    """A row of the timeline: a target."""

    target: str
    name: str
    channel: str


class CalendarRows(Given):
    """By channel."""

    rows: list[CalendarRow]


class AlarmLine(Given):
    """Something that somebody in charge must look at."""

    id: str
    text: str
    subject: str
    href: str
    times: int
    raised_at: dt.datetime
    last_at: dt.datetime


class AlarmList(Given):
    """What nobody has taken yet, newest first."""

    alarms: list[AlarmLine]


class HolidayYear(Given):
    """A year that was entered, and from where."""

    year: int
    source: str
    days: int
    entered_at: dt.datetime


class HolidayYears(Given):
    """Newest first; `missing` are years that nobody entered."""

    years: list[HolidayYear]
    missing: list[int]


class HolidayDays(Given):
    """The days of a year in their order."""

    days: list[CalendarDay]


class HolidayTable(Sent):
    """A table ``date,kind,name`` or an ICS file as text, and where it comes from."""

    table: Annotated[str, Field(max_length=MOST_BYTES)]
    source: Text = ""


class HolidayChange(Given):
    """What becomes of a year: every day of it is replaced."""

    year: int
    added: list[CalendarDay]
    removed: list[CalendarDay]
    kept: int


class HolidayWrong(Given):
    """A line that is not understood."""

    line: int
    code: str
    text: str


class HolidayRun(Given):
    """What an import does, year by year; nothing is entered while a line is `wrong`."""

    years: list[HolidayChange]
    wrong: list[HolidayWrong]
    skipped: list[HolidayWrong]


async def read_span(visit: Visit) -> CalendarSpan:
    """What stands in the days from `start` to `end`, or of the `view` (month, week, timeline) around the day `on`."""
    zone = visit.deps.zone
    view = view_of(visit.query("view"))
    days = days_of(view, date_of(visit.query("on"), visit.now.astimezone(zone).date()))
    first, last = days.first, days.last
    if visit.query("start"):
        first = _date(visit, "start")
        last = _date(visit, "end") if visit.query("end") else first + dt.timedelta(days=7)
        if not first < last <= first + _LONGEST:
            raise Invalid("api.body", fields={"end": "api.field"}, names="end")
    window = Interval(dt.datetime.combine(first, dt.time(), zone), dt.datetime.combine(last, dt.time(), zone))
    async with visit.deps.db.read() as session:
        span = await entries(session, visit.actor, window, now=visit.now)
        runs = await placed(session, visit.actor, window) if view is View.TIMELINE else []
        feasts = await named_days(session, first, last)
        missing = await missing_years(session, now=visit.now)
    return CalendarSpan(
        first=first,
        last=last,
        entries=[
            CalendarEntry(
                document=one.public_id,
                edition=str(one.edition),
                title=one.title,
                unit=one.unit_path,
                state=one.state,
                at=one.at,
                targets=list(one.targets),
                take_off_at=one.take_off_at,
                batch=str(one.batch) if one.batch else None,
                late=one.late,
                trouble=one.trouble,
            )
            for one in span.entries
        ],
        runs=[
            CalendarRun(
                placement=str(one.placement),
                document=one.public_id,
                title=one.title,
                target=one.target,
                layer=one.layer.name.lower(),
                start=one.interval.start,
                end=one.interval.end,
            )
            for one in runs
        ],
        hidden=dict(span.hidden),
        holidays=[_day(one) for one in feasts],
        missing_years=list(missing),
    )


async def list_rows(visit: Visit) -> CalendarRows:
    """The rows of the timeline: every target that is on."""
    async with visit.deps.db.read() as session:
        found = await targets(session)
    ordered = sorted(found, key=lambda one: (one.kind, one.code))
    return CalendarRows(rows=[CalendarRow(target=one.code, name=one.name, channel=one.kind) for one in ordered])


async def list_alarms(visit: Visit) -> AlarmList:
    """The alarms of the units the person is in charge of: missed promises and what else needs somebody."""
    async with visit.deps.db.read() as session:
        found = await open_alarms(session, visit.actor)
    return AlarmList(
        alarms=[
            AlarmLine(
                id=str(one.id),
                text=subject_of(one.subject, dict(one.params), visit.deps.catalogue, visit.language),
                subject=one.subject,
                href=one.href,
                times=one.times,
                raised_at=one.raised_at,
                last_at=one.last_at,
            )
            for one in found
        ]
    )


async def take_one_alarm(visit: Visit, _sent: Nothing) -> Done:
    """Says that the person looks after an alarm: it leaves everybody's desk."""
    async with visit.deps.db.write() as session:
        await take_alarm(session, visit.actor, visit.uuid("alarm"), now=visit.now)
    return Done(id=visit.part("alarm"))


async def list_years(visit: Visit) -> HolidayYears:
    """The years whose public holidays were entered."""
    async with visit.deps.db.read() as session:
        years = await entered_years(session)
        missing = await missing_years(session, now=visit.now)
    found = [HolidayYear(year=one.year, source=one.source, days=one.days, entered_at=one.entered_at) for one in years]
    return HolidayYears(years=found, missing=list(missing))


async def read_year(visit: Visit) -> HolidayDays:
    """The public holidays of a year, and the days worked instead."""
    first = _date_of(f"{visit.part('year')}-01-01", "year")
    async with visit.deps.db.read() as session:
        found = await named_days(session, first, dt.date(first.year + 1, 1, 1))
    return HolidayDays(days=[_day(one) for one in found])


async def check_holidays(visit: Visit, sent: HolidayTable) -> HolidayRun:
    """The dry run of a year's holidays; nothing is entered yet."""
    file = read_file(sent.table.encode())
    async with visit.deps.db.read() as session:
        changes = await plan_import(session, file)
    return _run(visit, changes, file.wrong, file.skipped)


async def enter_holidays(visit: Visit, sent: HolidayTable) -> HolidayRun:
    """Replaces the years of a table, all or nothing."""
    file = read_file(sent.table.encode())
    async with visit.deps.db.write() as session:
        changes = await import_holidays(session, visit.actor, file, source=sent.source, now=visit.now)
    return _run(visit, changes, (), file.skipped)


def _run(visit: Visit, changes: Any, wrong: tuple[WrongLine, ...], skipped: tuple[WrongLine, ...]) -> HolidayRun:
    return HolidayRun(
        years=[_change(one) for one in changes],
        wrong=[_wrong(visit, one) for one in wrong],
        skipped=[_wrong(visit, one) for one in skipped],
    )


def _change(one: YearChange) -> HolidayChange:
    added, removed = ([_day(day) for day in days] for days in (one.added, one.removed))
    return HolidayChange(year=one.year, added=added, removed=removed, kept=one.kept)


def _wrong(visit: Visit, one: WrongLine) -> HolidayWrong:
    return HolidayWrong(line=one.line, code=one.code, text=visit.t(f"planning.holiday.{one.code}", text=one.text))


def _day(one: HolidayLine) -> CalendarDay:
    return CalendarDay(on=one.on, kind=one.kind, name=one.name)


def _date(visit: Visit, name: str) -> dt.date:
    return _date_of(visit.query(name), name)


def _date_of(value: str, name: str) -> dt.date:
    """Raises Invalid `api.body` for what is no date of these decades."""
    never = dt.date.min
    found = date_of(value, never)
    if found == never:
        raise Invalid("api.body", fields={name: "api.field"}, names=name)
    return found


_READ, _SCHEDULE = Action.DOCUMENT_READ, Action.PUBLISHING_SCHEDULE
_URL, _HOLIDAYS = "/api/v1/calendar", "/api/v1/holidays"
RESOURCES: tuple[Resource, ...] = (
    ask(_URL, read_span, _READ, given=CalendarSpan, queries=("view", "on", "start", "end")),
    ask(f"{_URL}/rows", list_rows, _READ, given=CalendarRows),
    ask("/api/v1/alarms", list_alarms, _SCHEDULE, given=AlarmList),
    take("POST", "/api/v1/alarms/{alarm}/take", take_one_alarm, _SCHEDULE, sent=Nothing, given=Done),
    ask(_HOLIDAYS, list_years, _READ, given=HolidayYears),
    ask(f"{_HOLIDAYS}/{{year}}", read_year, _READ, given=HolidayDays),
    take("POST", f"{_HOLIDAYS}/check", check_holidays, _SCHEDULE, sent=HolidayTable, given=HolidayRun),
    take("POST", _HOLIDAYS, enter_holidays, _SCHEDULE, sent=HolidayTable, given=HolidayRun),
)
