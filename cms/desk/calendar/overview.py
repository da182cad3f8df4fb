"""The calendar itself: a table of days or targets that needs no script, and the events for the script that draws it."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cms.desk import fields, labels, pieces
from cms.desk.calendar.folding import folded
from cms.desk.calendar.runs import rule_lines, run_events
from cms.desk.calendar.spans import Days, View, date_of, days_of, view_of
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.clock import to_ms
from cms.notices.alarms import alarm_count, open_alarms, take_alarm
from cms.notices.models import Alarm
from cms.notices.words import subject_of
from cms.people.permissions import Action, Subject, can
from cms.planning.daypart_rows import dayparts
from cms.planning.holidays import missing_years, named_days
from cms.planning.membership import open_batches
from cms.planning.models import Target
from cms.planning.targets import targets
from cms.publishing.calendar import MOVABLE, Entry, EntryState, Placed, Span, entries, placed
from schedules.holidays import HolidayLine
from schedules.intervals import Interval

_LOCAL: Final = "%Y-%m-%d %H:%M"
_SHORTEST: Final = dt.timedelta(minutes=45)
# Lines a day in the list; the rest are counted, and a week shows more of them than a month.
_LISTED: Final = {View.MONTH: 8, View.WEEK: 60, View.TIMELINE: 60}
# On a timeline an instant is a flag wide enough for its time and some of its title.
_FLAG: Final = dt.timedelta(hours=11, minutes=30)
_LONGEST_WINDOW: Final = dt.timedelta(days=62)
_NOWHERE: Final = "-"


async def calendar_page(visit: Visit) -> web.StreamResponse:
    view = view_of(visit.query("view"))
    today = visit.now.astimezone(visit.deps.zone).date()
    days = days_of(view, date_of(visit.query("on"), today))
    window = days.window(visit.deps.zone)
    async with visit.deps.db.read() as session:
        span = await entries(session, visit.actor, window, now=visit.now, per_day=_LISTED[view])
        feasts = {one.on: one for one in await named_days(session, days.first, days.last)}
        missing = await missing_years(session, now=visit.now)
        alarms = await open_alarms(session, visit.actor, limit=5)
        every = await alarm_count(session, visit.actor)
        rows = await targets(session)
        hours = await dayparts(session)
        together = await open_batches(session, visit.actor, now=visit.now)
        runs = await placed(session, visit.actor, window) if view is View.TIMELINE else []
    context = {
        "view": view.value,
        "title": _title(visit, days),
        "links": _links(days, today),
        "tabs": [
            {
                "label": visit.t(f"desk.calendar.view.{one.value}"),
                "href": f"/desk/calendar/?view={one.value}&on={days.on}",
                "is_current": one is view,
            }
            for one in View
        ],
        "days": [] if view is View.TIMELINE else _days(visit, days, span, feasts, today),
        "rows": _target_rows(visit, rows, span, runs) if view is View.TIMELINE else [],
        "targets": [
            {"value": row.code, "label": row.name, "hint": labels.channel(visit, row.kind), "checked": False}
            for row in rows
        ],
        "hours": [{"name": one.name, "start": one.start} for one in hours],
        "batches": [
            {"value": str(one.id), "label": one.name, "at": fields.local(one.at, visit.deps.zone)} for one in together
        ],
        "legend": [{"state": one.value} for one in EntryState],
        "missing": [str(year) for year in missing],
        "alarms": [alarm_line(visit, one) for one in alarms],
        "more_alarms": max(0, every - len(alarms)),
        "data": _data(visit, days, rows if view is View.TIMELINE else [], feasts, today),
        "may": {"schedule": visit.may(Action.PUBLISHING_SCHEDULE)},
        "count": len(span.entries),
    }
    return visit.page("calendar/overview.html", context, section="calendar")


async def events(visit: Visit) -> web.StreamResponse:
    """The same as JSON, in wall time of the district; a window of more than two months is cut."""
    zone = visit.deps.zone
    today = visit.now.astimezone(zone).date()
    first = date_of(visit.query("start")[:10], today)
    last = date_of(visit.query("end")[:10], first + dt.timedelta(days=7))
    start = dt.datetime.combine(first, dt.time(), zone)
    end = min(dt.datetime.combine(last, dt.time(), zone), start + _LONGEST_WINDOW)
    window = Interval(start, max(end, start + dt.timedelta(days=1)))
    view = view_of(visit.query("view"))
    timeline = view is View.TIMELINE
    async with visit.deps.db.read() as session:
        span = await entries(session, visit.actor, window, now=visit.now, per_day=_LISTED[view])
        runs = await placed(session, visit.actor, window) if timeline else []
    found = [event for one in span.entries for event in _events(visit, one, timeline=timeline)]
    found = folded(visit, found) if timeline else found
    found += run_events(visit, runs)
    # No markup even for a browser that would guess what this is.
    body = json.dumps(found, ensure_ascii=False).replace("<", "\\u003c")
    return web.Response(text=body, content_type="application/json", headers={"Cache-Control": "no-store"})


async def take(visit: Visit) -> web.StreamResponse:
    """Somebody in charge looks after an alarm."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        await take_alarm(session, visit.actor, as_uuid(text(form, "alarm")), now=visit.now)
    back = "/desk/inbox/" if text(form, "back") == "inbox" else "/desk/calendar/"
    return visit.redirect(back, done="alarm_taken")


