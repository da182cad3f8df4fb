"""A day copied, a template laid on it, holes filled: a page of proposals first, and only what was seen is laid."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.editing import Hand, clock
from cms.airing.many import Proposed, copied, filling, from_template, held, lay_all
from cms.airing.templates import end_template, entries_of, save_template, template_of
from cms.desk.calendar.clash_lines import clash_lines, refusal_line
from cms.desk.days import lines
from cms.desk.days.pages import date_in, opened, urls
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from schedules.beijing import OFFSET, day_interval
from schedules.intervals import Interval

ACTS: Final = ("copy", "template", "fill")


async def propose(visit: Visit) -> web.StreamResponse:
    """The first press shows every line; the second, with ``sure``, lays those that can be laid."""
    form = await visit.form()
    on = date_in(visit)
    act = text(form, "act")
    async with visit.deps.db.read() as session:
        row, hand = await opened(session, visit)
        hand.require()
        try:
            found = await _proposed(session, hand, form, act, on)
        except Invalid as error:
            return _page(visit, hand, on, form, act, [], refusal_line(visit, error), error.status)
    if not text(form, "sure"):
        return _page(visit, hand, on, form, act, found)
    async with visit.deps.db.write() as session:
        await held(session, hand)
        await lay_all(session, hand, await _proposed(session, hand, form, act, on), act)
    return visit.redirect(urls(row, on)["day"], done="day_laid")


async def template(visit: Visit) -> web.StreamResponse:
    """Keeps a day under a name, or gives one up."""
    form = await visit.form()
    on = date_in(visit)
    async with visit.deps.db.write() as session:
        row, hand = await opened(session, visit)
        if text(form, "act") == "drop":
            await end_template(session, hand, as_uuid(text(form, "template")))
        else:
            await save_template(session, hand, on, text(form, "name"))
    done = "template_dropped" if text(form, "act") == "drop" else "template_kept"
    return visit.redirect(urls(row, on)["day"], done=done)


async def _proposed(session: AsyncSession, hand: Hand, form: Form, act: str, on: dt.date) -> list[Proposed]:
    """Raises Invalid for what the form does not say."""
    if act == "copy":
        return await copied(session, hand, on, days_of(form))
    if act == "template":
        row = await template_of(session, hand.target, as_uuid(text(form, "template")))
        return await from_template(session, hand, entries_of(row), on)
    if act == "fill":
        documents = [as_uuid(one) for one in _texts(form, "document")]
        return await filling(
            session, hand, on, documents, is_open=text(form, "holes") == "open", within=_within(form, on)
        )
    raise Invalid("airing.no_act")


def days_of(form: Form) -> list[dt.date]:
    """From one day to another, or one day; ``weekday`` narrows them. Raises Invalid `airing.no_days`."""
    first, last = text(form, "to"), text(form, "last") or text(form, "to")
    try:
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError as error:
        raise Invalid("airing.no_days", most=31, fields={"to": "airing.no_days"}) from error
    span = min(max((end - start).days, -1), 366)
    wanted = set(_texts(form, "weekday"))
    days = [start + dt.timedelta(days=step) for step in range(span + 1)]
    return [day for day in days if not wanted or str(day.isoweekday()) in wanted]


def proposal_lines(visit: Visit, found: Sequence[Proposed]) -> list[dict[str, Any]]:
    """Each line as the page shows it."""
    return [
        {
            "day": lines.day_label(visit, one.interval.start.astimezone(OFFSET).date()),
            "start": clock(one.interval.start),
            "end": clock(one.interval.end),
            "length": lines.length(visit, one.lying.count),
            "title": one.title or visit.t("days.others"),
            "state": "stands" if one.stands else "laid" if one.is_good else "left",
            "word": visit.t(f"days.line.{'stands' if one.stands else 'laid' if one.is_good else 'left'}"),
            "clashes": clash_lines(visit, one.clashes),
        }
        for one in found
    ]


def _page(  # noqa: PLR0917 - two callers in this file
    visit: Visit,
    hand: Hand,
    on: dt.date,
    form: Form,
    act: str,
    found: Sequence[Proposed],
    refused: dict[str, str] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    sent = [(name, value) for name, value in form.items() if isinstance(value, str) and name not in {"csrf", "sure"}]
    context = {
        "target": {"code": hand.target.code, "name": hand.target.name},
        "label": lines.day_label(visit, on),
        "urls": urls(hand.target, on),
        "title": visit.t(f"days.many.{act}") if act in ACTS else visit.t("days.many.copy"),
        "lines": proposal_lines(visit, found),
        "good": sum(one.is_good for one in found),
        "left": sum(not one.is_good and not one.stands for one in found),
        "sent": sent,
        "refused": [refused] if refused else [],
    }
    return visit.page("days/proposal.html", context, section="days", status=status)


def _within(form: Form, on: dt.date) -> Interval | None:
    """The hours of the day that are to be filled; None for all of it. Raises Invalid `airing.hours`."""
    start, end = text(form, "from"), text(form, "until")
    if not start and not end:
        return None
    day = day_interval(on)
    try:
        first = _at(on, start) if start else day.start
        last = _at(on, end) if end else day.end
        found = Interval.of(first, last)
    except ValueError as error:
        raise Invalid("airing.hours", fields={"from": "airing.hours"}) from error
    if found is None:
        raise Invalid("airing.hours", fields={"from": "airing.hours"})
    return found


def _at(on: dt.date, typed: str) -> dt.datetime:
    return dt.datetime.combine(on, dt.time.fromisoformat(typed), OFFSET).astimezone(dt.UTC)


def _texts(form: Form, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str)][:100]


ROUTES = (
    post("/desk/days/{target}/{on}/many", propose, Action.PUBLISHING_SCHEDULE),
    post("/desk/days/{target}/{on}/templates", template, Action.PUBLISHING_SCHEDULE),
)
