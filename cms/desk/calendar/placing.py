"""Placements on the desk: which rules stand on which target, and the editor of one rule with clashes and next dates."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cms.content.queries import find
from cms.desk import labels, pieces
from cms.desk.calendar import rule_form
from cms.desk.calendar.clash_lines import blocks, clash_lines, refusal_line
from cms.desk.calendar.dayparts import said
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action
from cms.planning.daypart_rows import dayparts
from cms.planning.models import NamedDaypart, Placement
from cms.planning.placed import PlacedRule, look_at_rule, placed_rule, placed_rules, stretches
from cms.planning.placements import end_placement, place, replace_placement
from cms.planning.rules import read_rule
from cms.planning.targets import targets
from schedules.intervals import Interval
from schedules.resolve import Layer
from schedules.rules import Cycle, Days


async def list_page(visit: Visit) -> web.StreamResponse:
    """Rules that have not ended, by target."""
    async with visit.deps.db.read() as session:
        rows = await placed_rules(session, visit.actor)
        names = {str(one.id): one.name for one in await dayparts(session)}
    context = {
        "rows": [
            {
                "href": f"/desk/calendar/placements/{row.placement.id}",
                "title": row.document.title,
                "target": row.target.name,
                "channel": labels.channel(visit, row.target.kind),
                "layer": visit.t(f"planning.layer.{Layer(row.placement.layer).name.lower()}"),
                "rule": _said(visit, row.placement, names),
            }
            for row in rows
        ],
    }
    return visit.page("calendar/placements.html", context, section="calendar")


async def new_page(visit: Visit) -> web.StreamResponse:
    values = {**rule_form.fresh(visit.now, visit.deps.zone), "target": visit.query("target")}
    return await _new(visit, values)


async def add(visit: Visit) -> web.StreamResponse:
    """The first press shows clashes and the next dates; the second, with ``sure``, saves."""
    form = await visit.form()
    values = {**rule_form.values_from(form), "target": text(form, "target")}
    try:
        async with visit.deps.db.read() as session:
            document = (await find(session, visit.actor, visit.part("id"))).document.id
        asked = await _asked(visit, document, values)
        if asked["blocked"] or not text(form, "sure"):
            return await _new(visit, values, asked)
        async with visit.deps.db.write() as session:
            made = await place(
                session, visit.actor, document, target=values["target"], now=visit.now, **_rule(visit, values)
            )
    except DomainError as error:
        if isinstance(error, NotFound) and error.code == "content.no_document":
            raise
        return await _new(visit, values, _refused(visit, error), status=error.status)
    return visit.redirect(f"/desk/calendar/placements/{made.id}", done="placed")


async def show_page(visit: Visit) -> web.StreamResponse:
    row = (await _placement(visit)).placement
    rule = read_rule(row.rule)
    values = rule_form.values_of(
        rule, visit.deps.zone, layer=Layer(row.layer), priority=row.priority, show=row.show_seconds
    )
    async with visit.deps.db.read() as session:
        ahead = await stretches(session, row.rule, now=visit.now)
    return await _show(visit, values, {**_NOTHING, "next": [_stretch(one, visit.deps.zone, visit) for one in ahead]})


async def change(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    found = await _placement(visit)
    row, target = found.placement, found.target
    if text(form, "act") == "end":
        async with visit.deps.db.write() as session:
            await end_placement(session, visit.actor, row.id, now=visit.now)
        return visit.redirect("/desk/calendar/placements", done="placement_ended")
    values = {**rule_form.values_from(form), "target": target.code}
    try:
        asked = await _asked(visit, row.document_id, values, instead_of=row.id)
        if asked["blocked"] or not text(form, "sure"):
            return await _show(visit, values, asked)
        async with visit.deps.db.write() as session:
            made = await replace_placement(session, visit.actor, row.id, now=visit.now, **_rule(visit, values))
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _show(visit, values, _refused(visit, error), status=error.status)
    return visit.redirect(f"/desk/calendar/placements/{made.id}", done="placed")


_FIELDS: Final = (
    *("start", "end", "cycle", "every", "days", "weekdays", "month_days", "parts", "dayparts", "skip"),
    *("layer", "priority", "show"),
)
_RIGHT: Final[dict[str, Any]] = dict.fromkeys(_FIELDS)
_NOTHING: Final[dict[str, Any]] = {"lines": [], "blocked": False, "sure": False, "next": [], "wrong": _RIGHT}


async def _asked(
    visit: Visit, document: uuid.UUID, values: dict[str, Any], instead_of: uuid.UUID | None = None
) -> dict[str, Any]:
    """What the page shows before saving. Raises Invalid for what is no rule."""
    given = _rule(visit, values)
    async with visit.deps.db.read() as session:
        found = await look_at_rule(
            session,
            visit.actor,
            document,
            target=values["target"],
            rule=given["rule"],
            layer=given["layer"],
            priority=given["priority"],
            now=visit.now,
            instead_of=instead_of,
        )
    return {
        "lines": clash_lines(visit, found.clashes),
        "blocked": blocks(found.clashes),
        "sure": not blocks(found.clashes),
        "next": [_stretch(one, visit.deps.zone, visit) for one in found.ahead],
        "wrong": _RIGHT,
    }


def _rule(visit: Visit, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule": rule_form.rule_of(values, visit.deps.zone),
        "layer": rule_form.layer_of(values),
        "priority": rule_form.number_of(values, "priority") or 0,
        "show_seconds": rule_form.number_of(values, "show"),
    }


def _refused(visit: Visit, error: DomainError) -> dict[str, Any]:
    named = error.fields if isinstance(error, Invalid) else {}
    wrong = {name: visit.refusal(Invalid(code, fields=None, **error.params)) for name, code in named.items()}
    return {**_NOTHING, "lines": [refusal_line(visit, error)], "blocked": True, "wrong": {**_RIGHT, **wrong}}


def _stretch(one: Interval, zone: dt.tzinfo, visit: Visit) -> str:
    start, end = one.start.astimezone(zone), one.end.astimezone(zone)
    weekday = visit.t(f"desk.weekday.{start.isoweekday()}")
    same = start.date() == end.date()
    return (
        f"{start:%Y-%m-%d} {weekday} {start:%H:%M} – {end:%H:%M}"
        if same
        else (f"{start:%Y-%m-%d} {weekday} {start:%H:%M} – {end:%Y-%m-%d %H:%M}")
    )


async def _placement(visit: Visit) -> PlacedRule:
    async with visit.deps.db.read() as session:
        return await placed_rule(session, visit.actor, visit.uuid("placement"))


async def _new(
    visit: Visit, values: dict[str, Any], asked: dict[str, Any] | None = None, status: int = 200
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        every = [one for one in await targets(session) if visit.deps.channels[one.kind].display is not None]
        hours = await dayparts(session)
    context = {
        **_form(visit, values, asked, hours),
        "title": held.document.title,
        "targets": [{"value": one.code, "label": one.name} for one in every],
        "url": f"{pieces.href(held.document.public_id)}/placements",
        "back": f"{pieces.href(held.document.public_id)}/timing",
        "may": {"save": visit.may(Action.PUBLISHING_SCHEDULE), "end": False},
    }
    return visit.page("calendar/placement.html", context, section="calendar", status=status)


async def _show(visit: Visit, values: dict[str, Any], asked: dict[str, Any], status: int = 200) -> web.StreamResponse:
    found = await _placement(visit)
    row, target, document = found.placement, found.target, found.document
    async with visit.deps.db.read() as session:
        hours = await dayparts(session)
    open_ = row.ended_at is None and visit.may(Action.PUBLISHING_SCHEDULE)
    context = {
        **_form(visit, {**values, "target": target.code}, asked, hours),
        "title": document.title,
        "targets": [{"value": target.code, "label": target.name}],
        "url": f"/desk/calendar/placements/{row.id}",
        "back": f"{pieces.href(document.public_id)}/timing",
        "may": {"save": open_, "end": open_},
    }
    return visit.page("calendar/placement.html", context, section="calendar", status=status)


def _form(
    visit: Visit, values: dict[str, Any], asked: dict[str, Any] | None, hours: Sequence[NamedDaypart]
) -> dict[str, Any]:
    blank = [("", "")] * max(1, rule_form.PARTS - len(values["parts"]))
    return {
        "values": {**values, "parts": [*values["parts"], *blank]},
        "asked": asked or _NOTHING,
        "cycles": [{"value": one.value, "label": visit.t(f"planning.cycle.{one.value}")} for one in Cycle],
        "kinds": [{"value": one.value, "label": visit.t(f"planning.days.{one.value}")} for one in Days],
        "layers": [
            {"value": one.name.lower(), "label": visit.t(f"planning.layer.{one.name.lower()}")}
            for one in Layer
            if one is not Layer.EMERGENCY
        ],
        "hours": [{"value": str(one.id), "label": one.name, "hint": said(visit, one)} for one in hours],
        "weekdays": [{"value": str(day), "label": visit.t(f"desk.weekday.{day}")} for day in range(1, 8)],
    }


def _said(visit: Visit, row: Placement, names: Mapping[str, str]) -> str:
    """A rule in one line."""
    rule = read_rule(row.rule)
    parts = [visit.t(f"planning.days.{rule.days.value}") if rule.days is not Days.ANY else ""]
    parts.append(visit.t(f"planning.every.{rule.cycle.value}", count=rule.every))
    parts += [visit.t(f"desk.weekday.{day}") for day in sorted(rule.weekdays)]
    hours = [(names.get(part.name, ""), f"{part.start:%H:%M}–{part.end:%H:%M}") for part in rule.dayparts]
    parts += [f"{name} {span}".strip() for name, span in hours]
    since = labels.instant(visit, rule.start)
    until = labels.instant(visit, rule.end) if rule.end else visit.t("desk.envelope.open")
    return " ".join([*(part for part in parts if part), f"({since} – {until})"])


ROUTES = (
    get("/desk/calendar/placements", list_page, Action.DOCUMENT_READ),
    get("/desk/documents/{id}/placements", new_page, Action.PUBLISHING_SCHEDULE),
    post("/desk/documents/{id}/placements", add, Action.PUBLISHING_SCHEDULE),
    get("/desk/calendar/placements/{placement}", show_page, Action.DOCUMENT_READ),
    post("/desk/calendar/placements/{placement}", change, Action.PUBLISHING_SCHEDULE),
)
