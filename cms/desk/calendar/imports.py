"""Tables of dates: the public holidays of a year, and many promises at once; first the dry run, then the real one."""

import base64
import binascii
from typing import Any, Final

from aiohttp import web

from cms.desk import labels
from cms.desk.calendar.clash_lines import refusal_line
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action
from cms.planning.holidays import (
    MOST_BYTES as HOLIDAY_BYTES,
    YearChange,
    entered_years,
    import_holidays,
    missing_years,
    plan_import,
    read_file,
)
from cms.planning.lines import MOST_BYTES as LINES_BYTES, Line, check_lines, promise_lines, read_lines
from schedules.holidays import HolidayFile, HolidayLine, WrongLine

_SHOWN: Final = 400


async def holidays_page(visit: Visit) -> web.StreamResponse:
    return await _holidays(visit)


async def holidays(visit: Visit) -> web.StreamResponse:
    """The file is looked at; only the button below the dry run enters it."""
    form = await visit.form()
    source = text(form, "source")
    try:
        data = _sent(form, HOLIDAY_BYTES, "planning.holiday_file")
        file = read_file(data)
        if text(form, "act") != "enter" or file.wrong:
            async with visit.deps.db.read() as session:
                changes = await plan_import(session, file)
            return await _holidays(visit, source=source, dry=_dry(visit, file, changes, data))
        async with visit.deps.db.write() as session:
            await import_holidays(session, visit.actor, file, source=source, now=visit.now)
    except DomainError as error:
        return await _holidays(visit, error, source=source)
    return visit.redirect("/desk/calendar/holidays", done="holidays_entered")


async def lines_page(visit: Visit) -> web.StreamResponse:
    return _lines(visit)


async def lines(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        data = _sent(form, LINES_BYTES, "planning.lines_file")
        found = read_lines(data)
        async with visit.deps.db.read() as session:
            checked = await check_lines(session, visit.actor, found, now=visit.now)
        good = all(line.is_good for line in checked)
        if text(form, "act") != "enter" or not good:
            return _lines(visit, checked=[_line(visit, line) for line in checked], good=good, kept=_kept(data))
        async with visit.deps.db.write() as session:
            await promise_lines(session, visit.actor, found, now=visit.now)
    except DomainError as error:
        return _lines(visit, error=error)
    return visit.redirect("/desk/calendar/", done="lines_promised")


def _sent(form: Form, most: int, code: str) -> bytes:
    """The file that was chosen, or the one the dry run handed back."""
    sent = form.get("file")
    if isinstance(sent, web.FileField):
        data = sent.file.read(most + 1)
    else:
        try:
            data = base64.b64decode(text(form, "kept"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Invalid(code, most=most) from error
    if not data:
        raise Invalid(code, most=most)
    return data


async def _holidays(
    visit: Visit, error: DomainError | None = None, *, source: str = "", dry: dict[str, Any] | None = None
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        years = await entered_years(session)
        missing = await missing_years(session, now=visit.now)
    context = {
        "years": [
            {"year": str(one.year), "source": one.source, "days": one.days, "at": one.entered_at} for one in years
        ],
        "missing": [str(year) for year in missing],
        "dry": dry,
        "source": source,
        "error": None if error is None else visit.refusal(error),
        "may": visit.may(Action.PUBLISHING_SCHEDULE),
    }
    return visit.page("calendar/holidays.html", context, section="calendar", status=error.status if error else 200)


def _dry(visit: Visit, file: HolidayFile, changes: Any, data: bytes) -> dict[str, Any]:
    return {
        "years": [_year(visit, one) for one in changes],
        "wrong": [_wrong(visit, one) for one in file.wrong[:_SHOWN]],
        "skipped": [_wrong(visit, one) for one in file.skipped[:_SHOWN]],
        "good": not file.wrong and bool(file.days),
        "kept": _kept(data),
    }


def _year(visit: Visit, one: YearChange) -> dict[str, Any]:
    return {
        "year": str(one.year),
        "kept": one.kept,
        "added": [_day(visit, day) for day in one.added],
        "removed": [_day(visit, day) for day in one.removed],
    }


def _day(visit: Visit, day: HolidayLine) -> str:
    weekday = visit.t(f"desk.weekday.{day.on.isoweekday()}")
    return f"{day.on:%m-%d} {weekday} {visit.t(f'planning.day.{day.kind.value}')} {day.name}"


def _wrong(visit: Visit, one: WrongLine) -> dict[str, Any]:
    return {"line": one.line, "text": visit.t(f"planning.holiday.{one.code}", text=one.text)}


def _lines(
    visit: Visit,
    *,
    error: DomainError | None = None,
    checked: list[dict[str, Any]] | None = None,
    good: bool = False,
    kept: str = "",
) -> web.StreamResponse:
    context = {
        "lines": checked or [],
        "wrong": sum(1 for line in checked or [] if line["level"] == "bad"),
        "good": good,
        "kept": kept,
        "error": None if error is None else visit.refusal(error),
    }
    return visit.page("calendar/lines.html", context, section="calendar", status=error.status if error else 200)


def _line(visit: Visit, line: Line) -> dict[str, Any]:
    wanted = line.wanted
    return {
        "number": line.number,
        "id": line.public_id,
        "title": line.title,
        "at": "" if wanted is None else labels.instant(visit, wanted.at),
        "targets": "" if wanted is None else "、".join(wanted.targets),
        "level": "good" if line.error is None else "bad",
        "refusal": None if line.error is None else refusal_line(visit, line.error),
    }


def _kept(data: bytes) -> str:
    return base64.b64encode(data).decode()


ROUTES = (
    get("/desk/calendar/holidays", holidays_page, Action.DOCUMENT_READ),
    post("/desk/calendar/holidays", holidays, Action.PUBLISHING_SCHEDULE),
    get("/desk/calendar/lines", lines_page, Action.PUBLISHING_SCHEDULE),
    post("/desk/calendar/lines", lines, Action.PUBLISHING_SCHEDULE),
)