def alarm_line(visit: Visit, one: Alarm) -> dict[str, Any]:
    """An alarm as pages show it."""
    return {
        "id": str(one.id),
        "text": subject_of(one.subject, dict(one.params), visit.deps.catalogue, visit.language),
        "href": one.href,
        "at": one.raised_at,
        "times": one.times,
    }


def entry_line(visit: Visit, one: Entry) -> dict[str, Any]:
    """An entry as tables show it."""
    zone = visit.deps.zone
    return {
        "time": one.at.astimezone(zone).strftime("%H:%M"),
        "at": one.at,
        "title": one.title or visit.t("desk.documents.untitled"),
        "href": f"{pieces.href(one.public_id)}/timing"
        if one.state in MOVABLE
        else f"{pieces.href(one.public_id)}/publish",
        "unit": one.unit,
        "state": one.state.value,
        "notes": _notes(visit, one),
        "batch": f"/desk/calendar/batches/{one.batch}" if one.batch else "",
        "timing": f"{pieces.href(one.public_id)}/timing",
        "move": _move(visit, one),
        "may_move": _may_move(visit, one),
    }


def _move(visit: Visit, one: Entry) -> dict[str, Any]:
    """What the dialog «move to…» begins with; `was` is what the server compares with before it moves anything."""
    promised = one.state is EntryState.SCHEDULED
    return {
        "edition": str(one.edition),
        "title": one.title or visit.t("desk.documents.untitled"),
        "at": fields.local(one.at, visit.deps.zone),
        "was": str(to_ms(one.at)),
        "targets": list(one.targets) if promised else [],
        "promised": promised,
    }


def _may_move(visit: Visit, one: Entry) -> bool:
    """A wish is its author's as well, which only the server's answer to a move can say."""
    if one.state is EntryState.SCHEDULED:
        return bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(one.unit_path)))
    return one.state in MOVABLE and visit.may(Action.DOCUMENT_EDIT)


def _notes(visit: Visit, one: Entry) -> list[str]:
    found = []
    if one.targets:
        found.append(visit.t("desk.calendar.targets", count=len(one.targets)))
    if one.late:
        found.append(visit.t("desk.calendar.late", minutes=one.late))
    if one.trouble:
        found.append(visit.t("desk.calendar.trouble", count=one.trouble))
    if one.take_off_at is not None:
        found.append(visit.t("desk.calendar.until", at=labels.instant(visit, one.take_off_at)))
    return found


def _days(
    visit: Visit, days: Days, span: Span, feasts: Mapping[dt.date, HolidayLine], today: dt.date
) -> list[dict[str, Any]]:
    zone = visit.deps.zone
    most = _LISTED[days.view]
    by_day: dict[dt.date, list[Entry]] = {}
    for one in span.entries:
        by_day.setdefault(one.at.astimezone(zone).date(), []).append(one)
    return [
        {
            "label": visit.t(
                "desk.calendar.day", month=on.month, day=on.day, weekday=visit.t(f"desk.weekday.{on.isoweekday()}")
            ),
            "iso": on.isoformat(),
            "feast": _feast(visit, feasts.get(on)),
            "kind": feasts[on].kind.value if on in feasts else "",
            "is_today": on == today,
            "entries": [entry_line(visit, one) for one in by_day.get(on, [])[:most]],
            "more": max(0, len(by_day.get(on, [])) - most) + span.hidden.get(on, 0),
            "week": f"/desk/calendar/?view=week&on={on}",
        }
        for on in days.dates()
        if on in by_day or on in feasts or on == today
    ]


