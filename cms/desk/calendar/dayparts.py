"""时段 on the desk: the office's named hours, and, before one is changed, which rules move and by how much."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from cms.desk.calendar.clash_lines import refusal_line
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.clashes import UNSEEN
from cms.planning.daypart_rows import dayparts
from cms.planning.dayparts import (
    Hours,
    Moved,
    add_daypart,
    add_usual,
    change_daypart,
    moves,
    remove_daypart,
    uses,
)
from cms.planning.holidays import district
from cms.planning.models import NamedDaypart
from schedules.intervals import Interval
from schedules.rules import Days

_LISTED: Final = 50
_STRETCHES: Final = 3


async def list_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """A new one, or the usual ones for an office that has none."""
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            if text(form, "act") == "usual":
                await add_usual(session, visit.actor, now=visit.now)
            else:
                await add_daypart(session, visit.actor, _wanted(form), now=visit.now)
    except DomainError as error:
        return await _page(visit, error, new=_values(form))
    return visit.redirect("/desk/calendar/dayparts", done="daypart_saved")


async def change(visit: Visit) -> web.StreamResponse:
    """The first press shows what moves; the second, with ``sure``, changes the daypart and every rule of it."""
    form = await visit.form()
    daypart = visit.uuid("daypart")
    try:
        if text(form, "act") == "remove":
            async with visit.deps.db.write() as session:
                await remove_daypart(session, visit.actor, daypart, now=visit.now)
            return visit.redirect("/desk/calendar/dayparts", done="daypart_removed")
        wanted = _wanted(form)
        async with visit.deps.db.read() as session:
            moved = await moves(session, visit.actor, daypart, wanted, now=visit.now)
        if any(one.problem for one in moved) or (moved and not text(form, "sure")):
            return await _page(visit, at=daypart, values=_values(form), moved=moved)
        async with visit.deps.db.write() as session:
            await change_daypart(session, visit.actor, daypart, wanted, now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _page(visit, error, at=daypart, values=_values(form))
    return visit.redirect("/desk/calendar/dayparts", done="daypart_saved")


async def _page(
    visit: Visit,
    error: DomainError | None = None,
    *,
    new: dict[str, Any] | None = None,
    at: uuid.UUID | None = None,
    values: dict[str, Any] | None = None,
    moved: Sequence[Moved] = (),
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        rows = await dayparts(session)
        used = await uses(session)
        may = bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(await district(session))))
    blank = {"name": "", "start": "", "end": "", "days": Days.ANY.value, "quiet": False}
    blocked = any(one.problem for one in moved)
    context = {
        "rows": [_row(visit, one, used, values if one.id == at else None) for one in rows],
        "at": str(at) if at else "",
        "new": new or blank,
        "days": [{"value": one.value, "label": visit.t(f"planning.days.{one.value}")} for one in Days],
        "moved": [_moved(visit, one) for one in moved[:_LISTED]],
        "more": max(0, len(moved) - _LISTED),
        "blocked": blocked,
        "sure": bool(moved) and not blocked,
        "lines": [refusal_line(visit, error)] if error else [],
        "may": may,
    }
    return visit.page("calendar/dayparts.html", context, section="calendar", status=error.status if error else 200)


def _row(visit: Visit, row: NamedDaypart, used: dict[str, int], typed: dict[str, Any] | None) -> dict[str, Any]:
    values = {"name": row.name, "start": row.start, "end": row.end, "days": row.days, "quiet": row.quiet}
    return {
        "id": str(row.id),
        "said": said(visit, row),
        "used": used.get(str(row.id), 0),
        "values": typed or values,
        "was": values,
    }


def said(visit: Visit, row: NamedDaypart) -> str:
    """Its hours and days in one line."""
    over = visit.t("desk.dayparts.next_day") if row.end <= row.start else ""
    days = visit.t(f"planning.days.{row.days}") if row.days != Days.ANY.value else ""
    return " ".join(part for part in (f"{row.start}–{over}{row.end}", days) if part)


def _moved(visit: Visit, one: Moved) -> dict[str, Any]:
    refused = refusal_line(visit, one.problem) if one.problem is not None else None
    return {
        "href": f"/desk/calendar/placements/{one.placement}",
        "title": visit.t("planning.clash.unseen") if one.title == UNSEEN else one.title,
        "target": one.target,
        "layer": visit.t(f"planning.layer.{one.layer.name.lower()}"),
        "lost": [_stretch(visit, part) for part in one.moved.lost[:_STRETCHES]],
        "won": [_stretch(visit, part) for part in one.moved.won[:_STRETCHES]],
        "minutes": _minutes(one.moved.won) - _minutes(one.moved.lost),
        "problem": refused,
    }


def _stretch(visit: Visit, one: Interval) -> str:
    start, end = (at.astimezone(visit.deps.zone) for at in (one.start, one.end))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    return f"{start:%m-%d %H:%M} – {until}"


def _minutes(parts: Sequence[Interval]) -> int:
    return int(sum((part.length for part in parts), dt.timedelta()).total_seconds()) // 60


def _wanted(form: Form) -> Hours:
    """Raises Invalid `planning.bad_daypart` for days that are none."""
    values = _values(form)
    if values["days"] not in set(Days):
        raise Invalid("planning.bad_daypart", fields={"days": "planning.bad_daypart"})
    return Hours(values["name"], values["start"], values["end"], Days(values["days"]), values["quiet"])


def _values(form: Form) -> dict[str, Any]:
    typed = {name: text(form, name)[:20] for name in ("name", "start", "end", "days")}
    return {**typed, "days": typed["days"] or Days.ANY.value, "quiet": text(form, "quiet") == "on"}


ROUTES = (
    get("/desk/calendar/dayparts", list_page, Action.DOCUMENT_READ),
    post("/desk/calendar/dayparts", add, Action.PUBLISHING_SCHEDULE),
    post("/desk/calendar/dayparts/{daypart}", change, Action.PUBLISHING_SCHEDULE),
)