def _feast(visit: Visit, line: HolidayLine | None) -> str:
    return "" if line is None else f"{line.name} · {visit.t(f'planning.day.{line.kind.value}')}"


def _target_rows(visit: Visit, rows: Sequence[Target], span: Span, runs: Sequence[Placed]) -> list[dict[str, Any]]:
    """The timeline as a table: a line a target, in groups by channel."""
    lines = [(entry_line(visit, one), frozenset(one.targets)) for one in span.entries if one.targets]
    by_target = rule_lines(visit, runs)
    return [
        {
            "channel": labels.channel(visit, row.kind),
            "name": row.name,
            "entries": [line for line, targets in lines if row.code in targets],
            "runs": by_target.get(row.code, []),
        }
        for row in sorted(rows, key=lambda one: (one.kind, one.code))
    ]


def _title(visit: Visit, days: Days) -> str:
    if days.view is View.MONTH:
        return visit.t("desk.calendar.title.month", year=days.on.year, month=days.on.month)
    last = days.last - dt.timedelta(days=1)
    return visit.t(
        "desk.calendar.title.week",
        year=days.first.year,
        first=f"{days.first:%m-%d}",
        last=f"{last:%m-%d}",
    )


def _links(days: Days, today: dt.date) -> dict[str, str]:
    base = f"/desk/calendar/?view={days.view.value}&on="
    return {"before": f"{base}{days.before}", "after": f"{base}{days.after}", "today": f"{base}{today}"}


def _data(
    visit: Visit, days: Days, rows: Sequence[Target], feasts: Mapping[dt.date, HolidayLine], today: dt.date
) -> dict[str, Any]:
    """What the script needs to draw; texts in the reader's language."""
    return {
        "view": days.view.value,
        "on": days.on.isoformat(),
        "today": today.isoformat(),
        "locale": visit.language,
        "feasts": [
            {"on": on.isoformat(), "kind": one.kind.value, "name": one.name} for on, one in sorted(feasts.items())
        ],
        "resources": resources(visit, rows),
        "texts": {
            key.removeprefix("desk.calendar.script."): said
            for key, said in visit.deps.catalogue.table(visit.language, "desk.calendar.script.").items()
        },
    }


def resources(visit: Visit, rows: Sequence[Target]) -> list[dict[str, Any]]:
    """Rows of the timeline: channels, and below each its targets; screens stand by the units they reach."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(row.kind, []).append({"id": row.code, "title": row.name})
    found = [
        {"id": f"kind:{kind}", "title": labels.channel(visit, kind), "children": members}
        for kind, members in sorted(groups.items())
    ]
    return [*found, {"id": _NOWHERE, "title": visit.t("desk.calendar.nowhere"), "children": []}]


def _events(visit: Visit, one: Entry, *, timeline: bool) -> list[dict[str, Any]]:
    """On the timeline one for each row: whoever moves it out of a row must be able to say which."""
    event = _event(visit, one, timeline=timeline)
    if not timeline:
        return [event]
    return [
        {
            **event,
            "id": f"{event['id']}:{row}",
            "resourceIds": [row],
            "extendedProps": {**event["extendedProps"], "row": row},
        }
        for row in one.targets or (_NOWHERE,)
    ]


def _event(visit: Visit, one: Entry, *, timeline: bool) -> dict[str, Any]:
    line = entry_line(visit, one)
    zone = visit.deps.zone
    end = one.at + (_FLAG if timeline else _SHORTEST)
    if timeline and one.take_off_at is not None:
        end = max(end, one.take_off_at)
    word = visit.t(f"desk.state.{one.state.value}")
    return {
        "id": f"{one.edition}:{one.state.value}:{int(one.at.timestamp())}",
        "start": one.at.astimezone(zone).strftime(_LOCAL),
        "end": end.astimezone(zone).strftime(_LOCAL),
        "title": line["title"],
        "editable": line["may_move"],
        "classNames": [f"cal-{one.state.value}"],
        "extendedProps": {
            "edition": str(one.edition),
            "href": line["href"],
            "time": line["time"],
            "word": word,
            "state": one.state.value,
            "notes": line["notes"],
            "unit": one.unit,
            "batch": bool(one.batch),
            "movable": line["may_move"],
            **_move(visit, one),
        },
    }


ROUTES = (
    get("/desk/calendar/", calendar_page, Action.DOCUMENT_READ),
    get("/desk/calendar/events", events, Action.DOCUMENT_READ),
    post("/desk/calendar/alarms", take, Action.PUBLISHING_SCHEDULE),
)
